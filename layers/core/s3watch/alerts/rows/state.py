"""Says what the bucket says of itself: whether it keeps what was deleted or replaced, and its tags."""

from __future__ import annotations

from s3watch.alerts.alert import Alert, Versioning
from s3watch.text import clean, clean_name

_LOST = "only a backup or replica has it"
_VERSIONED = "yes, the bucket keeps versions:"
_OTHERS: dict[Versioning, str] = {
    "never": f"no, the bucket keeps no versions: {_LOST}",
    "gone": f"no, the bucket is deleted: {_LOST}",
    "suspended": "perhaps: versioning is suspended, only versions from before that remain",
}
_REASONS = {
    "refused": "S3 refused to say whether the bucket keeps versions",
    "no answer": "S3 did not say in time whether the bucket keeps versions",
    "not understood": "what S3 said of the bucket's versions was not understood",
    "too many": "too many buckets were to be asked about at once",
}


def restore(alert: Alert) -> str:
    """Return whether what was lost can be restored, or why that is not known; empty if nothing was lost.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
    """
    evidence, deletes = alert.evidence, alert.evidence.operation == "delete"
    if deletes and evidence.version and evidence.outcome == "success":
        # The record does not say which: and deleting a delete marker brings an object back.
        return f"not this version, unless it was a delete marker: {_LOST}"
    if (facts := evidence.bucket_facts) is None or not (facts.versioning or facts.unread):
        return ""
    if facts.versioning != "enabled":
        return _OTHERS.get(
            facts.versioning, f"not known: {_REASONS.get(facts.unread, clean(facts.unread, 60))}"
        )
    if not deletes:
        return f"{_VERSIONED} the one before is what was replaced, if anything was"
    if evidence.keys_unknown or alert.distinct_keys > 1:
        return f"{_VERSIONED} remove the delete markers (not if versions were deleted)"
    return f"{_VERSIONED} remove the delete marker"


def tags(alert: Alert) -> str:
    """Return the tags of the bucket that say most."""
    facts = alert.evidence.bucket_facts
    return ", ".join(clean_name(tag, 60) for tag in facts.tags) if facts else ""
