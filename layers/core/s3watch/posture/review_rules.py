"""What a review of a bucket may tell, in the form of detections: rendering finds title and advice here.

They are decided by review.py, not by a condition. exceptions.yaml may name them like any other rule.
"""

from __future__ import annotations

from s3watch.ruleset import Condition, Detection

_NEVER = Condition("or")  # no event matches; a review decides
_TAGS = ("attack.exfiltration", "attack.t1530")
_BLOCK = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"

OPENED = Detection(
    "bucket-opened", "Bucket is open to everyone", "critical", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b01",
    why=(
        "The bucket's real settings, taken together, let everybody in: policy, access control list, access"
        " points, and what Block Public Access leaves of them."
    ),
    false_positives=("Websites, downloads and open data that are meant to be public",),
    respond=(
        "Switch on Block Public Access of the bucket, unless it is meant to be public.",
        "List what anonymous and foreign callers took while it was open.",
        "Ask the actor why; serve public content through CloudFront.",
    ),
    references=(_BLOCK,), tags=_TAGS,
)  # fmt: skip
SHARED = Detection(
    "bucket-shared", "Bucket is open to somebody outside its account", "high", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b02",
    why=(
        "The bucket's real settings, taken together, let in another account, an organization or a network, or"
        " send copies to a bucket elsewhere."
    ),
    false_positives=("Sharing with a partner or another account of yours that was agreed",),
    respond=(
        "Ask the owner of the data whether this sharing was agreed.",
        "If not: put the previous settings back; they are under Before.",
        "List what was taken from there since.",
    ),
    references=(_BLOCK,), tags=(*_TAGS, "attack.t1537"),
)  # fmt: skip
CLOSED = Detection(
    "bucket-closed", "Bucket is no longer open to somebody it was open to", "informational", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b03",
    why="The bucket's real settings let in fewer than at the last look.",
    respond=("Nothing, if this was meant; whoever lost access may be about to call.",),
    references=(_BLOCK,),
)  # fmt: skip
UNREADABLE = Detection(
    "bucket-unreadable", "Bucket's settings can no longer be reviewed", "high", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b04",
    why="S3 refuses s3watch what it could read before, so nobody sees to whom the bucket is open.",
    false_positives=("A bucket policy that denies all but a few, and forgot s3watch",),
    respond=(
        "See whether the bucket's policy denies the role of s3watch's ReviewBucket.",
        "Let the role read the bucket's settings again.",
        "Look what was changed since the last review.",
    ),
    references=(_BLOCK,), tags=("attack.defense-evasion", "attack.t1562"),
)  # fmt: skip
NOT_COMPLIANT = Detection(
    "bucket-not-compliant", "AWS Config finds a bucket not compliant", "medium", _NEVER,
    id="9a0d3c53-2e2e-4f5b-8a56-6c0a3c1a5b05",
    why="A rule of AWS Config looked at the bucket and found it NON_COMPLIANT.",
    respond=(
        "Mend the setting that the rule is about; its documentation says how.",
        "If the rule does not apply to this bucket, except the bucket in the rule.",
    ),
    references=("https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html",),
)  # fmt: skip

DETECTIONS = {rule.rule: rule for rule in (OPENED, SHARED, CLOSED, UNREADABLE, NOT_COMPLIANT)}
