"""Shows who assumed a role as the caller of a call like any other, so that the same words tell of it."""

from __future__ import annotations

from msgspec.structs import fields

from s3watch.alerts.alert import Assumer, Evidence

STS = "sts.amazonaws.com"
_SHARED = tuple(each.name for each in fields(Assumer) if each.name in Evidence.__struct_fields__)


def calls_behind(evidence: Evidence) -> list[tuple[Assumer, Evidence]]:
    """Return who assumed the role that was used, then who assumed that one's role, each with the call."""
    assumed = evidence.assumed.by if evidence.assumed else ()
    return [(one, _call(one, evidence)) for one in assumed]


def _call(one: Assumer, evidence: Evidence) -> Evidence:
    return Evidence(
        time=0, request_id="", operation="other", scope="account", outcome="success", event_source=STS,
        bucket_account=evidence.caller_account,  # whose role it is
        account_names=evidence.account_names,
        **{name: getattr(one, name) for name in _SHARED},
    )  # fmt: skip
