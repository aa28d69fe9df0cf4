"""Counts by day how often each exception and each trial silenced a detection, with a few examples.

The accesses of a day are a set of hashes, which neither order nor redelivery changes. Beyond EXACT of them
they are only counted, so that one that comes again counts again: what is said of these is "about".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

import msgspec
from msgspec import Struct

from s3watch.detection.exceptions import Silencing
from s3watch.ledger.claims import name_of
from s3watch.ledger.evidence import tally
from s3watch.ledger.groups import open_group
from s3watch.ledger.messages import alert_of
from s3watch.ledger.principals import group_key
from s3watch.ledger.slots import digest_of
from s3watch.ledger.store import Store
from s3watch.ruleset import RuleException, Staged
from s3watch.times import day_of

EXACT = 100  # accesses, and alerts, of a day that are known one by one: 8 bytes each
EXAMPLES = 3  # of a day, of different callers: enough to judge by, in an item of 2 KB
MOST_TEXT, MOST_SUBJECT = 256, 140  # characters of what an example has; callers choose some of it
NAME = 16  # bytes of an entry's name: nobody finds two entries with one
DAYS = 30  # that reports tell of


class Example(Struct, frozen=True, array_like=True):
    """An access that alerted nobody, as AWS wrote it, and the subject of the message that was not sent."""

    time: float  # epoch seconds; 0 if it is not known
    who: str
    what: str
    object: str  # the URI, or the resource that the call was about
    subject: str


class DayCount(Struct, frozen=True):
    """What an entry silenced on one day."""

    accesses: frozenset[bytes] = frozenset()
    more: int = 0  # beyond these
    alerts: frozenset[bytes] = frozenset()  # the groups that would have had them
    examples: frozenset[bytes] = frozenset()  # each an Example as JSON

    @property
    def number(self) -> int:
        """How many accesses there were; if `more`, about so many."""
        return len(self.accesses) + self.more

    def plus(self, other: DayCount) -> DayCount:
        """Return both together."""
        return DayCount(
            self.accesses | other.accesses, self.more + other.more, self.alerts | other.alerts,
            self.examples | other.examples,
        )  # fmt: skip

    def read_examples(self) -> list[Example]:
        """Return the examples, the latest first; without those that another version wrote."""
        found = list(_readable(self.examples))
        return sorted(found, key=lambda one: (-one.time, one.who))


def _readable(examples: Iterable[bytes]) -> Iterator[Example]:
    for content in examples:
        try:
            yield msgspec.json.decode(content, type=Example)
        except (ValueError, RecursionError):
            continue


def entry_key(entry: RuleException | Staged) -> str:
    """Return the name under which an entry is counted, wherever it stands in its file.

    An exception is counted on if its end or its owner changes, and anew if what it covers does.
    """
    if isinstance(entry, Staged):
        return digest_of("staged", entry.rule, size=NAME).hex()
    return digest_of("exception", entry.rule, *entry.actors, "", *entry.objects, size=NAME).hex()


def day_key(entry: RuleException | Staged, day: str) -> str:
    """Return the key of what an entry silenced on a day, an ISO date in UTC."""
    return f"{entry_key(entry)}#{day}"


def days_until(today: date, number: int = DAYS) -> list[str]:
    """Return so many days, the last of which is today."""
    return [(today - timedelta(days=ago)).isoformat() for ago in reversed(range(number))]


def count_silenced(store: Store, silenced: Iterable[Silencing], now: float) -> None:
    """Count what alerted nobody, by one write for each entry and day. Raises UnavailableError.

    Then all of it can be counted again: what is known one by one does not count twice.
    """
    days: dict[str, list[Silencing]] = {}
    for each in silenced:
        key = day_key(each.by, day_of(each.hit.access.time or now))
        days.setdefault(key, []).append(each)
    for key, some in days.items():
        added = _fit(store.day_count(key), some, now)
        if added != DayCount():
            store.add_to_day(key, added, now)


def _fit(known: DayCount, silenced: Sequence[Silencing], now: float) -> DayCount:
    """Return what has to be added to a day: new accesses while there is room, others as a number."""
    new = {name: each for each in silenced if (name := _name(each)) not in known.accesses}
    room = max(EXACT - len(known.accesses), 0)
    kept = list(new.items())[:room]
    groups = {digest_of(group_key(each.hit.access, now).group) for _, each in kept}
    return DayCount(
        frozenset(name for name, _ in kept),
        len(new) - len(kept),
        frozenset(groups - known.alerts),
        frozenset(_examples(known, [each for _, each in kept], now)),
    )


def _name(silencing: Silencing) -> bytes:
    return digest_of(silencing.once or name_of(silencing.hit.access))


def _examples(known: DayCount, silenced: Sequence[Silencing], now: float) -> Iterator[bytes]:
    """Yield the first accesses of callers of which there is no example yet, while there is room."""
    seen = {one.who for one in known.read_examples()}
    for each in silenced:
        who = _bounded(each.hit.access.principal)
        if who not in seen and len(seen) < EXAMPLES:
            seen.add(who)
            yield msgspec.json.encode(_example(each, who, now))


def _example(silencing: Silencing, who: str, now: float) -> Example:
    from s3watch.alerts.headline import title  # noqa: PLC0415  # where something is silenced, not at each cold start

    hit = silencing.hit
    key, added = group_key(hit.access, now), tally([hit])
    group = open_group(key.group, key.label, key.owner, added, now)
    evidence = added.evidence
    uri = f"s3://{evidence.bucket}/{evidence.key}" if evidence.bucket else evidence.resource
    subject = title(alert_of(group, "first"), MOST_SUBJECT)
    what = _bounded(evidence.event_name)
    return Example(evidence.time, who, what, _bounded(uri), _bounded(subject))


def _bounded(text: str) -> str:
    """Return the beginning of a text, in which half a surrogate pair becomes a question mark."""
    return text[:MOST_TEXT].encode(errors="replace").decode()
