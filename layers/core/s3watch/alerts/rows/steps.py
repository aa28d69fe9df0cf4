"""The next steps that an alert advises: those of its detection, or of the kind of finding."""

from __future__ import annotations

from collections.abc import Mapping

from s3watch.alerts.alert import Alert
from s3watch.findings import advice
from s3watch.ruleset import Detection
from s3watch.text import clean

STEPS = 3

_DEFAULT = (
    "Ask the person, or the role's owner, whether this was intended.",
    "If not: disable the access key, or revoke the role's sessions.",
    "Check what else was accessed in the hour before and after.",
)


def steps(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    """Return at most three next steps: those of the most severe detection, or of the kind of finding."""
    if finding := alert.evidence.finding:
        return advice.steps(finding)
    detection = detections.get(alert.rule)
    advised = [clean(step) for step in (detection.respond if detection else ()) if step]
    return (advised or list(_DEFAULT))[:STEPS]
