"""The canary: an object of the deployment's own bucket, read on a schedule to show that accesses alert.

What reads it is a role of its own, which the label expects. Each of its reads is an alert of its own that
nobody is mailed; whoever else touches the object is alerted like any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, Ruleset

NAME = "s3watch:canary"  # of its label and its detection: no file and no entry can have it
KEY = "canary"  # of the object
ACTS = ("read", "write")  # of its role, which also puts the object there, once


def add_canary(ruleset: Ruleset, bucket: str, role: str) -> Ruleset:
    """Add the label of a canary, and the detection of its reads by a role of its bucket's account."""
    expected = Expected((f"role/{role}",), ACTS)
    label = Label(NAME, "critical", "whoever keeps s3watch running", (expected,))
    entry = Patterns(bucket, prefixes=(("", len(ruleset.labels)),))
    return replace(
        ruleset,
        labels=(*ruleset.labels, label),
        patterns=tuple(sorted((*ruleset.patterns, entry), key=lambda each: each.bucket)),
        detections=(*ruleset.detections, _detect(bucket)),
    )


def _detect(bucket: str) -> Detection:
    """Return the detection of its reads; by the bucket, so that no other record is tested by it."""
    return Detection(
        rule=NAME,
        title="The canary was read, as it is on a schedule",
        level="informational",
        condition=Condition(
            "and",
            of=(
                Condition("eq", field="s3.bucket", values=(bucket,)),
                Condition("eq", field="s3.key", values=(KEY,), cased=True),
                Condition("eq", field="s3.operation", values=ACTS),
                Condition("eq", field="s3.outcome", values=("success",)),
                Condition("eq", field="s3.auth", values=("header",)),
                Condition("bool", field="s3.expected", values=("true",)),
            ),
        ),
        fields=("s3.bucket", "s3.key", "s3.operation", "s3.outcome", "s3.auth", "s3.expected"),
        why="Whether an access reaches the ledger and a topic, and how long that takes.",
    )


def is_canary(rules: Sequence[str]) -> bool:
    """Return whether these are the detections of a scheduled read: that one alone."""
    return tuple(rules) == (NAME,)
