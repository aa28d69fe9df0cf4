"""Claims: an access is recorded once, however often and by whichever way its records arrive.

A claim is named by the request alone, since the records of one request differ: of a caller from another
account the owner's names only the account, S3's events name no caller, access logs have other details. What
the first record says of caller and outcome stays with the claim. A record that says otherwise, or something
worse, is no copy of it and takes a claim of its own: else a forged record with the id of a true request,
which S3 returns to whoever makes it, would silence the true one.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec
from msgspec import Struct

from s3watch.detection.matcher import Hit
from s3watch.facts.access import Access
from s3watch.facts.acts import gravity
from s3watch.facts.identity import NOT_SSO
from s3watch.ruleset import rank

# Characters of a principal: IAM's names have at most 64; an item of more than 1 KB costs twice
MOST_NAME = 128


class Claim(NamedTuple):
    """The name of an access (32 hex digits), and what its record says, as JSON; empty: nothing to compare."""

    name: str
    statement: str = ""


class _Statement(Struct, frozen=True, array_like=True):
    """What a record says of a request; an empty account or principal is not known."""

    outcome: str
    account: str
    principal: str
    weight: tuple[int, int]  # the level of its hit, the gravity of its act
    is_full: bool  # a record of CloudTrail that names the caller: judged by all facts


def claim_of(hit: Hit) -> Claim:
    """Return the claim of an access."""
    return Claim(name_of(hit.access), msgspec.json.encode(_state(hit)).decode())


def name_of(access: Access) -> str:
    """Return the name of an access's claim, the same for every record of its request."""
    return _digest(*("" if part is None else str(part) for part in access.dedupe_key))


def contest(claim: Claim) -> Claim:
    """Return the claim of a record that is no copy of the one that has its claim."""
    return Claim(_digest(*claim), claim.statement)


def is_copy(statement: str, claimed: str) -> bool:
    """Return whether a record says nothing else than the one that took the claim, and nothing worse."""
    if not statement or not claimed:
        return True
    new, old = (msgspec.json.decode(text, type=_Statement) for text in (statement, claimed))
    agrees = _agree(new.account, old.account) and _agree(new.principal, old.principal)
    return new.outcome == old.outcome and agrees and not (new.is_full and new.weight > old.weight)


def _agree(one: str, other: str) -> bool:
    return one == other or not one or not other


def _state(hit: Hit) -> _Statement:
    access = hit.access
    named = _names_caller(access)
    principal = access.principal.removeprefix(f"{access.caller_account}:").replace(NOT_SSO, "")
    return _Statement(
        access.outcome,
        _bounded(access.caller_account or ""),
        _bounded(principal) if named else "",
        (rank(hit.level), gravity(access.act, access.outcome)),
        named and access.feed == "cloudtrail",
    )


def _names_caller(access: Access) -> bool:
    """Return whether a record names its caller as any other of its request would.

    CloudTrail leaves out who it was only for another account's callers; the other feeds may not know.
    """
    vague = access.principal_type in ("account", "unknown")
    return not vague or (access.feed == "cloudtrail" and not access.cross_account)


def _bounded(text: str) -> str:
    return text[:MOST_NAME].encode(errors="replace").decode()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]
