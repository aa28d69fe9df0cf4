"""Groups: hits that belong together, and when a group sends its next message.

A group is actor x label (the bucket if there is none) x outcome x window of event time. Its first hit is
reported immediately; later hits are added to roll-ups after 15 minutes, after an hour and at the end; a rise
in severity is reported immediately. The functions here are pure: each returns the changed group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from s3watch.alerts.alert import Evidence, Kind
from s3watch.ruleset import SEVERITIES, Severity
from s3watch.times import WINDOW, window_start

FIRST_ROLLUP = 900.0  # seconds after the group opened: while people still deal with the first message
SECOND_ROLLUP = 3600.0
GRACE = 900.0  # seconds after the window's end: CloudTrail usually delivers within about 5 minutes
RETRY = 60.0  # seconds after which the sweeper sends a message that is still pending
SAMPLES = 10  # keys and addresses kept in full
SAMPLE_TEXT = 2048  # characters of sampled keys at most: every later write costs by the item's size
MOST_KEYS = 100  # distinct keys that are counted exactly, 8 bytes each


class Tally(Struct, frozen=True):
    """A summary of hits of one group; times are epoch seconds."""

    level: Severity
    rules: tuple[str, ...]  # by level, highest first
    evidence: Evidence  # the earliest access of the highest level
    count: int
    first: float
    last: float
    keys: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    bytes_in: int = 0
    bytes_out: int = 0


class Pending(Struct, frozen=True):
    """A message of a group that has not been sent to all topics yet."""

    kind: Kind
    sequence: int
    leased_until: float = 0  # epoch seconds until which one sender has it
    held_back: bool = False  # by the rate limit: it goes into the next digest
    delivered: tuple[str, ...] = ()  # topics that already have it, if publishing to another one failed


class Counters(Struct, frozen=True):
    """Sums, kept apart from the rest of the group so that a write can add to them without a read."""

    # Accesses by way, the path by which their records arrived ("events", "log_files", ...). All ways report
    # the same accesses, so their counts are never added up.
    counts: dict[str, int] = {}
    bytes_in: int = 0
    bytes_out: int = 0
    last: float = 0  # epoch seconds of the latest event

    def plus(self, other: Counters) -> Counters:
        """Return the sum of two sets of counters."""
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
        """Return what was added since `before`."""
        counts = {way: number - before.counts.get(way, 0) for way, number in self.counts.items()}
        return Counters(counts, self.bytes_in - before.bytes_in, self.bytes_out - before.bytes_out, self.last)


class Group(Struct, frozen=True):
    """The state of one group; immutable, with a version that every write is conditional on.

    Times are epoch seconds.
    """

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
    late: float = 0  # seconds between the first event and its arrival
    keys: tuple[str, ...] = ()
    key_hashes: bytes = b""  # 8 bytes for each distinct key
    keys_exact: bool = True  # False: there were more than MOST_KEYS distinct keys
    ips: tuple[str, ...] = ()
    ips_exact: bool = True
    claimed: int = 0  # accesses counted by a claim on their identity
    exact: bool = True  # False: accesses are counted without claims
    sequence: int = 0  # of the latest message
    reported: int = 0  # the count in the last message that was sent
    due: float | None = None  # when the sweeper has to process the group next
    pending: Pending | None = None
    version: int = 0
    counters: Counters = Counters()

    @property
    def count(self) -> int:
        """Accesses so far: the greatest count of any way, since all ways report the same accesses."""
        return max(self.counters.counts.values(), default=0)

    @property
    def distinct_keys(self) -> int:
        """Distinct keys so far, at most MOST_KEYS."""
        return len(self.key_hashes) // 8

    def with_claims(self, accesses: int, most: int) -> Group:
        """Add claimed accesses; from `most` of them on, the group counts without claims."""
        claimed = self.claimed + accesses
        return msgspec.structs.replace(self, claimed=claimed, exact=claimed < most)

    def differs_only_in_counters(self, other: Group) -> bool:
        """Return whether the groups are equal apart from their counters."""
        return msgspec.structs.replace(self, counters=other.counters) == other


def rank(level: Severity) -> int:
    """Return the position of a severity, from 0 for informational upwards."""
    return SEVERITIES.index(level)


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def group_id(actor: str, subject: str, outcome: str, start: float) -> str:
    """Derive a group's id from its properties, so that every copy of an access finds the same group.

    It is a ULID (https://github.com/ulid/spec) whose time is the start of the window.
    """
    digest = hashlib.sha256(
        "\0".join((actor, subject, outcome, str(start))).encode(errors="replace")
    ).digest()
    number = int(start * 1000) << 80 | int.from_bytes(digest[:10])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def open_group(identity: str, label: str, owner: str, tally: Tally, way: str, now: float) -> Group:
    """Create a group from its first hits, with its first message pending."""
    evidence = tally.evidence
    group = Group(
        id=identity, actor=evidence.actor, label=label, bucket=evidence.bucket, outcome=evidence.outcome,
        owner=owner, window_end=window_start(evidence.time) + WINDOW, opened=now, level=tally.level,
        rules=(), evidence=evidence, first=tally.first, late=max(0.0, now - evidence.time),
        pending=Pending("first", 1), sequence=1,
    )  # fmt: skip
    return fold(group, tally, way, now)


def fold(group: Group, tally: Tally, way: str, now: float) -> Group:
    """Add hits to a group; a higher severity than before makes a message pending immediately."""
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
    """Return whether this is an update of a finding, which replaces the earlier evidence."""
    return tally.evidence.finding is not None and tally.evidence.time >= group.evidence.time


def _at_once(group: Group, tally: Tally, *, rises: bool) -> Kind | None:
    """Return the kind of message that must not wait for a roll-up, if any.

    These are a rise in severity, the closing of a finding, and its reopening.
    """
    before, after = group.evidence.finding, tally.evidence.finding
    if before and after and before.is_closed != after.is_closed and _is_news(group, tally):
        return "closed" if after.is_closed else "reopened"
    return "reopened" if rises else None


def _is_waiting_first(pending: Pending | None) -> bool:
    """Return whether the first message has not been written yet, so that it will report the rise itself."""
    return pending is not None and pending.kind == "first" and not pending.leased_until


def _earlier(one: float | None, other: float | None) -> float | None:
    """Return the earlier time: hits that keep arriving must not postpone a roll-up or a retry."""
    return min((time for time in (one, other) if time is not None), default=None)


def counters_of(tally: Tally, way: str) -> Counters:
    """Return what a tally adds to the counters."""
    return Counters({way: tally.count}, tally.bytes_in, tally.bytes_out, tally.last)


def _remember(group: Group, keys: Sequence[str]) -> tuple[tuple[str, ...], bytes, bool]:
    """Count distinct keys by an 8-byte hash, up to MOST_KEYS, and keep some of them in full."""
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
    """Return when the group ends: when its window is over and late records have had time to arrive."""
    return max(group.window_end, group.opened + SECOND_ROLLUP) + GRACE


def _ends(group: Group, now: float) -> bool:
    """Return whether the group has ended: a finding ends when its service closes it, others by time."""
    finding = group.evidence.finding
    return finding.is_closed if finding else now >= closes_at(group)


def next_due(group: Group, now: float) -> float | None:
    """Return when the sweeper has to process the group next; None: not before new hits arrive."""
    if group.pending:
        return max(group.pending.leased_until, now) + RETRY
    if group.count <= group.reported:
        return None
    times = (group.opened + FIRST_ROLLUP, group.opened + SECOND_ROLLUP, closes_at(group))
    return next((time for time in times if time > now), now + GRACE)


def roll_up(group: Group, now: float) -> Group:
    """Make a due roll-up pending if the group has unreported hits, and set the next due time."""
    if group.pending or group.due is None or group.due > now:
        return group
    if group.count > group.reported:
        group = queue_message(group, "closed" if _ends(group, now) else "rollup")
    return msgspec.structs.replace(group, due=next_due(group, now))


def sent(group: Group, sequence: int, reported: int, now: float) -> Group:
    """Mark a message as sent with the count it reported; later hits wait for the next roll-up."""
    if not group.pending or group.pending.sequence != sequence:
        return group
    group = msgspec.structs.replace(group, pending=None, reported=reported)
    return msgspec.structs.replace(group, due=next_due(group, now))
