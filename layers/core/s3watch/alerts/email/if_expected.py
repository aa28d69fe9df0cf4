"""Says how to stop alerts about what is expected: by the catalogue, or temporarily by an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from s3watch.alerts import callers
from s3watch.alerts.alert import Alert
from s3watch.alerts.email.exception_entry import exceptions, names_bucket, names_object
from s3watch.alerts.email.expected_entry import expected_entry, who_else
from s3watch.alerts.headline import topic
from s3watch.findings.advice import how_to_suppress
from s3watch.ruleset import Detection

TOO_LONG = "If this is expected: an entry with all the names would be too long for a message."


def if_expected(alert: Alert, detections: Mapping[str, Detection], *, entries: bool = True) -> list[str]:
    """Return the lines, of which those of YAML are ready to paste; they are left out without `entries`."""
    if finding := alert.evidence.finding:
        return [f"If this is expected: {how_to_suppress(finding)}"]
    if not entries:
        return [TOO_LONG]
    entry = expected_entry(alert, detections)
    where = f"`expected` of {topic(alert)} in rules/catalogue.yaml"
    warning = who_else(alert)
    permanently = [
        f"If this is expected permanently, add to {where}, indented like the entries there:",
        "",
        *entry,
        "",
        *([warning, ""] if warning else []),
    ]
    others = covered(alert)
    return [
        *(permanently if entry else []),
        "If this is expected temporarily, add to rules/exceptions.yaml:",
        "",
        *exceptions(alert),
        *(["", others] if others else []),
    ]


def covered(alert: Alert) -> str:
    """Say whom and what the exception covers besides the one and the object that are named in it."""
    return " ".join(_covered(alert))


def _covered(alert: Alert) -> Iterator[str]:
    evidence = alert.evidence
    if evidence.principal == "anonymous":
        yield "This covers everyone without credentials."
    if alert.uses_link:
        yield f"This covers whoever has a link that {callers.shown(evidence)} signed."
    if not names_object(evidence):
        yield f"This names no object: it covers whatever else of this kind {callers.shown(evidence)} does."
    elif names_bucket(alert):
        yield "This covers the bucket and everything in it."
