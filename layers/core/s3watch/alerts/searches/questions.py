"""Asks the questions that an alert raises: what else this actor did, and who else touched this object."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from s3watch.alerts.alert import Alert, Evidence
from s3watch.facts.identity import NOT_SSO
from s3watch.text import clean_address

BEFORE = AFTER = 3600.0  # seconds searched before and after the accesses
LONGEST = 1024  # bytes of an S3 key; a longer one cannot occur, and is not searched for
LONGEST_VALUE = 1300  # characters: of s3://, a bucket and a key; all names are shorter

By = Literal["actor", "object", "call"]

_IN_ACCOUNT = re.compile(r"root|(?:role|user|federated)/.+", re.DOTALL)  # any account may have these names
_KINDS = ("role", "user", "federated", "service")
_NOBODY = ("", "anonymous", "unknown")


class Search(NamedTuple):
    """One question, and the name, place or event that it is about."""

    question: str
    by: By
    value: str  # a name of the actor; s3://bucket/key or s3://bucket; the name of an event
    trusted: bool = False  # AWS vouches for it, so it may be shown as it is, even if it is a link


def searches(alert: Alert) -> list[Search]:
    """Return the searches for an alert, of one that summarizes many accesses by actor only."""
    evidence = alert.evidence
    found = [_by_actor(evidence, whole=alert.is_overflow)]
    if not alert.is_summary:
        found += [_by_object(evidence), *_by_address(alert, found[0])]
    return [search for search in found if search.value and len(search.value) <= LONGEST_VALUE]


def period(alert: Alert) -> tuple[float, float]:
    """Return the epoch seconds between which an alert is searched."""
    shown = alert.evidence.time  # a state lasts for weeks, of which nobody searches each day
    first, last = (shown, shown) if alert.is_state else (alert.first, alert.last)
    return first - BEFORE, last + AFTER


def _by_actor(evidence: Evidence, *, whole: bool) -> Search:
    """Search for an actor, or for the `whole` principal if an alert is about all its sessions.

    A name that several accounts may have gets its account. Who has no name is searched for by address.
    A finder of settings made no call that changed them.
    """
    found = bool(evidence.review and evidence.review.finder)
    name = "" if found else evidence.principal if whole else evidence.actor or evidence.principal
    if name in _NOBODY and evidence.ip:
        return Search("what else came from this address", "actor", evidence.ip, trusted=True)
    is_person = name == evidence.actor and name != evidence.principal
    if evidence.caller_account and not is_person and _IN_ACCOUNT.fullmatch(name):
        name = f"{evidence.caller_account}:{name}"
    vouched = evidence.actor_verified if is_person else evidence.principal_type == "service"
    return Search("what else this actor did", "actor", "" if name == "unknown" else name, trusted=vouched)


def _by_object(evidence: Evidence) -> Search:
    """Search for the object, or without one for the bucket, or without that for the call."""
    if not evidence.bucket:
        return Search("who else did the same", "call", evidence.event_name)
    place = f"s3://{evidence.bucket}/{evidence.key}"
    if evidence.key and len(evidence.key) <= LONGEST:
        return Search("who else touched this object", "object", place)
    return Search("who else used this bucket", "object", f"s3://{evidence.bucket}")


def _by_address(alert: Alert, actor: Search) -> list[Search]:
    """Search for the address of whoever used a link, and of whoever was denied, if nothing else finds it."""
    evidence = alert.evidence
    matters = alert.uses_link or evidence.outcome == "denied"
    if not matters or evidence.network_kind != "ip" or actor.value == evidence.ip:
        return []
    return [Search("what else came from this address", "actor", evidence.ip, trusted=True)]


def may_be_link(search: Search) -> bool:
    """Return whether a value may stay in one piece although programs make a link of it."""
    return search.trusted and clean_address(search.value) == search.value


def split_name(name: str) -> tuple[str, str, str]:
    """Split a name into its account, its kind and what is left: `...:role/x` into `...`, `role` and `x`.

    Without a kind it is a person, an address or an account.
    """
    account, _, local = name.partition(":") if re.match(r"\d{12}:", name) else ("", "", name)
    kind, _, rest = local.partition("/")
    if local in ("root", "anonymous"):
        return account, local, local
    return (account, kind, rest.removeprefix(NOT_SSO)) if rest and kind in _KINDS else (account, "", local)
