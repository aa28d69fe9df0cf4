"""Groups: hits that belong together, and when a group has something to say.

A group is actor x label (the bucket if there is none) x outcome x window of event time. Its first hit is
told at once; the rest fold into roll-ups after 15 minutes, after an hour and at the end; a rise in severity
is told at once. Everything here is a plain function from a group to the group it becomes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from s3watch.alerts.alert import Evidence, Kind
from s3watch.ruleset import SEVERITIES, Severity
from s3watch.times import WINDOW, window_start

FIRST_ROLLUP = 900.0  # seconds after the group opened: while people still look at the first message
SECOND_ROLLUP = 3600.0
GRACE = 900.0  # seconds after the window's end: CloudTrail delivers within about 5 minutes, mostly
RETRY = 60.0  # seconds after which the sweeper takes up a message nobody sent
SAMPLES = 10  # keys and addresses shown in full
SAMPLE_TEXT = 2048  # characters of sampled keys at most: an item's size is what every later write pays for
MOST_KEYS = 100  # distinct keys told apart, 8 bytes each


class Tally(Struct, frozen=True):
    """What some hits of one group add up to."""

    level: Severity
    rules: tuple[str, ...]  # by level, highest first
    evidence: Evidence  # of the highest level, the earliest
    count: int
    first: float
    last: float
    keys: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    bytes_in: int = 0
    bytes_out: int = 0


class Pending(Struct, frozen=True):
    """A message of this group that has to go out."""

    kind: Kind
    sequence: int
    leased_until: float = 0  # epoch seconds until which somebody is sending it
    held_back: bool = False  # held back by the rate limit: goes into the next digest
    delivered: tuple[str, ...] = ()  # topics that have it, where another was away


class Counters(Struct, frozen=True):
    """What is only ever added up, apart from the rest so that it can be added without reading."""

    counts: dict[str, int] = {}  # per way the records came: those tell of the same accesses
    bytes_in: int = 0
    bytes_out: int = 0
    last: float = 0  # epoch seconds of the latest event

    def plus(self, other: Counters) -> Counters:
        """Add two sets of counters."""
        counts = {
            way: self.counts.get(way, 0) + other.counts.get(way, 0) for way in {**self.counts, **other.counts}
        }
        return Counters(
            counts,
            self.bytes_in + other.bytes_in,
            self.bytes_out + other.bytes_out,
            max(self.last, other.last),
        )

    def since(self, before: Counters) -> Counters:
        """What was added since."""
        counts = {way: number - before.counts.get(way, 0) for way, number in self.counts.items()}
        return Counters(counts, self.bytes_in - before.bytes_in, self.bytes_out - before.bytes_out, self.last)


class Group(Struct, frozen=True):
    """The state of one group; a value, stored with a version that makes every change conditional."""

    id: str
    actor: str
    label: str
    bucket: str
    outcome: str
    owner: str
    window_end: float
    opened: float
    level: Severity
    rules: tuple[str, ...]
    evidence: Evidence
    first: float
    late: float = 0
    keys: tuple[str, ...] = ()
    key_hashes: bytes = b""
    keys_exact: bool = True
    ips: tuple[str, ...] = ()
    ips_exact: bool = True
    claimed: int = 0  # accesses told apart by identity so far
    exact: bool = True
    sequence: int = 0
    reported: int = 0  # the count in the last message
    due: float | None = None
    pending: Pending | None = None
    version: int = 0
    counters: Counters = Counters()

    @property
    def count(self) -> int:
        """Accesses so far: the greatest count of any way, since all ways tell of the same accesses."""
        return max(self.counters.counts.values(), default=0)

    @property
    def distinct_keys(self) -> int:
        """Distinct keys told apart so far."""
        return len(self.key_hashes) // 8

    def with_claims(self, accesses: int, most: int) -> Group:
        """Note accesses told apart by identity; beyond `most` the group only counts."""
        claimed = self.claimed + accesses
        return msgspec.structs.replace(self, claimed=claimed, exact=claimed < most)

    def differs_only_in_counters(self, other: Group) -> bool:
        """Whether nothing but the counters differs."""
        return msgspec.structs.replace(self, counters=other.counters) == other


def rank(level: Severity) -> int:
    """Order severities."""
    return SEVERITIES.index(level)


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def group_id(actor: str, subject: str, outcome: str, start: float) -> str:
    """Name a group by what it is: a ULID whose time is the window's start, so every copy finds its group."""
    digest = hashlib.sha256(
        "\0".join((actor, subject, outcome, str(start))).encode(errors="replace")
    ).digest()
    number = int(start * 1000) << 80 | int.from_bytes(digest[:10])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def open_group(identity: str, label: str, owner: str, tally: Tally, way: str, now: float) -> Group:
    """Begin a group with its first hits; its first message is pending."""
    evidence = tally.evidence
    group = Group(
        id=identity, actor=evidence.actor, label=label, bucket=evidence.bucket, outcome=evidence.outcome,
        owner=owner, window_end=window_start(evidence.time) + WINDOW, opened=now, level=tally.level,
        rules=(), evidence=evidence, first=tally.first, late=max(0.0, now - evidence.time),
        pending=Pending("first", 1), sequence=1,
    )  # fmt: skip
    return fold(group, tally, way, now)


