"""Correlations as they are defined, worked out over all accesses at once: slow, and without any state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from s3watch.correlation import Correlation
from s3watch.ledger.slots import SLOTS, TICKS


class Counted(NamedTuple):
    """A hit as a correlation sees it."""

    rule: str
    name: str  # the same for each record of one request
    time: int  # epoch seconds
    actor: str
    key: str
    size: int


def find_blocks(correlation: Correlation, accesses: Iterable[Counted]) -> set[tuple[str, int]]:
    """Return the actors, and the blocks of the time span's slots, for which a correlation fires."""
    counted = [
        each
        for each in accesses
        if each.rule in correlation.rules and (each.size or correlation.type != "value_sum")
    ]
    slots: dict[str, list[tuple[int, Counted]]] = {}
    for each in counted:
        slots.setdefault(each.actor, []).append((_slot(correlation, each), each))
    found = set()
    for actor, own in slots.items():
        for slot in {at for at, _ in own}:
            window = [each for at, each in own if slot - SLOTS < at <= slot]
            if _measure(correlation, window) >= correlation.least:
                found.add((actor, slot // SLOTS))
    return found


def _slot(correlation: Correlation, access: Counted) -> int:
    return access.time * SLOTS // correlation.timespan


def _measure(correlation: Correlation, window: Sequence[Counted]) -> int:
    match correlation.type:
        case "event_count":
            return len({each.name for each in window})
        case "value_count":
            return len({each.key for each in window})
        case "value_sum":
            return sum({each.name: each.size for each in window}.values())
        case "temporal":
            return len({each.rule for each in window})
    return max(
        length for length in range(len(correlation.rules) + 1) if _has_chain(correlation, window, length)
    )


def _has_chain(correlation: Correlation, window: Sequence[Counted], length: int) -> bool:
    """Return whether there are accesses of the first, the second, ... rule, none before the last."""
    moments = [
        {each.time * SLOTS * TICKS // correlation.timespan for each in window if each.rule == rule}
        for rule in correlation.rules[:length]
    ]
    return any(all(one <= other for one, other in pairwise(chain)) for chain in product(*moments))
