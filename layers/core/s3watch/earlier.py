"""What earlier accesses say of one: whether it is the first of its actor to a label, or from a network.

Time is counted in the windows that group alerts, six hours each. An access is compared with the windows
before its own, so that neither its copies nor others of its group make it look like one seen before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from s3watch.times import DAY, WINDOW

SPAN = int(90 * DAY / WINDOW)  # windows looked back: a quarter, so that what is done quarterly is known
LEARNING = int(14 * DAY / WINDOW)  # windows before anything is called new: two weeks show weekly habits
DAYS = SPAN * WINDOW / DAY

Kind = Literal["label", "network", "client"]  # of what an actor may have been seen with
type Latest = Mapping[Kind, int | None]  # the latest earlier window with the same one; None: there is none


class Earlier(Struct, frozen=True, omit_defaults=True, gc=False):
    """What is known of earlier accesses of the same actor; None is unknown, also while it is learned."""

    first_seen: bool | None = None  # no earlier one to the label
    last_seen_days: int | None = None  # since the last one to it, in whole days; None also if there is none
    new_network: bool | None = None  # none from the country or VPC endpoint, to whatever label
    new_client: bool | None = None  # none by the program


UNKNOWN = Earlier()


def window_of(time: float) -> int:
    """Return the number of the window that an event time, in epoch seconds, falls into."""
    return int(time // WINDOW)


def judge(window: int, begun: int, latest: Latest) -> Earlier:
    """Say what is new about an access; `begun` is the first window of which anything is remembered.

    What was seen is certain at once, what was not only after LEARNING.
    """
    has_learned = window - begun >= LEARNING
    if not has_learned and all(each is None for each in latest.values()):
        return UNKNOWN
    seen = latest.get("label")
    return Earlier(
        first_seen=_is_new(latest, "label", has_learned=has_learned),
        last_seen_days=None if seen is None else int((window - seen) * WINDOW // DAY),
        new_network=_is_new(latest, "network", has_learned=has_learned),
        new_client=_is_new(latest, "client", has_learned=has_learned),
    )


def _is_new(latest: Latest, kind: Kind, *, has_learned: bool) -> bool | None:
    if kind not in latest:
        return None
    return latest[kind] is None if has_learned or latest[kind] is not None else None
