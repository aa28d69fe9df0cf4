"""Says what the event selectors that somebody put on a trail leave out: watched buckets, and changes.

It was perhaps left out before, and another trail may record it: the record tells neither.
"""

from __future__ import annotations

from s3watch.alerts.alert import Evidence
from s3watch.text import clean, count, truncate_list

LISTED = 5  # buckets: what a phone shows without scrolling
LIMITED = ("limited trail", "limit trail")  # what was done, and what was tried


def verbs(evidence: Evidence) -> tuple[str, str] | None:
    """Return the words for selectors that leave something out; None for all other calls."""
    return LIMITED if evidence.unrecorded_buckets or evidence.unrecorded_changes else None


def effects(evidence: Evidence) -> list[str]:
    """Say what a trail records only in part, or not at all, with the watched buckets by name."""
    named = _named(evidence, LISTED)
    return [
        *([f"not all calls are recorded on the objects of {named}"] if named else []),
        *(["changes of buckets and trails are not all recorded"] if evidence.unrecorded_changes else []),
    ]


def remark(evidence: Evidence) -> str:
    """Say the same in the few words that a subject has room for: `not all recorded: hr-data`, `2 buckets`."""
    if evidence.outcome != "success" or not verbs(evidence):
        return ""
    number = len(evidence.unrecorded_buckets) + evidence.other_unrecorded
    several = count(number, "bucket") if number else "changes of buckets"
    return f"not all recorded: {_named(evidence, 1) if number == 1 else several}"


def _named(evidence: Evidence, most: int) -> str:
    names = [clean(name, 63) for name in evidence.unrecorded_buckets]
    return ", ".join(truncate_list(names, len(names) + evidence.other_unrecorded, most))
