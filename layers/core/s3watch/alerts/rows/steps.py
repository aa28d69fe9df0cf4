"""The next steps that an alert advises: those of its detection, or of the kind of finding, that hold for it.

Steps about the caller's credentials hold only if the account can revoke them. Whatever other kind of caller
there was, the steps for its kind take their place. A step on what was deleted says what is known of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from s3watch.alerts import callers
from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.rows.state import fate
from s3watch.findings import advice
from s3watch.findings.finding import Finding
from s3watch.posture import review_rules
from s3watch.ruleset import Detection, Step, When
from s3watch.text import clean

STEPS = 3

type Caller = When | Literal[""]  # one of CALLERS; empty: nobody knows who it was

_DEFAULT = (
    Step("Ask the person, or the role's owner, whether this was intended.", "credentials"),
    Step("If not: disable the access key, or revoke the role's sessions.", "credentials"),
    Step("Check what else was accessed in the hour before and after."),
)
_LAST_RESORT = Step("Check what else happened in the hour before and after.")
_INSTEAD: dict[Caller, tuple[str, ...]] = {  # of the steps about credentials, if the access succeeded
    "link": (
        "Ask the link's signer who they gave it to.",
        "If it leaked: revoke the session, or disable the key, that signed it.",
        "Check which other addresses have used links of the same signer.",
    ),
    "root": (  # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
        "Ask whoever holds the root credentials whether this was intended.",
        "If not: change root's password, delete its access keys, and check its MFA devices.",
        "List what else root did in that hour, in every Region.",
    ),
    "other-account": (
        "Find out whose account it is, and ask the owner of the data about it.",
        "If it was not agreed: remove it from the policy, ACL or access point.",
        "List everything that account has accessed here.",
    ),
    "anonymous": (
        "Turn on all four Block Public Access settings of the bucket.",
        "Find the policy statement or ACL grant that let anyone in, and remove it.",
        "List what else anonymous callers have accessed since it was opened.",
    ),
    "service": (
        "Find out which of your resources had the service do this, and who set it up.",
        "If nobody needs it: remove the service's access from the policy or role.",
    ),
    "": ("Find out from CloudTrail and the access logs who did this.",),
}
_SITUATIONS: dict[Caller, str] = {
    "link": "presigned URL",
    "root": "root",
    "other-account": "another account",
    "anonymous": "anonymous",
    "service": "AWS service",
    "": "unknown caller",
}
_FATES = {"kept": "versions kept", "lost": "no versions kept"}


def steps(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    """Return one to three next steps: those of the most severe detection, or of the kind of finding."""
    caller = _caller(alert.evidence)
    written = [_as_known(step, fate(alert)) for step in _written(alert, detections)]
    holding = {"", caller, *(["keys-unknown"] if alert.evidence.keys_unknown else [])}
    instead = () if alert.outcome != "success" or _has(written, caller) else _INSTEAD.get(caller, ())
    chosen = list(_choose(written, holding, instead)) or [_LAST_RESORT.do]
    return [clean(step) for step in chosen[:STEPS]]


def situation(alert: Alert) -> str:
    """Say in a few words what the steps depend on; empty if a known caller succeeded with its credentials."""
    evidence = alert.evidence
    told = [
        _SITUATIONS.get(_caller(evidence), ""),
        "objects not named" if evidence.keys_unknown else "",
        _FATES.get(fate(alert), ""),
        "corrected" if evidence.review and evidence.review.corrected else "",
        alert.outcome if alert.outcome in ("denied", "failed", "missing") else "",
    ]
    return ", ".join(filter(None, told))


def _written(alert: Alert, detections: Mapping[str, Detection]) -> Sequence[Step]:
    evidence = alert.evidence
    if evidence.finding:
        return advice.steps(evidence.finding)
    if evidence.review and evidence.review.corrected:
        return review_rules.CORRECTED
    detection = detections.get(alert.rule)
    return [step for step in detection.respond if step.do] if detection and detection.respond else _DEFAULT


def _as_known(step: Step, known: str) -> Step:
    """Return a step with its text for what is known of what was deleted or replaced."""
    other = {"kept": step.kept, "lost": step.lost}.get(known)
    return replace(step, do=other) if other else step


def _has(written: Sequence[Step], caller: Caller) -> bool:
    return bool(caller) and any(step.when == caller for step in written)


def _choose(written: Sequence[Step], holding: set[str], instead: Sequence[str]) -> Iterator[str]:
    """Yield the steps that hold; as far as there is room, another one in the place of each on credentials."""
    room = STEPS - sum(step.when in holding for step in written)
    others = iter(instead[: max(room, 0)])
    for step in written:
        if step.when in holding:
            yield step.do
        elif step.when == "credentials" and (other := next(others, "")):
            yield other


def _caller(evidence: Evidence) -> Caller:
    """Return what kind of caller there was, as far as that decides what can be done about it."""
    if evidence.review and (evidence.review.finder or evidence.review.by_others):
        return ""
    if evidence.finding:
        return _kind(evidence.finding, evidence.finding.account)
    kind = _kind(evidence, evidence.bucket_account)
    is_link = evidence.presigned and not evidence.perhaps_console
    return "link" if kind == "credentials" and is_link else kind


def _kind(caller: Evidence | Finding, owner: str) -> Caller:
    if caller.principal_type == "anonymous":
        return "anonymous"
    if (
        caller.principal_type == "service" or caller.caller_account == "cloudfront"
    ):  # an origin access identity
        return "service"
    if callers.is_foreign(caller, owner):
        return "other-account"
    if caller.principal_type == "root":
        return "root"
    is_known = (caller.actor or caller.principal) not in ("", "unknown")
    return "credentials" if is_known else ""
