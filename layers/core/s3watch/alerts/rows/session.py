"""Says who is behind the session of a role: who assumed it, for which workload its credentials were made."""

from __future__ import annotations

import re

from msgspec.structs import replace

from s3watch.alerts.account_names import numbered
from s3watch.alerts.alert import Assumed, Assumer, Evidence
from s3watch.alerts.assumed import calls_behind
from s3watch.alerts.rows import access, credentials
from s3watch.text import clean, clean_name, elide, quoted

# Characters: a role's name has 64 at most, behind its account; a function's ARN about 150
NAME, HOLDER = 100, 200
_SERVICE, _FEDERATED = "service/", "federated/"
# As a whole: an address within the name of an OIDC provider may have any path
_PROVIDER = re.compile(r"arn:[^:]*:iam::\d{12}:(saml|oidc)-provider/(.+)", re.ASCII)
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
    foreign = one.caller_account != evidence.caller_account
    if one.principal_type == "account":
        if not one.principal_id:
            return access.who(call)
        whose = f"{'another account,' if foreign else 'account'} {numbered(one.caller_account, evidence)}"
        return f"{clean_name(one.principal_id, 100)} of {whose}"
    if one.principal_type == "federated" and not one.issuer:
        return _federated(one)
    # MFA only where it was used, which the session that was used says, too, unless it is of a chain.
    mfa = True if one.mfa and not evidence.mfa else None
    shown = replace(_shortened(call), caller_account=one.caller_account if foreign else "", mfa=mfa)
    return ", ".join(filter(None, [access.who(shown), credentials.line(shown)]))


def _shortened(call: Evidence) -> Evidence:
    """Shorten names beyond what AWS allows, since several of them are in one line."""
    names = {"actor": call.actor, "principal": call.principal, "issuer": call.issuer}
    holder = elide(call.workload_holder, HOLDER)
    return replace(call, **{name: elide(text, NAME) for name, text in names.items()}, workload_holder=holder)


def _federated(one: Assumer) -> str:
    """Name a federated user; the name is whatever an identity provider's user chose, or the provider."""
    name = f"federated user {quoted(clean(one.actor.removeprefix(_FEDERATED)))}"
    return f"{name}, according to {_provider(one.provider)}" if one.provider else name


def _provider(provider: str) -> str:
    """Name an identity provider by its ARN, or by its address, as those that every account has."""
    own = _PROVIDER.fullmatch(provider)
    return f"{own[1].upper()} provider {clean_name(own[2], 100)}" if own else clean_name(provider, 100)


def _place(call: Evidence) -> str:
    """Return where a call to STS came from, or through which service; empty if that made it by itself."""
    if call.network_kind != "aws-service":
        return f"from {access.place(call)}"
    return "" if call.principal_type == "service" else f"through {access.place(call)}"