def fold(group: Group, tally: Tally, way: str, now: float) -> Group:
    """Add hits to a group; a severity above any it had re-opens it at once."""
    keys, hashes, keys_exact = _remember(group, tally.keys)
    ips = tuple(dict.fromkeys(group.ips + tally.ips))
    rises = rank(tally.level) > rank(group.level)
    grown = msgspec.structs.replace(
        group,
        level=tally.level if rises else group.level,
        rules=_by_level(group, tally, rises=rises),
        evidence=tally.evidence if rises or _is_news(group, tally) else group.evidence,
        first=min(group.first, tally.first),
        keys=keys, key_hashes=hashes, keys_exact=keys_exact,
        ips=ips[:SAMPLES], ips_exact=group.ips_exact and len(ips) <= SAMPLES,
        counters=group.counters.plus(counters_of(tally, way)),
    )  # fmt: skip
    kind = _at_once(group, tally, rises=rises)
    if kind and not _is_waiting_first(group.pending):
        grown = queue_message(grown, kind)
    return msgspec.structs.replace(grown, due=_earlier(group.due, next_due(grown, now)))


def _is_news(group: Group, tally: Tally) -> bool:
    """Whether this is a later word on a finding, which replaces what was known of it."""
    return tally.evidence.finding is not None and tally.evidence.time >= group.evidence.time


def _at_once(group: Group, tally: Tally, *, rises: bool) -> Kind | None:
    """What must not wait for a roll-up: a rise in severity, the end of a finding, and its return."""
    before, after = group.evidence.finding, tally.evidence.finding
    if before and after and before.is_closed != after.is_closed and _is_news(group, tally):
        return "closed" if after.is_closed else "reopened"
    return "reopened" if rises else None


def _is_waiting_first(pending: Pending | None) -> bool:
    """Whether the first message is still to be written, so that it will tell of the rise itself."""
    return pending is not None and pending.kind == "first" and not pending.leased_until


def _earlier(one: float | None, other: float | None) -> float | None:
    """Keep a time already set: hits that go on arriving must not push a roll-up or a retry away."""
    return min((time for time in (one, other) if time is not None), default=None)


def counters_of(tally: Tally, way: str) -> Counters:
    """What a tally adds to the counters."""
    return Counters({way: tally.count}, tally.bytes_in, tally.bytes_out, tally.last)


def _remember(group: Group, keys: Sequence[str]) -> tuple[tuple[str, ...], bytes, bool]:
    """Tell keys apart by an 8-byte hash until MOST_KEYS of them, and keep a few in full."""
    samples, hashes, exact = list(group.keys), group.key_hashes, group.keys_exact
    seen = {hashes[i : i + 8] for i in range(0, len(hashes), 8)}
    for key in keys:
        digest = hashlib.blake2b(key.encode(errors="replace"), digest_size=8).digest()
        if digest in seen:
            continue
        if len(seen) == MOST_KEYS:
            return tuple(samples), hashes, False
        seen.add(digest)
        hashes += digest
        if len(samples) < SAMPLES and sum(map(len, samples)) + len(key) <= SAMPLE_TEXT:
            samples.append(key)
    return tuple(samples), hashes, exact


def _by_level(group: Group, tally: Tally, *, rises: bool) -> tuple[str, ...]:
    names = tally.rules + group.rules if rises else group.rules + tally.rules
    return tuple(dict.fromkeys(names))


def queue_message(group: Group, kind: Kind) -> Group:
    """Make a message pending."""
    sequence = group.sequence + 1
    return msgspec.structs.replace(group, pending=Pending(kind, sequence), sequence=sequence)


def closes_at(group: Group) -> float:
    """When the group ends: its window is over and stragglers had their time."""
    return max(group.window_end, group.opened + SECOND_ROLLUP) + GRACE


def _ends(group: Group, now: float) -> bool:
    """Whether nothing more is expected: a finding ends when its service says so, all else with its window."""
    finding = group.evidence.finding
    return finding.is_closed if finding else now >= closes_at(group)


def next_due(group: Group, now: float) -> float | None:
    """When the sweeper has to look at the group next; None: never, unless hits arrive."""
    if group.pending:
        return max(group.pending.leased_until, now) + RETRY
    if group.count <= group.reported:
        return None
    times = (group.opened + FIRST_ROLLUP, group.opened + SECOND_ROLLUP, closes_at(group))
    return next((time for time in times if time > now), now + GRACE)


def roll_up(group: Group, now: float) -> Group:
    """Make the roll-up pending that is due; a group that has nothing new to say falls silent."""
    if group.pending or group.due is None or group.due > now:
        return group
    if group.count > group.reported:
        group = queue_message(group, "closed" if _ends(group, now) else "rollup")
    return msgspec.structs.replace(group, due=next_due(group, now))


def sent(group: Group, sequence: int, reported: int, now: float) -> Group:
    """Mark a message as sent; what came in since then waits for the next roll-up."""
    if not group.pending or group.pending.sequence != sequence:
        return group
    group = msgspec.structs.replace(group, pending=None, reported=reported)
    return msgspec.structs.replace(group, due=next_due(group, now))
