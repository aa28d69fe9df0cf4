"""Says how to stop what an alert is about: by commands of the AWS CLI with its names, ready to paste.

Only names that AWS allows are written into a command, so that none can end it and begin another, and none
becomes a link: of users and trails, the caller may have chosen them.
"""

from __future__ import annotations

import re

from s3watch.alerts import callers
from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.assumed import calls_behind
from s3watch.alerts.searches.literals import shell_literal
from s3watch.alerts.verbs import split_parts
from s3watch.facts.identity import SSO_ROLE
from s3watch.findings.finding import Finding
from s3watch.links import find_links

_ALL_ON = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_USER = re.compile(r"user/(?:.*/)?([\w+=,.@-]{1,64})", re.ASCII)
_PERMANENT_KEY = re.compile(r"AKIA[A-Z0-9]{8,124}")
_TRAIL = re.compile(r"(?:arn:[a-z-]+:cloudtrail:[a-z0-9-]+:\d{12}:trail/)?[A-Za-z0-9._-]{3,128}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2}")
_PART = re.compile(r"[A-Za-z0-9._-]{1,255}")
_TURN_ON = {  # by event, the commands that undo it, before the name of the part of s3watch
    "DisableRule": "aws events enable-rule --region {} --name",
    "DisableAlarmActions": "aws cloudwatch enable-alarm-actions --region {} --alarm-names",
}
_WEAKENED = ("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock")


def stop_person(alert: Alert) -> str:
    """Say how to stop a person in Identity Center, whose role no console can revoke and no account can edit.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/prereqs-revoking-user-permissions.html
    """
    evidence = alert.evidence
    if evidence.outcome != "success" or not evidence.principal.startswith(f"role/{SSO_ROLE}"):
        return ""
    if _is_by_others(evidence):
        return ""
    first = "disable the user and end its sessions in IAM Identity Center"
    then = "deny its running role sessions by a service control policy on identitystore:userId"
    return f"To stop {callers.shown(evidence)}: {first}, and {then}."


def session_goes_on(alert: Alert) -> str:
    """Say that a role's session outlives the key of the user who began it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """
    told = "Without its user's key the role's session still goes on, until it ends or is revoked in IAM."
    return told if _disable_assumers(alert) else ""


def commands(alert: Alert) -> list[str]:
    """Return the commands, the most urgent first; none where nothing succeeded, or for another account."""
    evidence = alert.evidence
    if finding := evidence.finding:
        written = [] if finding.is_closed else [_disable(finding, finding.actor, alert.account)]
    elif _is_over(evidence):
        written = []
    else:
        own = "" if _is_by_others(evidence) else _disable(evidence, evidence.principal, alert.account)
        written = [_start(evidence), _turn_on(evidence), _close(evidence), own, *_disable_assumers(alert)]
    return [command for command in written if command]


def _is_over(evidence: Evidence) -> bool:
    """Return whether there is nothing to stop any more."""
    return evidence.outcome != "success" or bool(evidence.review and evidence.review.corrected)


def _is_by_others(evidence: Evidence) -> bool:
    """Return whether a review found what the caller cannot have done."""
    return bool(evidence.review and evidence.review.by_others)


def _disable_assumers(alert: Alert) -> list[str]:
    """Disable the keys of users of the role's account who assumed it; of many accesses nobody knows which."""
    evidence = alert.evidence
    if alert.is_summary or _is_over(evidence) or _is_by_others(evidence):
        return []
    began = (_disable(call, call.principal, evidence.caller_account) for _, call in calls_behind(evidence))
    return [command for command in began if command]


def _start(evidence: Evidence) -> str:
    stopped = evidence.event_name == "StopLogging" and _TRAIL.fullmatch(evidence.resource)
    if not stopped or not _REGION.fullmatch(evidence.region):
        return ""
    return f"aws cloudtrail start-logging --region {evidence.region} --name {_argument(evidence.resource)}"


def _turn_on(evidence: Evidence) -> str:
    """Turn on what was turned off of s3watch itself."""
    command = _TURN_ON.get(evidence.event_name) if evidence.own_part else None
    names = split_parts(evidence.resource, evidence.own_part)
    if not command or not all(map(_PART.fullmatch, names)) or not _REGION.fullmatch(evidence.region):
        return ""
    return f"{command.format(evidence.region)} {' '.join(map(_argument, names))}"


def _close(evidence: Evidence) -> str:
    """Turn on Block Public Access where the bucket is open to everyone, or may be."""
    found = evidence.review.remark if evidence.review else ""
    is_open = evidence.grants_public or evidence.principal == "anonymous" or found.endswith("to everyone")
    if not (is_open or evidence.event_name in _WEAKENED) or not _BUCKET.fullmatch(evidence.bucket):
        return ""
    put = "aws s3api put-public-access-block --bucket"
    return f"{put} {_argument(evidence.bucket)} --public-access-block-configuration {_ALL_ON}"


def _disable(caller: Evidence | Finding, name: str, account: str) -> str:
    """Disable the permanent key of a user of an account of ours; a session has none to disable."""
    user, key = _USER.fullmatch(name), caller.access_key
    if not user or caller.caller_account != account or not _PERMANENT_KEY.fullmatch(key):
        return ""
    update = f"aws iam update-access-key --user-name {_argument(user[1])}"
    return f"{update} --access-key-id {key} --status Inactive"


def _argument(name: str) -> str:
    """Write a name for a shell, in pieces where mail programs would make a link of it."""
    return "".join(shell_literal(name)) if find_links(name) else name
