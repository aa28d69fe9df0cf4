"""Correlates hits: adds them to the slots of their correlations, and records that a correlation fires.

Up to slots.MOST, whatever a hit means to a correlation can be added again without effect, so a batch that
comes twice, or of which only a part was recorded, changes nothing. What is in a slot is written before its
neighbours are read: of two writers that complete a window together, the later one sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from s3watch.alerts.alert import Correlated
from s3watch.correlation import Correlation
from s3watch.detection.exceptions import Silencing
from s3watch.detection.field_values import elements, text_of
from s3watch.detection.matcher import Hit, Result, RuleFailure
from s3watch.errors import UnavailableError, describe
from s3watch.facts.access import Access
from s3watch.facts.field_paths import getter
from s3watch.ledger.claims import name_of
from s3watch.ledger.counters import Sums
from s3watch.ledger.evidence import tally
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.principals import group_key
from s3watch.ledger.slots import (
    SLOTS,
    Slot,
    Slots,
    amount_element,
    block_of,
    digest_of,
    find_true,
    fit,
    rule_element,
    slot_at,
    start_of,
)
from s3watch.ruleset import Detection

WAY = "correlations"
# Of a batch, each with four calls of some milliseconds: more are opened by a caller who chooses what is
# grouped by, and are counted together, rather than not in time
MOST_SERIES = 1000
OVERFLOW = ("",)  # which no value is: they are JSON
NAME = 16  # bytes: callers choose what is grouped by, and nobody finds two with one name
REMEMBERED = 1000  # of what has fired: a claim that is taken costs a write each time

# Applies exceptions and trials to a correlation's hit; the list gets what silences it
type Keep = Callable[[Hit, list[Silencing]], Hit | None]


class Seen(NamedTuple):
    """A hit of a detection, or of a correlation, that correlations may count."""

    rule: str
    time: float  # epoch seconds
    name: str  # the same for each record of the access, or each time the correlation is found to fire
    access: Access  # of a correlation, the last one that it counted in this batch


class Correlator:
    """Feeds the correlations of a rule set."""

    def __init__(self, detections: Iterable[Detection]) -> None:
        """Prepare the correlations among some detections; those that count correlations come last."""
        pairs = [(each, each.correlation) for each in detections if each.correlation]
        rules = {each.rule for each, _ in pairs}
        self._correlations = sorted(pairs, key=lambda pair: not rules.isdisjoint(pair[1].rules))
        self._counted = frozenset(rule for _, each in pairs for rule in each.rules)
        self._fired: dict[str, None] = {}

    def feed(
        self, hits: Iterable[Hit], ledger: Ledger, keep: Keep, now: float, silenced: list[Silencing]
    ) -> Iterator[Result]:
        """Add hits to the slots and record what fires; yields its hits, and the correlations that fail.

        `silenced` gets what silences a correlation. Raises UnavailableError; then all that was to be added
        can be added again.
        """
        seen = [
            Seen(each.rule, hit.access.time or now, name_of(hit.access), hit.access)
            for hit in hits
            for each in hit.detections
            if each.rule in self._counted
        ]
        for detection, correlation in self._correlations if seen else ():
            for each in _by_series(detection, correlation, seen):
                step = _Step(each, correlation, ledger, keep, now, silenced, self._fired)
                try:
                    seen += step.run()
                    yield from step.recorded
                except UnavailableError:
                    raise
                except Exception as error:  # noqa: BLE001  # reported, and does not hide other series
                    yield RuleFailure(detection.rule, each.seen[-1].access.record.event_id, describe(error))


class Series(NamedTuple):
    """What a correlation counts together: accesses with the same values of the fields it groups by."""

    detection: Detection
    values: tuple[str, ...]
    seen: list[Seen]

    @property
    def key(self) -> str:
        """The name of its slots, without the block."""
        return key_of(self.detection.rule, self.values)


def key_of(rule: str, values: tuple[str, ...]) -> str:
    """Return the name of the slots of a correlation and of the values that it groups by, each as JSON."""
    return digest_of(rule, *values, size=NAME).hex()


def claim_of_block(key: str, block: int) -> str:
    """Return the name by which a correlation fires once in a block."""
    return digest_of("correlation", key, str(block), size=NAME).hex()


@dataclass(frozen=True, slots=True)
class _Step:
    """The accesses of one batch that are added to one series."""

    series: Series
    correlation: Correlation
    ledger: Ledger
    keep: Keep
    now: float
    silenced: list[Silencing]
    fired: dict[str, None]  # by the name of its claim
    recorded: list[Hit] = field(default_factory=list)

    def run(self) -> Iterator[Seen]:
        """Add them; yields that the correlation fires, for correlations of correlations."""
        slots = dict[int, Slot]()
        for each in self.series.seen:
            number = slot_at(self.correlation, each.time)
            slots[number] = slots.get(number, Slot()).plus(_slot_of(self.correlation, each))
        written = {block: self._add(block, slots) for block in sorted({*map(block_of, slots)})}
        newest = next(reversed(written))  # of the others, another writer may have added more since
        for block in sorted({*written, *(block + 1 for block in written)}):  # windows reach into the next one
            around = [written[at] if at == newest else self._read(at) for at in (block - 1, block)]
            if true := find_true(self.correlation, {**around[0], **around[1]}, block):
                counted = self._counted_in(true)
                self._fire(block, counted, max(true.values()))
                name = f"{self.series.key} {block}"
                for slot in true:
                    start = start_of(self.correlation, slot)
                    yield Seen(self.series.detection.rule, start, name, counted[0])

    def _counted_in(self, true: Collection[int]) -> list[Access]:
        """Return the accesses that are in windows with enough, the latest first; all of them if none is."""
        latest = sorted(self.series.seen, key=lambda each: -each.time)
        within = [
            each.access
            for each in latest
            if any(slot - SLOTS < slot_at(self.correlation, each.time) <= slot for slot in true)
        ]
        return within or [each.access for each in latest]

    def _read(self, block: int) -> Slots:
        return self.ledger.store.slots(f"{self.series.key}#{block}")

    def _add(self, block: int, slots: Slots) -> Slots:
        """Add what is new to the slots of a block; returns all that is in them."""
        known = self._read(block)
        fitted = {
            number: fit(self.correlation, known.get(number, Slot()), slot)
            for number, slot in slots.items()
            if block_of(number) == block
        }
        added = {number: slot for number, slot in fitted.items() if slot != Slot()}
        key = f"{self.series.key}#{block}"
        return self.ledger.store.add_to_slots(key, added, self.now) if added else known

    def _fire(self, block: int, counted: Sequence[Access], much: int) -> None:
        """Record that the correlation fires, once for each block: what it counts was recorded by itself."""
        claim = claim_of_block(self.series.key, block)
        if claim in self.fired or not (hit := self._find_hit(counted, claim)):
            return
        added = tally([hit])
        found = Correlated(
            self.series.detection.rule, self.correlation.type, much, self.correlation.timespan,
            self.correlation.field,
        )  # fmt: skip
        told = replace(added, sums=Sums(), keys=(), evidence=replace(added.evidence, correlated=found))
        self.ledger.record_tally(group_key(hit.access, self.now), claim, told, WAY, self.now)
        if len(self.fired) >= REMEMBERED:
            self.fired.clear()
        self.fired[claim] = None
        self.recorded.append(hit)

    def _find_hit(self, counted: Sequence[Access], claim: str) -> Hit | None:
        """Return the hit of the latest access that nothing silences; None if each is silenced.

        What silences the latest ones then counts once for each `claim`.
        """
        silenced = list[Silencing]()
        for access in counted:
            if hit := self.keep(Hit(access, (self.series.detection,)), silenced):
                return hit
        once = {each.name: each._replace(once=claim) for each in reversed(silenced)}
        self.silenced.extend(once.values())
        return None


def _by_series(detection: Detection, correlation: Correlation, seen: Iterable[Seen]) -> list[Series]:
    """Return what counts together; accesses without a value of a field it groups by are left out."""
    series: dict[tuple[str, ...], Series] = {}
    for each in seen:
        if each.rule in correlation.rules:
            found = [_text(correlation, name, each) for name in correlation.group_by]
            values = tuple([text for text in found if text is not None])
            if len(values) < len(found):
                continue
            known = values if values in series or len(series) < MOST_SERIES else OVERFLOW
            series.setdefault(known, Series(detection, known, [])).seen.append(each)
    return list(series.values())


def _slot_of(correlation: Correlation, seen: Seen) -> Slot:
    """Return what one access adds to its slot."""
    if correlation.type == "event_count":
        return Slot(frozenset({digest_of(seen.name)}))
    if correlation.type in ("temporal", "temporal_ordered"):
        numbers = (number for number, rule in enumerate(correlation.rules) if rule == seen.rule)
        return Slot(frozenset(rule_element(correlation, number, seen.time) for number in numbers))
    found = _values(correlation, correlation.field, seen)
    if correlation.type == "value_count":
        return Slot(frozenset(digest_of(text_of(each)) for each in found))
    amounts = [int(each) for each in found if isinstance(each, int | float) and each > 0]
    return Slot(frozenset({amount_element(digest_of(seen.name), sum(amounts))} if amounts else ()))


def _values(correlation: Correlation, name: str, seen: Seen) -> list[Any]:
    return list(elements(getter(correlation.field_of(name, seen.rule))(seen.access)))


def _text(correlation: Correlation, name: str, seen: Seen) -> str | None:
    """Return what accesses are grouped by in a field; None if it has no value."""
    found = sorted(map(text_of, _values(correlation, name, seen)))
    return msgspec.json.encode(found).decode() if found else None
