"""Decides what a review corrects: only what is certainly open to everybody, by the least that closes it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from s3watch.posture import bucket_state as parts
from s3watch.posture.acl import public_grants
from s3watch.posture.bucket_state import Block, State
from s3watch.posture.digest import shortened
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.review_state import Correction, Kind, ReviewState, earlier_opening_of, opening_of
from s3watch.times import day_of

Mode = Literal["off", "acl", "block"]

MAX_ATTEMPTS = 3  # to correct one bucket, a day: whatever keeps coming back, somebody wants it
RESPECT_UNDO = 86400.0  # seconds in which an undone correction is not repeated: time to write an exception
# What must have been read before a setting is corrected: it decides what is open, or would be replaced.
_NEEDED = {
    "acl": (parts.ACL, parts.OWNERSHIP, parts.BLOCK, parts.ACCOUNT_BLOCK),
    "block": (parts.POLICY, parts.ACL, parts.OWNERSHIP, parts.BLOCK, parts.ACCOUNT_BLOCK),
}


class Remediation(NamedTuple):
    """The settings of automatic correction.

    Mode `acl` removes grants to everybody from ACLs, `block` turns on Block Public Access for public buckets.
    """

    mode: Mode = "off"
    dry_run: bool = False  # report what would be corrected, change nothing
    role: str = ""  # ARN of the role that corrects, by which our own changes are recognized


class Plan(NamedTuple):
    """What to correct; if nothing is corrected though it could be, the reason for people to read."""

    correction: Correction | None = None
    reason: str = ""


def plan(mode: Mode, state: State, found: Posture, known: ReviewState, cause: str, now: float) -> Plan:
    """Decide what to correct: only public access that is certain, and not again and again."""
    kind = _kind(mode, found)
    if kind is None:
        return Plan()
    correction = _propose(kind, state, found, cause, now)
    reason = (
        _uncertainty(kind, state, found)
        or ("AWS's policy status is not known to call it public" if correction is None else "")
        or repetition(found, known, now)
    )
    return Plan(None, f"not corrected: {reason}") if reason else Plan(correction)


def _kind(mode: Mode, found: Posture) -> Kind | None:
    if mode == "block" and found.public:
        return "block"
    return "acl" if mode == "acl" and any(grant.granted_by == parts.ACL for grant in _public(found)) else None


def _public(found: Posture) -> list[Grant]:
    return [grant for grant in found.grants if grant.grantee == EVERYBODY]


def _uncertainty(kind: Kind, state: State, found: Posture) -> str:
    unread = [part for part in _NEEDED[kind] if part in (*found.unread, *state.failed)]
    return f"could not read {', '.join(unread)}" if unread else ""


def repetition(found: Posture, known: ReviewState, now: float) -> str:
    """Return why a correction is not made again: somebody undid it, or it did not last; empty if it is."""
    openings = (opening_of(found), earlier_opening_of(found))
    undone = [each.undone for each in known.corrections if each.undone and each.opened in openings]
    if undone and now < max(undone) + RESPECT_UNDO:
        return "the same correction was reverted by hand within the last day"
    if known.day == day_of(now) and known.attempts >= MAX_ATTEMPTS:
        return f"{MAX_ATTEMPTS} corrections today did not last"
    return ""


def _propose(kind: Kind, state: State, found: Posture, cause: str, now: float) -> Correction | None:
    """Propose a correction that closes all of the opening that is certain; None if nothing is."""
    proposed = Correction(cause, kind, {}, now, found=shortened(found), opening=opening_of(found))
    if kind == "acl":
        return replace(proposed, replaced={"Grants": public_grants(state.acl)})
    needed = _needed_block(state, found)
    if needed == Block():
        return None
    replaced: dict[str, Any] = msgspec.to_builtins(state.block) if state.block else {}
    return replace(proposed, replaced=replaced, left=(state.block or Block()) | needed)


def _needed_block(state: State, found: Posture) -> Block:
    """Return the settings that close what is public both by our evaluation and by AWS's own.

    The other two only refuse later calls: with BlockPublicAcls, uploads with a public ACL would fail.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
    """
    by = {grant.granted_by for grant in _public(found)}
    agreed = {f"{parts.ACCESS_POINT} {point.name}" for point in state.access_points if point.policy_public}
    if state.policy_public:
        agreed.add(parts.POLICY)
    return Block(ignore_public_acls=parts.ACL in by, restrict_public_buckets=bool(by & agreed))


def was_read(state: State, correction: Correction) -> bool:
    """Return whether the setting that a correction changes was read."""
    part = parts.ACL if correction.kind == "acl" else parts.BLOCK
    return part not in (*state.unread, *state.failed)


def after_correction(state: State, correction: Correction) -> State:
    """Return the settings as a correction leaves them."""
    if correction.kind == "acl":
        return state.without_grants(correction.replaced["Grants"])
    return replace(state, block=(state.block or Block()) | correction.closed)


def is_made(state: State, correction: Correction) -> bool:
    """Return whether the settings are already as a correction leaves them."""
    return after_correction(state, correction) == state


def describe_correction(correction: Correction, bucket: str, *, dry_run: bool) -> tuple[str, ...]:
    """Describe in words what a correction did and how to revert it, or what it would do."""
    if dry_run:
        return (f"dry run, nothing was changed: would {_describe(correction, 'remove', 'turn')}",)
    return (
        _describe(correction, "removed", "turned"),
        f"to revert this: s3watch remediation revert {bucket}",
    )


def _describe(correction: Correction, remove: str, turn: str) -> str:
    if correction.kind == "acl":
        return f"{remove} the grants to everyone from the ACL"
    left: dict[str, bool] = msgspec.to_builtins(correction.closed)
    names = [name for name, is_on in left.items() if is_on and not correction.replaced.get(name)]
    return f"{turn} on {' and '.join(names)} of the bucket's Block Public Access"
