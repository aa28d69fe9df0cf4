"""The laws: what must hold of every run, whatever fails, and which of it was broken."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice, takewhile
from operator import itemgetter

from s3watch.alerts.alert import PATIENT
from s3watch.ledger.messages import next_morning
from s3watch.ruleset import SEVERITIES

from tests.simulation import callers, correlated, silenced, system
from tests.simulation.plan import START, clock
from tests.simulation.topics import Said
from tests.simulation.truth import Told
from tests.simulation.world import World

LARGEST_ITEM = 64 * 1024  # bytes
LARGEST_MESSAGE = 256 * 1024  # SNS's limit
FAULTS = 600.0  # seconds by which calls that fail may delay a message, however many they are
RECOVERY = 180.0  # seconds after an outage


@dataclass(frozen=True, slots=True)
class Violation:
    """One law broken: its name, what happened, and when in the run."""

    law: str
    at: float
    text: str
    hits: int = 1  # that it is about, at least

    def __str__(self) -> str:
        return f"{self.law} at {clock(self.at)}: {self.text}"


def violations(world: World) -> list[Violation]:
    """Hold all laws against a run that has ended, the earliest violation first."""
    groups = world.truth.told()
    found = [
        *_accounted(world),
        *_within_size(world),
        *_never_twice(world),
        *(Violation("not correlated", world.scheduler.now, text) for text in correlated.missing(world)),
        *(Violation("correlated", world.scheduler.now, text) for text in correlated.invented(world)),
        *(Violation("miscounted", world.scheduler.now, text) for text in silenced.miscounted(world)),
        *(broken for hits in _subjects(groups) for broken in _told(world, hits)),
    ]
    return sorted(found, key=lambda violation: violation.at)


def _accounted(world: World) -> Iterator[Violation]:
    """Every record is clean, excluded, hit, failed, held, a dead letter or still in its queue."""
    for at, text in world.crashes:
        yield Violation("crash", at, text)
    for at, text in world.unbalanced:
        yield Violation("unbalanced", at, text)
    end = world.scheduler.now
    sent = {(arrival.act.number, part) for arrival in world.plan.arrivals for part in arrival.parts}
    lost = sorted(sent - world.truth.accepted.keys() - world.truth.buried.keys())
    waiting = sum(len(queue.messages) for queue in world.queues.values())
    if lost and not waiting:
        yield Violation("record lost", end, f"{len(lost)} records, the first of act {lost[0][0]}", len(lost))
    if waiting:
        yield Violation("never accepted", end, f"{waiting} messages are still in their queues", waiting)


def _within_size(world: World) -> Iterator[Violation]:
    for kind, size in world.largest.items():
        if size > LARGEST_ITEM:
            yield Violation("too large", world.scheduler.now, f"an item of a {kind} has {size:,} bytes")
    for published in world.topics.published:
        if published.size > LARGEST_MESSAGE:
            yield Violation(
                "too large", published.at, f"a message to {published.topic}: {published.size:,} bytes"
            )


def _never_twice(world: World) -> Iterator[Violation]:
    for published, name in world.topics.doubles()[1]:
        text = f"{published.worker} publishes {name} to {published.topic} again, and nobody had died"
        yield Violation("double", published.at, text)


# ---- what must be told, by when ----


def _subjects(groups: dict[str, list[Told]]) -> list[list[Told]]:
    """Return the hits by what tells of them: their group; the principal, if it has too many groups."""
    principals: dict[str, list[Told]] = {}
    numbers = Counter((hits[0].due.seen.principal, _hour(hits[0])) for hits in groups.values())
    crowded = {principal for (principal, _), number in numbers.items() if number > system.MOST_GROUPS}
    for group, hits in groups.items():
        principal = hits[0].due.seen.principal
        principals.setdefault(principal if principal in crowded else group, []).extend(hits)
    return [sorted(hits, key=lambda told: told.accepted) for hits in principals.values()]


def _told(world: World, hits: Sequence[Told]) -> Iterator[Violation]:
    """Every hit is counted on every topic in time, no more is than there are, and the worst act is named."""
    news = _news(hits)
    is_crowd = len({told.due.seen.group for told in hits}) > 1
    subject = hits[0].due.seen.principal if is_crowd else hits[0].due.seen.group
    for topic in system.TOPICS:
        said = world.topics.said(topic, principals=is_crowd).get(subject, [])
        yield from _counted(world, topic, hits, news, said)
        yield from _named(world, topic, hits, news, said)
        yield from _not_more(topic, hits, said)


@dataclass(frozen=True, slots=True)
class News:
    """Why a hit must be told at once: a new group, a worse act, a higher severity, a first detection."""

    is_worse: bool
    is_urgent: bool


def _news(hits: Sequence[Told]) -> list[News]:
    """Compare each hit with all that the ledger may have had before it was accepted."""
    by_receipt = sorted(hits, key=lambda told: told.received)
    news, index, best = list[News](), 0, _Best()
    for told in hits:
        while index < len(by_receipt) and by_receipt[index].received <= told.accepted:
            best.add(by_receipt[index])
            index += 1
        news.append(best.compare(told))
    return news


class _Best:
    """Which acts had each rank, level and rule, so that an act can be compared with the others."""

    def __init__(self) -> None:
        self._ranks: dict[int, set[int]] = {}
        self._levels: dict[int, set[int]] = {}
        self._rules: dict[str, set[int]] = {}
        # Level and rules that an act was told with
        self._compared: dict[int, tuple[int, frozenset[str]]] = {}

    def add(self, told: Told) -> None:
        act = told.due.act.number
        self._ranks.setdefault(told.due.rank, set()).add(act)
        self._levels.setdefault(told.due.seen.level, set()).add(act)
        for rule in told.due.seen.rules:
            self._rules.setdefault(rule, set()).add(act)

    def compare(self, told: Told) -> News:
        """Return what is new in a hit that was added, compared with other acts, and with its own before."""
        rank, level, act = told.due.rank, told.due.seen.level, told.due.act.number
        before, rules = self._compared.get(act, (-1, frozenset[str]()))
        self._compared[act] = max(before, level), rules | told.due.seen.high
        is_worse = max(self._ranks) == rank and len(self._ranks[rank]) == 1 and before < 0
        is_higher = max(self._levels) == level and len(self._levels[level]) == 1 and level > before
        is_first = any(len(self._rules[rule]) == 1 for rule in told.due.seen.high - rules)
        return News(is_worse, is_worse or is_higher or is_first)


def _counted(
    world: World, topic: str, hits: Sequence[Told], news: Sequence[News], said: Sequence[Said]
) -> Iterator[Violation]:
    greatest = [each.told for each in said]
    number, by_way, opened = 0, _times_by_way(world, hits), _opened(hits)
    for told, why in zip(hits, news, strict=True):
        if told.due.is_optional:
            continue
        number += told.due.weight
        deadline, kind = _deadline(world, topic, told, why, hits, opened)
        surely = min(number, 1 + _recorded_before(hits, told)) if why.is_urgent else number
        index = bisect_left(greatest, _least(world, surely, by_way, told.accepted))
        what = f"hit {number} of {told.due.seen.group} ({told.due.act}), accepted at {clock(told.accepted)}"
        if index == len(greatest):
            most = greatest[-1] if greatest else 0
            left = sum(one.due.weight for one in hits if not one.due.is_optional) - number + 1
            yield Violation("untold", deadline, f"{what}: {topic} never hears of more than {most}", left)
            return
        if said[index].at > deadline:
            flooded = why.is_urgent and world.plan.flood and told.due.act.caller not in world.plan.flood
            minutes = (said[index].at - told.accepted) / 60
            text = f"{what}: {topic} hears of it after {minutes:.1f} minutes instead of {kind}"
            yield Violation("unfair" if flooded else "late", said[index].at, text)
            return


def _recorded_before(hits: Sequence[Told], told: Told) -> int:
    """Return how many hits were accepted before the first invocation with this one began.

    A message at once counts what was recorded by then; others may be recorded meanwhile.
    """
    return sum(o.due.weight for o in hits if o.accepted <= told.received and not o.due.is_optional)


def _times_by_way(world: World, hits: Sequence[Told]) -> list[list[float]]:
    """When the hits that count were accepted, by way, in order."""
    times: dict[str, list[float]] = {}
    for told in hits:
        for way, at in world.truth.accepted_ways(told.due).items() if told.due.weight else ():
            times.setdefault(way, []).append(at)
    return [sorted(some) for some in times.values()]


def _least(world: World, number: int, by_way: Sequence[Sequence[float]], now: float) -> int:
    """Return how many of so many hits must be counted: those claimed, then the greatest of the ways."""
    counted = max((bisect_right(times, now) for times in by_way), default=0)
    return max(min(number, world.plan.workers.exact), min(number, counted))


def _opened(hits: Sequence[Told]) -> tuple[float, float]:
    """Return when the group was opened at the earliest and at the latest.

    Of a crowd it is the group for all that are too many; a batch delete whose keys come late opens one too.
    A hit may be recorded as soon as it is received: its function died after that, and another one accepts it.
    """
    certain = [told for told in hits if not told.due.is_optional]
    if len({told.due.seen.group for told in hits}) == 1:
        return min(told.received for told in hits), _recorded(certain[0] if certain else hits[0])
    early, late = _first_too_many(sorted(certain, key=lambda told: told.received)), _first_too_many(certain)
    return (early or hits[0]).received, _recorded(late or hits[0])


def _first_too_many(hits: Sequence[Told]) -> Told | None:
    """Return the first hit, in this order, that is of more groups of its hour than a principal may open."""
    hours: dict[str, int] = {}
    for told in hits:
        hours.setdefault(told.due.seen.group, _hour(told))
        if list(hours.values()).count(_hour(told)) > system.MOST_GROUPS:
            return told
    return None


def _hour(told: Told) -> int:
    """Return the hour of a hit's event, of which a principal has so many groups."""
    return int((START + told.due.act.at) // 3600)


def _recorded(told: Told) -> float:
    """Return when a hit is recorded at the latest: a held batch delete by a sweep, after its wait."""
    held = told.due.act.event == "DeleteObjects"
    return told.accepted + (system.AT_ONCE + system.KEYS_WAIT if held else 0.0)


def _deadline(
    world: World, topic: str, told: Told, news: News, hits: Sequence[Told], opened: tuple[float, float]
) -> tuple[float, str]:
    since = told.accepted
    wait = system.KEYS_WAIT if told.due.act.event == "DeleteObjects" else 0.0
    recorded = _recorded(told)
    if news.is_urgent:
        end, kind = since + system.AT_ONCE + wait, "at once"
    elif recorded < opened[0] + system.FIRST_ROLLUP:
        end, kind = opened[1] + system.FIRST_ROLLUP + system.PATIENCE, "in the first roll-up"
    elif told.due.act.caller in callers.STRANGERS and told.due.act.event != "Denied":
        wait = _next_doubled(recorded - opened[0])
        end, kind = opened[1] + wait + system.PATIENCE, f"after {wait / 3600:.0f} hours"
    else:
        end, kind = recorded + system.LATER_ROLLUP + system.PATIENCE, "within the hour"
    if topic != system.TOPICS[-1] and _may_wait(told, hits):
        end, kind = next_morning(START + end) - START + system.PATIENCE, "in the morning"
    for outage in sorted(world.plan.outages, key=lambda each: each.start):
        if outage.service in ("store", topic) and outage.start < end and outage.end > since:
            end += outage.end - max(outage.start, since) + RECOVERY
    return end + (FAULTS if _senders_failed(world, since, end) else 0.0), kind


def _next_doubled(passed: float) -> float:
    """Return when the next roll-up about what strangers reach comes: after 1, 2, 4, 8 hours and so on."""
    return next(wait for each in count() if (wait := system.LATER_ROLLUP * 2**each) > passed)


def _may_wait(told: Told, hits: Sequence[Told]) -> bool:
    """Return whether a hit interrupts nobody: it is patient, and so is what its group surely had before."""
    own = (each for each in hits if each.due.seen.group == told.due.seen.group and not each.due.is_optional)
    before = (each for each in own if each is told or each.accepted < told.received)
    return all(SEVERITIES[each.due.seen.level] in PATIENT for each in before)


def _senders_failed(world: World, since: float, end: float) -> bool:
    """Return whether a call of notify or sweep failed in a time."""
    first = bisect_left(world.faults, since, key=itemgetter(0))
    some = takewhile(lambda each: each[0] <= end, islice(world.faults, first, None))
    return any(fault.role in ("notify", "sweep") for _, fault in some)


def _named(
    world: World, topic: str, hits: Sequence[Told], news: Sequence[News], said: Sequence[Said]
) -> Iterator[Violation]:
    """The first message after a worse act names it, unless one as bad follows before that message."""
    opened = _opened(hits)
    for told, why in zip(hits, news, strict=True):
        if not why.is_worse or told.due.is_optional:
            continue
        deadline, _ = _deadline(world, topic, told, why, hits, opened)
        act, rank = told.due.act, told.due.rank
        if any(o.due.act is not act and o.due.rank >= rank and o.received <= deadline for o in hits):
            continue
        event = told.due.act.event
        words = (told.due.seen.event, *callers.WORDS[event])
        texts = [each.text for each in said if told.received <= each.at <= deadline]
        if texts and not any(word in text for text in texts for word in words):
            text = (
                f"{told.due.act}, accepted at {clock(told.accepted)}, is not named on {topic}, but {texts[0]}"
            )
            yield Violation("unnamed", deadline, text)


def _not_more(topic: str, hits: Sequence[Told], said: Sequence[Said]) -> Iterator[Violation]:
    for each in said:
        if each.exact and each.told > len(hits):
            text = f"{topic} counts {each.told} exactly in {hits[0].due.seen.group}, of {len(hits)}"
            yield Violation("overcounted", each.at, text)
            return
