"""First seen as it is defined, worked out over all that has arrived: slow, and without any state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from s3watch.earlier import LEARNING, SPAN, UNKNOWN, Earlier


class Came(NamedTuple):
    """An access as the memory sees it: when, by whom, to what, from where."""

    window: int
    actor: str
    label: str
    network: str
    client: str


def judge(came: Came, arrived: Sequence[Came]) -> Earlier:
    """Say what is new about an access, of which `arrived` is all that came before, with it, or as a copy."""
    own = [
        each
        for each in arrived
        if each.actor == came.actor and came.window - SPAN <= each.window < came.window
    ]
    has_learned = came.window - min(each.window for each in arrived) >= LEARNING
    to_label = [each.window for each in own if each.label == came.label]
    networks, clients = {each.network for each in own}, {each.client for each in own}
    if not (has_learned or to_label or came.network in networks or came.client in clients):
        return UNKNOWN
    return Earlier(
        first_seen=_new(bool(to_label), has_learned),
        last_seen_days=(came.window - max(to_label)) // 4 if to_label else None,
        new_network=_new(came.network in networks, has_learned),
        new_client=_new(came.client in clients, has_learned),
    )


def _new(seen: bool, has_learned: bool) -> bool | None:
    return False if seen else True if has_learned else None
