"""Verdicts: what somebody decided that an alert is, kept with its group, and what is told after that.

`expected` and `false-positive` close an alert: its roll-ups end. Hits still count; what is worse than all
that was said is told at once and overtakes the verdict; anything else that came since is told when the group
ends. A verdict judges what was said when it was given: one that meets another message is not stored.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from s3watch.alerts.alert import Verdict
from s3watch.errors import BusyError, ConflictError, RefusedError
from s3watch.ledger.groups import Group, closes_at, next_due
from s3watch.ledger.store import Store

ATTEMPTS = 50  # to make one write; each conflict means that another writer succeeded


def give_verdict(store: Store, seen: Group, verdict: Verdict, now: float) -> Group:
    """Store a verdict on a group as somebody has `seen` it; returns the group as it is then.

    Raises RefusedError if a message was written since, or the group is gone; UnavailableError.
    """
    return decide(store, seen, lambda group: judge(group, verdict, now), now)


def decide(store: Store, seen: Group, change: Callable[[Group], Group], now: float) -> Group:
    """Store what somebody decided about a group as they have `seen` it; raises as `give_verdict` does.

    `change` may raise RefusedError of the group as it is.
    """
    current: Group | None = seen
    for _ in range(ATTEMPTS):
        if current is None:
            raise RefusedError(f"{seen.id}: the alert is not there any more")
        if current.sequence != seen.sequence:
            raise RefusedError(f"{seen.id}: a message about it was just written; look at it, then judge")
        decided = change(current)
        try:
            store.judge(current, decided, now)
        except ConflictError:
            current = store.group(seen.id)
        else:
            return decided
    raise BusyError(f"too many concurrent writes to group {seen.id}")


def judge(group: Group, verdict: Verdict, now: float) -> Group:
    """Return the group with a verdict; it stays due at its end, and a roll-up is not put off."""
    said = group.told
    about = replace(verdict, count=said.sums.count, acts=tuple(said.sums.acts), rules=said.rules)
    judged = replace(group, verdict=about)
    due = next_due(judged, now)
    if group.due is not None and not (judged.is_quiet and now < closes_at(group)):
        due = group.due if due is None else min(group.due, due)
    return replace(judged, due=due)
