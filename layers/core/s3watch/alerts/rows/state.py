"""Says what the bucket says of itself: whether it keeps what was deleted or replaced, is public, its tags."""

from __future__ import annotations

from typing import Literal

from s3watch.alerts.alert import Alert, BucketFacts, Versioning
from s3watch.text import clean, clean_name

_LOST = "only a backup or replica has"
_OTHERS: dict[Versioning, str] = {
    "never": "no, {} keeps no versions:",
    "gone": "no, {} is deleted:",
}
_REASONS = {
    "refused": "S3 refused to say whether the bucket keeps versions",
    "no answer": "S3 did not say in time whether the bucket keeps versions",
    "not understood": "what S3 said of the bucket's versions was not understood",
    "too many": "too many buckets were to be asked about at once",
}
_UNREAD = {
    "refused": "S3 refused to say",
    "no answer": "S3 did not say in time",
    "not understood": "what S3 said was not understood",
    "too many": "too many buckets were to be asked about at once",
}


def rows(alert: Alert) -> list[tuple[str, list[str]]]:
    """Return the rows about the bucket that a reader needs before anything is done."""
    return [("Restore", [restore(alert)]), ("Public", [public(alert)])]


def restore(alert: Alert) -> str:
    """Return whether what was lost can be restored, or why that is not known; empty if nothing was lost.

    A summary names the bucket, since a label may be in others. Of combined alerts nothing is known.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
    """
    evidence = alert.evidence
    if _is_of_version(alert):
        if _are_several(alert):
            return f"not what was deleted as a version: {_LOST} it"
        # The record does not say which: and deleting a delete marker brings an object back.
        return f"not this version, unless it was a delete marker: {_LOST} it"
    facts = evidence.bucket_facts
    if alert.is_overflow or facts is None or not (facts.versioning or facts.unread):
        return ""
    return _by_versioning(alert, facts)


def public(alert: Alert) -> str:
    """Return whether everyone may use the bucket, where that was asked.

    That it is not is told of anonymous callers alone: somebody else was let in as what they are.
    """
    facts = alert.evidence.bucket_facts
    if alert.is_overflow or facts is None or (found := facts.public) is None:
        return ""
    of_bucket = f", {clean_name(alert.evidence.bucket, 63)}" if alert.is_summary else ""
    ways = clean("; ".join(found.ways), 200)
    match found.state:
        case "yes":
            return f"yes{of_bucket}: {ways}"
        case "perhaps":
            unless = f"unless Block Public Access keeps them out ({_why(found.unread)})"
            return f"perhaps{of_bucket}: {ways}, {unless}"
        case "unknown":
            return f"not known: {_why(found.unread)}"
    is_anonymous = alert.evidence.principal_type == "anonymous"
    return "not by its policy or ACL: perhaps by the object's ACL, or no longer" if is_anonymous else ""


def _why(unread: str) -> str:
    return _UNREAD.get(unread) or clean(unread, 60)


def fate(alert: Alert) -> Literal["kept", "lost", ""]:
    """Return what became of all that was deleted or replaced, as far as that is known."""
    evidence, facts = alert.evidence, alert.evidence.bucket_facts
    if _is_of_version(alert):
        return "" if _are_several(alert) else "lost"
    if alert.is_overflow or facts is None or alert.bucket != evidence.bucket:
        return ""
    if facts.versioning in _OTHERS:
        return "lost"
    may_be_versions = evidence.operation == "delete" and _are_several(alert)
    return "kept" if facts.versioning == "enabled" and not may_be_versions else ""


def _by_versioning(alert: Alert, facts: BucketFacts) -> str:
    bucket = clean_name(alert.evidence.bucket, 63) if alert.is_summary else "the bucket"
    if other := _OTHERS.get(facts.versioning):
        return f"{other.format(bucket)} {_LOST} {_it(alert)}"
    if facts.versioning == "suspended":
        where = f" in {bucket}" if alert.is_summary else ""
        return f"perhaps: versioning is suspended{where}, only versions from before that remain"
    if facts.versioning != "enabled":
        return f"not known: {_REASONS.get(facts.unread, clean(facts.unread, 60))}"
    return f"yes, {bucket} keeps versions: {_how(alert)}"


def _how(alert: Alert) -> str:
    if alert.evidence.operation != "delete":
        return "the one before is what was replaced, if anything was"
    if _are_several(alert):
        return "remove the delete markers (not if versions were deleted)"
    return "remove the delete marker"


def _it(alert: Alert) -> str:
    return "them" if _are_several(alert) else "it"


def _is_of_version(alert: Alert) -> bool:
    """Return whether the access that is shown deleted a version by its id."""
    evidence = alert.evidence
    return evidence.operation == "delete" and bool(evidence.version) and evidence.outcome == "success"


def _are_several(alert: Alert) -> bool:
    """Return whether the alert is, or may be, about several objects."""
    evidence = alert.evidence
    return bool(evidence.keys_unknown or evidence.correlated or alert.distinct_keys > 1)


def details(alert: Alert) -> list[tuple[str, list[str]]]:
    """Return the rows that are looked up rather than read first: the tags of the bucket and of the caller."""
    facts = alert.evidence.bucket_facts
    told = {"Tags": facts.tags if facts else (), "Caller tags": alert.evidence.caller_tags}
    return [(label, [", ".join(clean_name(tag, 60) for tag in tags)]) for label, tags in told.items()]
