"""Adds a verdict to an OCSF Detection Finding: its status, its comment, and the verdict on the evidence.

A disposition, of the profile Security Control, is something else: what a control did with a call.
Status and comment: https://schema.ocsf.io/1.5.0/classes/detection_finding,
verdicts: https://schema.ocsf.io/1.5.0/objects/evidences
"""

from __future__ import annotations

from typing import Any

from s3watch.alerts.alert import Judgement, Verdict

NEW = 1
# Suppressed: reviewed, and found benign or a false positive. In Progress: nobody has said it is resolved.
_STATUS: dict[Judgement, tuple[int, str]] = {
    "expected": (3, "Suppressed"),
    "false-positive": (3, "Suppressed"),
    "true-positive": (2, "In Progress"),
}
_VERDICTS: dict[Judgement, tuple[int, str]] = {
    "expected": (5, "Benign"),
    "false-positive": (1, "False Positive"),
    "true-positive": (2, "True Positive"),
}


def complete(document: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    """Return the Detection Finding with a verdict; a status that another service gave its finding stays.

    Who gave the verdict, and when, is in `unmapped.verdict`.
    """
    number, name = _VERDICTS[verdict.judgement]
    judged = {"verdict_id": number, "verdict": name}
    document = document | {"evidences": [evidence | judged for evidence in document["evidences"] if evidence]}
    if verdict.note:
        document = document | {"comment": verdict.note}
    if document.get("status_id", NEW) != NEW:
        return document
    status, named = _STATUS[verdict.judgement]
    return document | {"status_id": status, "status": named}
