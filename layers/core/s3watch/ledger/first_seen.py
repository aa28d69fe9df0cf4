"""Remembers with which labels, networks and clients actors were seen, and says of an access what is new.

What is remembered are the accesses that detections match, whether an exception silences them or not: of all
others nobody draws any facts. The windows of a name are a set, to which they are added without being read, so
that order, repetition and concurrent writers change nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import NamedTuple

from s3watch.detection import conditions
from s3watch.detection.matcher import Hit, Result, RuleFailure
from s3watch.earlier import SPAN, Earlier, Kind, judge, window_of
from s3watch.errors import describe
from s3watch.facts.access import Access
from s3watch.ledger.evidence import grouping_label
from s3watch.ledger.principals import about_access, accountable
from s3watch.ledger.slots import digest_of
from s3watch.ledger.store import Store
from s3watch.ruleset import Detection
from s3watch.times import WINDOW

NAME = 16  # bytes: callers choose their networks and clients, and nobody finds two with one name
# Of a batch: each takes a read of two items and a write of one, and who calls by many programs or networks
# is not known by them
MOST_TRAITS = 300
REMEMBERED = 20_000  # traits whose windows a process keeps: those of a busy day
MOST_WINDOWS = 8  # of a trait, besides new ones: two days, since log files follow events within the hour
NOT_YET = 2**62  # a window that never comes
BEGUN = "begun"  # the key of the first window of which anything is remembered; it has no block
UNKNOWN_CLIENT = "unknown"


_NONE = frozenset[int]()

type Trait = tuple[str, Kind, str]  # an actor, and one label, network or client that it was seen with


class Asked(NamedTuple):
    """An access of which something can be said: when it was, and what it is compared by."""

    access: Access
    window: int
    traits: tuple[Trait, ...]


class FirstSeen:
    """The memory of a rule set's hits, and the detections that ask for it."""

    def __init__(self, detections: Iterable[Detection], store: Store) -> None:
        """Prepare the memory in a store, and those detections that test more than the access alone."""
        self._store = store
        self._tests = {each.rule: conditions.compile(each.whole) for each in detections if each.whole}
        self._latest: dict[Trait, dict[int, int | None]] = {}  # by window: the latest one before it
        self._answers: dict[tuple[tuple[Trait, ...], int], Earlier] = {}  # until something is learned
        self._begun = NOT_YET

    def judge(self, asked: Sequence[Asked]) -> None:
        """Remember accesses, and set `earlier` of each; all of them count as having arrived before any.

        Raises UnavailableError; then all of them can be asked about again, without effect on the answers.
        """
        answers = self._answers
        for access, window, traits in asked:
            known = answers.get((traits, window))
            if known is None:  # and what comes with it may be earlier than the others
                self._judge(asked)
                return
            access.earlier = known

    def _judge(self, asked: Sequence[Asked]) -> None:
        self._begin(min(each.window for each in asked))
        wanted: dict[Trait, set[int]] = defaultdict(set)
        for each in asked:
            for trait in each.traits:
                if trait in wanted or len(wanted) < MOST_TRAITS or trait in self._latest:
                    wanted[trait].add(each.window)
        unknown = {trait: seen for trait, seen in wanted.items() if not self._knows(trait, seen)}
        while unknown:
            unknown = {} if self._learn(unknown) else wanted
        for access, window, traits in asked:
            known = {each[1]: self._latest[each][window] for each in traits if each in wanted}
            access.earlier = self._answers[traits, window] = judge(window, self._begun, known)

    def test(self, results: Sequence[Result]) -> Sequence[Result]:
        """Return results without the detections that an access does not fulfil, now that it is judged."""
        if not self._tests:
            return results
        return [left for result in results for left in self._test(result)]

    def _test(self, hit: Result) -> Iterator[Result]:
        if isinstance(hit, RuleFailure):
            yield hit
            return
        left = list[Detection]()
        for detection in hit.detections:
            test = self._tests.get(detection.rule)
            try:
                if test is None or test(hit.access):
                    left.append(detection)
            except Exception as error:  # noqa: BLE001  # as in the matcher: reported, and hides no other
                yield RuleFailure(detection.rule, hit.access.record.event_id, describe(error))
        if left:
            yield Hit(hit.access, tuple(left))

    def _knows(self, trait: Trait, windows: set[int]) -> bool:
        return windows <= self._latest.get(trait, {}).keys()

    def _begin(self, window: int) -> None:
        """Begin with this window, if nothing earlier is remembered."""
        if window < self._begun:
            known = self._store.seen([BEGUN])[BEGUN]
            self._begun = min([*known, window])
            self._answers.clear()
            if self._begun not in known:
                self._store.add_seen(BEGUN, [window], None)

    def _learn(self, wanted: Mapping[Trait, set[int]]) -> bool:
        """Read what is remembered of traits, add these windows to it, and keep what came before each.

        Returns False if what was read before is forgotten: it was too much, or somebody filled the memory
        with what came before it all.
        """
        self._answers.clear()
        keys = {trait: keys_of(trait, windows) for trait, windows in wanted.items()}
        known = self._store.seen([BEGUN, *chain.from_iterable(map(dict.values, keys.values()))])
        begun = min(known[BEGUN], default=self._begun)
        if forgets := begun < self._begun or len(self._latest) > REMEMBERED:
            self._begun = begun
            self._latest.clear()
        for trait, windows in wanted.items():
            seen = _NONE.union(*[known[key] for key in keys[trait].values()])
            for block, new in groupby(sorted(windows - seen), block_of):
                self._store.add_seen(keys[trait][block], list(new), expiry_of(block))
            seen_in_order = sorted(seen | windows)
            self._latest[trait] = {
                window: _latest(seen_in_order, window) for window in windows | self._kept(trait, windows)
            }
        return not forgets

    def _kept(self, trait: Trait, windows: set[int]) -> set[int]:
        """Return the windows of a trait to keep beside new ones: those compared with the same blocks."""
        if not (known := self._latest.get(trait)):
            return set()
        blocks = set(map(block_of, windows))
        return set(sorted(window for window in known if block_of(window) in blocks)[-MOST_WINDOWS:])


