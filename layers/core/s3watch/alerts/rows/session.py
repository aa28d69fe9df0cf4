"""Says who is behind the session of a role: who assumed it, for which workload its credentials were made."""

from __future__ import annotations

from msgspec.structs import replace

from s3watch.alerts.alert import Assumed, Assumer, Evidence
from s3watch.alerts.assumed import calls_behind
from s3watch.alerts.rows import access, credentials
from s3watch.text import clean, clean_name

_SERVICE, _SAML, _OIDC = "service/", ":saml-provider/", ":oidc-provider/"
_REASONS = {
    "refused": "CloudTrail refused to look it up",
    "no answer": "CloudTrail did not answer in time",
    "not understood": "what CloudTrail answered was not understood",
    "busy": "CloudTrail had too many other look-ups to answer",
    "decoys": "somebody named many sessions after its access key, which hide the record",
    "too many": "too many sessions were to be looked up at once",
    "not yet": "CloudTrail's event history had no record of it yet",
    "not found": "CloudTrail's event history has no record of it",
    "not here": "CloudTrail has no record of it in the stack's Region, and could not be read in us-east-1",
    "longer": "of a chain of roles only two steps are looked up",
}


def rows(evidence: Evidence) -> list[tuple[str, list[str]]]:
    """Return the rows about a caller's session; without lines if nothing is known, or nobody is behind it."""
    return [
        ("Assumed by", [_assumed(evidence, evidence.assumed) if evidence.assumed else ""]),
        ("Credentials", [credentials.line(evidence)]),
    ]


def lines(evidence: Evidence) -> list[str]:
    """Return what there is to say about the session of one access among many, which need not be of one."""
    name = access.session(evidence)
    told = [f"{label.lower()}: {line}" for label, lines in rows(evidence) for line in lines if line]
    return [f"in {name}" if name else "", *told]


def left_out(evidence: Evidence) -> Evidence:
    """Return the evidence without its session, to name the caller of many accesses."""
    return replace(evidence, arn="")


def _assumed(evidence: Evidence, assumed: Assumed) -> str:
    """Return who assumed the role; of a chain of roles the one that was used, then who assumed that one."""
    behind = calls_behind(evidence)
    places = [_place(call) for _, call in behind]
    told = [
        ", ".join(filter(None, [_name(one, call, evidence), place if place not in places[at:] else ""]))
        for at, ((one, call), place) in enumerate(zip(behind, places, strict=True), 1)
    ]
    known = ", itself assumed by ".join(told)
    if not assumed.unread:
        return known
    why = f"not known: {_REASONS.get(assumed.unread, clean(assumed.unread, 60))}"
    return f"{known}; by whom that was assumed is {why}" if known else why


def _name(one: Assumer, call: Evidence, evidence: Evidence) -> str:
    if one.principal_type == "service" and one.principal.startswith(_SERVICE):
        name = one.principal.removeprefix(_SERVICE)
        return f"the AWS service {clean(name.removesuffix('.amazonaws.com'), 60)}"
    if one.principal_type == "account" and one.principal_id:
        account = clean(one.caller_account, 20)
        return f"{clean_name(one.principal_id, 100)} of another account, {account}"
    if one.principal_type == "federated" and one.provider:
        return f"{clean_name(one.actor)}, according to {_provider(one.provider)}"
    # MFA only where it was used, which the session that was used says, too, unless it is of a chain.
    mfa = True if one.mfa and not evidence.mfa else None
    account = "" if one.caller_account == evidence.caller_account else one.caller_account
    shown = replace(call, caller_account=account, mfa=mfa)
    return ", ".join(filter(None, [access.who(shown), credentials.line(shown)]))


def _provider(provider: str) -> str:
    """Name an identity provider by its ARN, or by its address, as those that every account has."""
    for mark, kind in ((_SAML, "SAML"), (_OIDC, "OIDC")):
        _, found, name = provider.partition(mark)
        if found:
            return f"{kind} provider {clean_name(name, 100)}"
    return clean_name(provider, 100)


def _place(call: Evidence) -> str:
    """Return where a call to STS came from; empty if a service made it."""
    return "" if call.network_kind == "aws-service" else f"from {access.place(call)}"
