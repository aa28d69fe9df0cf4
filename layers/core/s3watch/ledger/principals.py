"""Which group a hit belongs to, and how many groups its principal may open.

A caller may choose names: source identities, names of federated users and of sessions. So groups, and the
turns of messages and of batch deletes, go by the principal that AWS vouches for, in its account.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from s3watch.canary import NAME as CANARY
from s3watch.facts.access import Access
from s3watch.ledger.evidence import grouping_label, resource_of
from s3watch.ledger.groups import group_id
from s3watch.ruleset import rank
from s3watch.times import WEEKS, WINDOW, window_start

MOST_GROUPS = 50  # that a principal opens in an hour, more than anybody reads; the rest is one group
HOUR = 3600.0  # seconds
MOST_OWNERS = 5  # of a bucket: more would not read it as their own
REMEMBERED = 4096  # callers and what they touch: the same ones come again and again


class GroupKey(Struct, frozen=True, gc=False):
    """The group that a hit belongs to (its id), and the label and owner that a new group gets."""

    group: str
    label: str
    owner: str
    turns: str = ""  # counts the groups that the principal opens in an hour; empty: they are not limited
    of_overflow: tuple[str, ...] = ()  # what the group for hits of a principal with too many is named by
    start: float = 0  # epoch seconds, of the window
    window: float = WINDOW  # seconds

    @property
    def overflow(self) -> str:
        """The group for hits of a principal that has opened too many: few ever do."""
        return _id_of(self.of_overflow, self.start)


def group_key(access: Access, now: float) -> GroupKey:
    """Return the group of an access; without an event time, `now` counts as its time."""
    label = grouping_label(access)
    if label and label.name == CANARY and access.expected:
        start, request = window_start(access.time or now), access.dedupe_key[0] or ""
        return GroupKey(canary_group(request, start), CANARY, label.owner, start=start)
    about = f"label {label.name}" if label else about_access(access)
    principal, time, window = accountable(access), access.time or now, window_of(access, access.outcome)
    return GroupKey(
        group=caller_group(access, about, time),
        label=label.name if label else "",
        owner=label.owner if label else owners_of_bucket(access),
        turns=turns_of(principal, time),
        of_overflow=(principal, "overflow", access.outcome),
        start=window_start(time, window),
        window=window,
    )


def window_of(access: Access, outcome: str) -> float:
    """Return how many seconds of event time a group covers: weeks of what strangers reach, a state."""
    is_stranger = access.principal_type == "anonymous" or access.cross_account
    return WEEKS if is_stranger and outcome == "success" else WINDOW


def canary_group(request: str, time: float) -> str:
    """Return the id of the group of a scheduled read of the canary, which has no other access."""
    return _id_of(("canary", request), window_start(time))


def owners_of_bucket(access: Access) -> str:
    """Return who owns what a bucket may hold, the owner of the most severe label first."""
    labels = sorted(access.bucket_labels, key=lambda label: rank(label.severity), reverse=True)
    owners = list(dict.fromkeys(label.owner for label in labels if label.owner))
    return ", ".join(owners[:MOST_OWNERS])


def overflow_key(key: GroupKey) -> GroupKey:
    """Return the key of the group for what a principal may not open a group for."""
    return replace(key, group=key.overflow, label="", owner="")


def about_access(access: Access) -> str:
    """Return what an access without a label is grouped by: its bucket, or the resource it acted on."""
    return f"bucket {access.bucket}" if access.bucket else f"resource {resource_of(access)}"


def caller_group(access: Access, about: str, time: float, outcome: str = "") -> str:
    """Return the id of the group of what a caller does to something: principal, actor, outcome and window."""
    caller = (f"{access.caller_account or ''}/{access.principal}", access.actor)
    outcome = outcome or access.outcome
    return _id_of((*caller, about, outcome), window_start(time, window_of(access, outcome)))


@lru_cache(maxsize=REMEMBERED)
def _id_of(parts: tuple[str, ...], start: float) -> str:
    return group_id(parts, start)


def accountable(access: Access) -> str:
    """Return who is accountable for an access: the actor if AWS verified it, else the principal.

    A federated user's name is chosen by whoever made the session, who is accountable for all of them. The
    account is part of it, since names are unique in their account only.
    """
    anybody = "federated" if access.caller.claim_source == "federation token" else access.principal
    principal = access.actor if access.caller.actor_verified else access.caller.issuer or anybody
    return f"{access.caller_account or ''}/{principal}"


@lru_cache(maxsize=REMEMBERED)
def turns_of(principal: str, time: float) -> str:
    """Return the name of the counter of a principal's turns in the hour of an event."""
    digest = hashlib.sha256(principal.encode(errors="replace")).hexdigest()[:32]
    return f"{digest}#{int(time // HOUR)}"