def keys_of(trait: Trait, windows: Iterable[int]) -> dict[int, str]:
    """Return the blocks that have these windows and all those they are compared with, and their keys."""
    name = digest_of(*trait, size=NAME).hex()
    blocks = set(map(block_of, windows))
    return {block: f"{name}#{block}" for block in {*blocks, *(each - 1 for each in blocks)}}


def block_of(window: int) -> int:
    """Return the number of the block that a window belongs to."""
    return window // SPAN


def expiry_of(block: int) -> float:
    """Return when nothing is compared with a block any more, in epoch seconds."""
    return (block + 2) * SPAN * WINDOW


def expiry_of_key(key: str) -> float | None:
    """Return when what is stored under a key is not needed any more; None: never."""
    return None if key == BEGUN else expiry_of(int(key.rpartition("#")[2]))


def _latest(seen: Sequence[int], window: int) -> int | None:
    """Return the latest of some windows in their order that a window is compared with."""
    at = bisect_left(seen, window) - 1
    return seen[at] if at >= 0 and seen[at] >= window - SPAN else None


def ask(results: Iterable[Result], now: float) -> list[Asked]:
    """Return the accesses of hits with what they are compared by; without an event time, `now` is theirs."""
    return [_asked(each.access, now) for each in results if isinstance(each, Hit)]


def _asked(access: Access, now: float) -> Asked:
    window = window_of(access.time or now)
    if access.principal_type == "unknown":
        return Asked(access, window, ())
    actor, label = accountable(access), grouping_label(access)
    traits: list[Trait] = [(actor, "label", f"label {label.name}" if label else about_access(access))]
    if network := access.vpce if access.network_kind == "vpce" else access.country:
        traits.append((actor, "network", network))
    if access.client != UNKNOWN_CLIENT:
        traits.append((actor, "client", access.client))
    return Asked(access, window, tuple(traits))
