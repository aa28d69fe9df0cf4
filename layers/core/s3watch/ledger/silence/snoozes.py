"""Snoozes: a group's roll-ups and its end are held until a time that somebody chose, and then told in one.

Hits count meanwhile. What cannot wait (see news.py) goes at once as ever: a snooze only puts off what is no
worse than all that was said. It is about one group: its caller, its label and its six hours.
"""

from __future__ import annotations

from msgspec.structs import replace

from s3watch.alerts.alert import Snooze
from s3watch.errors import RefusedError
from s3watch.ledger.groups import Group, next_due
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import decide

LONGEST = 86400.0  # seconds: a group lasts six hours, and whoever holds its end must see it the next day


def snooze_group(store: Store, seen: Group, snooze: Snooze, now: float) -> Group:
    """Hold the messages of a group as somebody has `seen` it; returns the group as it is then.

    A snooze that is over already ends the one before it. Raises RefusedError if a message was written since,
    or the group is gone or has ended; UnavailableError.
    """
    return decide(store, seen, lambda group: _hold(group, snooze, now), now)


def _hold(group: Group, snooze: Snooze, now: float) -> Group:
    if group.closed:
        raise RefusedError(f"{group.id}: the alert has ended, there is nothing to hold")
    held = replace(group, snooze=snooze)
    return replace(held, due=next_due(held, now))
