"""The built-in rules by which reviews of buckets are reported, with their titles and advice for alerts.

review.py decides which of them applies, not a condition. exceptions.yaml may name them like any other rule.
"""

from __future__ import annotations

from s3watch.ruleset import Condition, Detection

_NEVER = Condition("or")  # matches no access; review.py decides
_TAGS = ("attack.exfiltration", "attack.t1530")
_BLOCK = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"

OPENED = Detection(
    "bucket-opened", "Bucket is open to everyone", "critical", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b01",
    why=(
        "The bucket's settings, evaluated together, give everyone access: its policy, ACL and access points,"
        " as far as Block Public Access does not block them."
    ),
    false_positives=("Websites, downloads and open data that are meant to be public",),
    respond=(
        "Turn on Block Public Access of the bucket, unless it is meant to be public.",
        "List what anonymous callers and other accounts read while it was open.",
        "Ask the actor why; serve public content through CloudFront.",
    ),
    references=(_BLOCK,), tags=_TAGS,
)  # fmt: skip
SHARED = Detection(
    "bucket-shared", "Bucket is open to someone outside its account", "high", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b02",
    why=(
        "The bucket's settings, evaluated together, give access to another account, an organization or a"
        " network, or replicate objects to a bucket that is not the account's."
    ),
    false_positives=("Agreed sharing with a partner, or with another account of yours",),
    respond=(
        "Ask the owner of the data whether this sharing was agreed.",
        "If not: restore the previous settings; they are under Before.",
        "List what was read from there since.",
    ),
    references=(_BLOCK,), tags=(*_TAGS, "attack.t1537"),
)  # fmt: skip
CLOSED = Detection(
    "bucket-closed", "Bucket is no longer open to someone it was open to", "informational", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b03",
    why="The bucket's settings give access to fewer than at the last review.",
    respond=("Nothing, if this was intended; whoever lost access may call you.",),
    references=(_BLOCK,),
)  # fmt: skip
UNREADABLE = Detection(
    "bucket-unreadable", "Bucket's settings can no longer be reviewed", "high", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b04",
    why="S3 denies s3watch settings that it could read before, so nobody sees to whom the bucket is open.",
    false_positives=("A bucket policy that denies everyone but a few principals, and leaves out s3watch",),
    respond=(
        "Check whether the bucket policy denies the role of s3watch's ReviewBucket function.",
        "Let the role read the bucket's settings again.",
        "Check what was changed since the last review.",
    ),
    references=(_BLOCK,), tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
WEAKENED = Detection(
    "bucket-policy-weakened", "Policy of a bucket no longer denies what it denied", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b07",
    why=(
        "A Deny statement of the bucket policy, or of an access point's, is gone or denies less than at the"
        " last review. Nobody outside gets in by that alone, but whoever has permissions of their own is no"
        " longer held back."
    ),
    false_positives=("Infrastructure code that drops a requirement, or words it so that it denies less",),
    respond=(
        "Ask the actor why; what was denied is under Before.",
        "If it was not agreed: restore the statement, from code or AWS Config's history.",
        "Check who has used the bucket since in a way that was denied before.",
    ),
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html",),
    tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
INCOMPLETE = Detection(
    "bucket-review-incomplete", "Part of a bucket's settings cannot be reviewed", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b06",
    why=(
        "AWS refuses s3watch a part of the settings, or its answer cannot be understood, so whom that part"
        " lets in is not known. All other parts were reviewed."
    ),
    false_positives=("A policy of the organization or a permissions boundary without this permission",),
    respond=(
        "Read the reason in the log of s3watch's ReviewBucket function.",
        "Give its role the permission that is missing; ReviewBucketRole in template.yaml lists all.",
    ),
    references=(_BLOCK,), tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
NOT_COMPLIANT = Detection(
    "bucket-not-compliant", "AWS Config rates a bucket as noncompliant", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b05",
    why="An AWS Config rule evaluated the bucket as NON_COMPLIANT.",
    respond=(
        "Fix the setting that the rule checks; its documentation says how.",
        "If the rule does not apply to this bucket, exclude the bucket in the rule.",
    ),
    references=("https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html",),
)  # fmt: skip

DETECTIONS = {
    rule.rule: rule for rule in (OPENED, SHARED, CLOSED, UNREADABLE, WEAKENED, INCOMPLETE, NOT_COMPLIANT)
}
