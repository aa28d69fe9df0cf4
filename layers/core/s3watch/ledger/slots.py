"""Slots: what a correlation has seen, by event time, so that it is the same however the records arrive.

A time span is divided into SLOTS slots, aligned to the epoch. A slot holds elements: what has been seen in
it, each once, so that adding is a union of sets, which neither order nor repetition changes. A window is a
slot and the SLOTS - 1 before it: two accesses in one window are less than the time span apart, and any two
that are less than 11/12 of it apart are in one. A correlation fires once in each block of SLOTS slots in
which a window ends that has enough: so it is armed again after a time span, and no late record changes when.

A slot keeps no more elements than it takes to fire, or MOST; beyond MOST, accesses are only counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from s3watch.correlation import Correlation

SLOTS = 12  # in a time span: windows fall short of it by a twelfth at most
MOST = 1000  # elements kept in a slot, 8 bytes each, or 16 of a sum: an item of DynamoDB has 400 KB
TICKS = 60  # in a slot: the finest order that `temporal_ordered` knows, 5 seconds of an hour
DIGEST = 8  # bytes of a text's hash
AMOUNT, LARGEST = 8, 2**64 - 1  # bytes of a number, and the largest of these


class Slot(NamedTuple):
    """What was seen in a slot; `more` is what was counted, or added up, beyond the elements that are kept."""

    elements: frozenset[bytes] = frozenset()
    more: int = 0

    def plus(self, other: Slot) -> Slot:
        """Return both together."""
        return Slot(self.elements | other.elements, self.more + other.more)


type Slots = Mapping[int, Slot]  # by number, from the epoch on


def slot_at(correlation: Correlation, time: float) -> int:
    """Return the number of the slot that an event time, in epoch seconds, falls into."""
    return int(time * SLOTS // correlation.timespan)


def start_of(correlation: Correlation, slot: int) -> float:
    """Return when a slot begins, in epoch seconds."""
    return slot * correlation.timespan / SLOTS


def block_of(slot: int) -> int:
    """Return the number of the block that a slot belongs to."""
    return slot // SLOTS


def digest_of(*texts: str, size: int = DIGEST) -> bytes:
    """Return so many bytes that stand for texts; by default, among the elements of a slot."""
    return sha256("\0".join(texts).encode(errors="surrogatepass")).digest()[:size]


def amount_element(digest: bytes, amount: int) -> bytes:
    """Return the element of an access whose amount is added up, or of the largest amount that fits."""
    return digest + min(amount, LARGEST).to_bytes(AMOUNT)


def rule_element(correlation: Correlation, rule: int, time: float) -> bytes:
    """Return the element of an access of one of the rules, by its number; if order counts, with its tick."""
    if correlation.type != "temporal_ordered":
        return bytes((rule,))
    return bytes((rule, int(time * SLOTS * TICKS // correlation.timespan) % TICKS))


def _room(correlation: Correlation) -> int:
    """Return how many elements a slot keeps: as many as fire by themselves, or MOST."""
    if correlation.type in ("temporal", "temporal_ordered"):
        return len(correlation.rules) * TICKS  # there are no more
    return MOST if correlation.type == "value_sum" else min(correlation.least, MOST)


def fit(correlation: Correlation, known: Slot, added: Slot) -> Slot:
    """Return what has to be added to what a slot has: new elements while there is room, others as a number.

    That number only matters where the elements that are kept may not be enough to fire.
    """
    new = sorted(added.elements - known.elements)
    room = max(_room(correlation) - len(known.elements), 0)
    is_enough = correlation.type != "value_sum" and correlation.least <= MOST
    return Slot(frozenset(new[:room]), 0 if is_enough else added.more + sum(map(_weight, new[room:])))


def _weight(element: bytes) -> int:
    return int.from_bytes(element[DIGEST:]) if len(element) > DIGEST else 1


def find_true(correlation: Correlation, slots: Slots, block: int) -> dict[int, int]:
    """Return the slots of a block at whose end there is enough in the window, each with how much."""
    found = {}
    for slot in range(block * SLOTS, (block + 1) * SLOTS):
        if slot in slots:
            window = [(each, slots[each]) for each in range(slot - SLOTS + 1, slot + 1) if each in slots]
            if (much := measure(correlation, window)) >= correlation.least:
                found[slot] = much
    return found


def measure(correlation: Correlation, window: Sequence[tuple[int, Slot]]) -> int:
    """Return how much a window has of what a correlation counts."""
    if correlation.type == "temporal_ordered":
        return _longest_chain(correlation, window)
    elements = frozenset[bytes]().union(*(slot.elements for _, slot in window))
    more = sum(slot.more for _, slot in window)
    if correlation.type != "value_sum":
        return len(elements) + more
    amounts: dict[bytes, int] = {}
    for element in elements:  # two records of one access may tell different amounts
        digest = element[:DIGEST]
        amounts[digest] = max(amounts.get(digest, 0), _weight(element))
    return sum(amounts.values()) + more


def _longest_chain(correlation: Correlation, window: Sequence[tuple[int, Slot]]) -> int:
    """Return how many of the first rules have accesses one after another, in the rules' order."""
    by_rule: dict[int, list[int]] = {}
    for rule, tick in _ticks(window):
        by_rule.setdefault(rule, []).append(tick)
    last = -1
    for number in range(len(correlation.rules)):
        later = [tick for tick in by_rule.get(number, ()) if tick >= last]
        if not later:
            return number
        last = min(later)
    return len(correlation.rules)


def _ticks(window: Sequence[tuple[int, Slot]]) -> Iterator[tuple[int, int]]:
    for number, slot in window:
        for rule, tick in slot.elements:
            yield rule, number * TICKS + tick
