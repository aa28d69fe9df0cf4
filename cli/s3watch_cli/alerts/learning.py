"""Fills what a stack remembers of earlier accesses from history, so that the first day is a quiet one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from s3watch.earlier import LEARNING
from s3watch.ledger.first_seen import BEGUN, expiry_of_key
from s3watch.text import count
from s3watch.times import DAY, WINDOW

from s3watch_cli.alerts.listing import Place
from s3watch_cli.attach.aws_errors import translate_errors_of_library
from s3watch_cli.output import note


def learn(place: Place, seen: Mapping[str, frozenset[int]], *, write: bool) -> None:
    """Say what is to be remembered, and write it to the table of a stack; what is there is kept.

    Raises RefusedError if the table cannot be reached; then it can be written again.
    """
    now = time.time()
    kept = {key: windows for key, windows in seen.items() if (expiry_of_key(key) or now) >= now}
    names = {key.rpartition("#")[0] for key in kept if key != BEGUN}
    note(f"{count(len(names), 'pair')} of an actor and a label, network or program; {_reach(seen, now)}")
    if not write:
        note("only shown: --write writes it")
        return
    store, _, table = place.open()
    with translate_errors_of_library(f"the table {table}"):
        for key, windows in kept.items():
            store.add_seen(key, windows, expiry_of_key(key))
    note(f"written to {table}")


def _reach(seen: Mapping[str, frozenset[int]], now: float) -> str:
    """Say since when it is remembered, and whether that is long enough to call anything new."""
    if not seen:
        return "no record was matched by a detection"
    begun = min(seen[BEGUN]) * WINDOW
    left = begun + LEARNING * WINDOW - now
    until = f", learned in {count(int(-(-left // DAY)), 'day')}" if left > 0 else ""
    return f"since {datetime.fromtimestamp(begun, UTC):%Y-%m-%d}{until}"
