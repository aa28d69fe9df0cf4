"""The built-in rules by which reviews of buckets are reported, with their titles and advice for alerts.

review.py decides which of them applies, not a condition. exceptions.yaml may name them like any other rule.
"""

from __future__ import annotations

from s3watch.ruleset import Condition, Detection, Step

_NEVER = Condition("or")  # matches no access; review.py decides
_TAGS = ("attack.exfiltration", "attack.t1530")
_BLOCK = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"

OPENED = Detection(
    "bucket-opened", "Bucket is open to everyone", "critical", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b01",
    why=(
        "The bucket's settings, evaluated together, give everyone access: its policy, ACL and access points,"
        " to the extent that Block Public Access does not block them."
    ),
    false_positives=("Websites, downloads and open data that are meant to be public",),
    respond=(
        Step("Turn on Block Public Access for the bucket, unless it is meant to be public."),
        Step("List what anonymous callers and other accounts read while it was open."),
        Step("Ask the caller why; public content belongs behind CloudFront.", "credentials"),
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
        Step("Ask the owner of the data whether this sharing was agreed."),
        Step("If not: restore the previous settings."),
        Step("List what was accessed from there since then."),
    ),
    references=(_BLOCK,), tags=(*_TAGS, "attack.t1537"),
)  # fmt: skip
CLOSED = Detection(
    "bucket-closed", "Bucket is no longer open to someone it was open to", "informational", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b03",
    why="The bucket's settings give access to fewer people outside its account than at the last review.",
    respond=(Step("Nothing, if this was intended. Whoever lost access may complain."),),
    references=(_BLOCK,),
)  # fmt: skip
UNREADABLE = Detection(
    "bucket-unreadable", "Bucket's settings can no longer be reviewed", "high", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b04",
    why="S3 denies s3watch settings that it could read before, so nobody can tell who the bucket is open to.",
    false_positives=("A bucket policy that denies everyone but a few principals, and leaves out s3watch",),
    respond=(
        Step("Check whether the bucket policy denies the role of s3watch's ReviewBucket function."),
        Step("Let the role read the bucket's settings again."),
        Step("Check what has been changed since the last review."),
    ),
    references=(_BLOCK,), tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
WEAKENED = Detection(
    "bucket-policy-weakened", "Policy of a bucket no longer denies what it denied", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b07",
    why=(
        "A Deny statement of the bucket policy, or of an access point's, is gone or denies less than at the"
        " last review. That alone lets nobody outside in, but it no longer holds back those who have"
        " permissions of their own."
    ),
    false_positives=("Infrastructure code that drops a requirement, or rewrites it so that it denies less",),
    respond=(
        Step("Ask the caller why it was changed.", "credentials"),
        Step("If it was not agreed: restore the statement, from code or from AWS Config's history."),
        Step("Check who has since used the bucket in a way that was denied before."),
    ),
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html",),
    tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
INCOMPLETE = Detection(
    "bucket-review-incomplete", "Part of a bucket's settings cannot be reviewed", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b06",
    why=(
        "AWS does not let s3watch read part of the settings, or its answer cannot be understood, so it is not"
        " known who that part lets in. All other parts were reviewed."
    ),
    false_positives=("An organization policy or a permissions boundary that leaves out this permission",),
    respond=(
        Step("Read the reason in the log of s3watch's ReviewBucket function."),
        Step("Give its role the missing permission; ReviewBucketRole in template.yaml lists them all."),
    ),
    references=(_BLOCK,), tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
NOT_COMPLIANT = Detection(
    "bucket-not-compliant", "AWS Config rates a bucket as noncompliant", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b05",
    why="An AWS Config rule evaluated the bucket as NON_COMPLIANT.",
    respond=(
        Step("Fix the setting that the rule checks; its documentation says how."),
        Step("If the rule does not apply to this bucket: exclude the bucket from the rule."),
    ),
    references=("https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html",),
)  # fmt: skip

# The next steps once s3watch has closed a bucket that was open to everyone
CORRECTED = (
    Step("List what anonymous callers and other accounts read while it was open."),
    Step("Find out what opened it, and change that too, or it will be opened again."),
    Step("If it is meant to be public: revert the correction, and add an exception for bucket-opened."),
)
DETECTIONS = {
    rule.rule: rule for rule in (OPENED, SHARED, CLOSED, UNREADABLE, WEAKENED, INCOMPLETE, NOT_COMPLIANT)
}
