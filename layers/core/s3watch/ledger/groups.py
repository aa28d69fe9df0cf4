"""Groups: hits that belong together, and when a group sends its next message.

A group is caller x label (the bucket, or the resource, if there is none) x outcome x window of event time.
Its first hit is reported immediately, and so is what is worse than reported so far (news.py); all else waits
for the next roll-up: 15 minutes, an hour, then every hour. What strangers can reach is open for months: its
group lasts for weeks, with roll-ups after 15 minutes, 1, 2, 4, 8 hours and so on, and within the hour once
there were twice as many accesses as reported. The functions here are pure: each returns the changed group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from s3watch.alerts.alert import Evidence, Snooze, Verdict
from s3watch.facts.acts import gravity
from s3watch.ledger.counters import HASH_BYTES, Counters, Sums, add_addresses, add_keys, greatest
from s3watch.ruleset import Severity, rank
from s3watch.times import WINDOW, window_start

FIRST_ROLLUP = 900.0  # seconds after the group opened: while people still deal with the first message
ROLLUPS = 3600.0  # seconds between later ones
GRACE = 900.0  # seconds after the window's end: CloudTrail usually delivers within about 5 minutes
MOST_NAMES = 50  # rules, labels and described acts kept of a group, a few KB


class Tally(Struct, frozen=True):
    """A summary of hits of one group; times are epoch seconds."""

    level: Severity
    rules: tuple[str, ...]  # those of the worst hit first
    evidence: Evidence  # the worst hit: the highest level, then the gravest act, then the latest
    sums: Sums
    first: float
    last: float
    keys: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    alarming: tuple[str, ...] = ()  # rules whose level is high or above
    acts: tuple[str, ...] = ()  # as `describe_act` names them
    is_estimate: bool = False  # some of them stand for objects that are not kept


class Told(Struct, frozen=True):
    """What the messages of a group have said so far."""

    level: Severity = "informational"
    gravity: int = -1
    rules: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    sums: Sums = Sums()
    keys: int = 0
    ips: int = 0


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
    evidence: Evidence  # the worst hit; among equals the latest, while accesses are claimed
    first: float
    last: float = 0
    window: float = WINDOW  # seconds, WEEKS for what strangers can reach
    late: float = 0  # seconds between the first event and its arrival
    turn: int = 1  # how many groups its principal had opened in that hour, this one included
    is_overflow: bool = False  # it stands for all groups that its principal may not open any more
    labels: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()  # as `describe_act` names them
    keys: tuple[str, ...] = ()
    key_hashes: bytes = b""  # of each distinct key
    keys_exact: bool = True  # False: there were more than MOST_DISTINCT
    ips: tuple[str, ...] = ()
    ip_hashes: bytes = b""  # of each distinct address, if there are more than SAMPLES
    ips_exact: bool = True
    is_estimate: bool = False  # some accesses stand for objects of a batch delete that are not kept
    claimed: Sums = Sums()  # accesses counted by a claim on their identity
    exact: bool = True  # False: accesses are counted without claims
    told: Told = Told()
    verdict: Verdict | None = None
    snooze: Snooze | None = None
    urgent: tuple[float, ...] = ()  # when the latest messages that could not wait were written
    sequence: int = 0  # of the latest message
    unheard: int = 0  # how many of the latest messages only machines got: ends without news
    due: float | None = None  # when the sweeper has to process the group next
    closed: bool = False  # its end was reported; hits that come later reopen it
    version: int = 0
    counters: Counters = Counters()

    @property
    def sums(self) -> Sums:
        """All accesses so far: those claimed, and of those only counted the greatest number of any way."""
        ways = self.counters.ways
        return self.claimed.plus(greatest(ways)) if ways else self.claimed

    @property
    def count(self) -> int:
        """The number of accesses so far."""
        return self.sums.count

    @property
    def latest(self) -> float:
        """The time of the latest event."""
        return max(self.last, self.counters.last)

    @property
    def distinct_keys(self) -> int:
        """Distinct keys so far, at most MOST_DISTINCT."""
        return len(self.key_hashes) // HASH_BYTES

    @property
    def distinct_ips(self) -> int:
        """Distinct addresses so far, at most MOST_DISTINCT."""
        return max(len(self.ips), len(self.ip_hashes) // HASH_BYTES)

    @property
    def is_state(self) -> bool:
        """Whether it is about what lasts until somebody ends it: strangers reach something."""
        return self.window > WINDOW

    @property
    def has_news(self) -> bool:
        """Whether there is anything that no message has said yet."""
        return told(self) != self.told

    @property
    def heard(self) -> int:
        """The number of the latest message that people got, or will get; those after it said nothing new."""
        return self.sequence - self.unheard

    @property
    def is_quiet(self) -> bool:
        """Whether only worse news and the end are told any more, since somebody judged it so."""
        return self.verdict is not None and self.verdict.closes

    @property
    def held_until(self) -> float:
        """When roll-ups, and the end, may be told again, in epoch seconds; 0 if nobody has snoozed it."""
        return self.snooze.until if self.snooze else 0

    def differs_only_in_counters(self, other: Group) -> bool:
        """Return whether the groups are equal apart from their counters."""
        return msgspec.structs.replace(self, counters=other.counters) == other


def told(group: Group) -> Told:
    """Return what a message about the group says now."""
    sums = group.sums
    # The evidence need not be the gravest act: a higher severity comes first. Messages count all acts.
    graves = [gravity(act, group.outcome) for act in (group.evidence.act, *sums.acts)]
    return Told(
        group.level, max(group.told.gravity, *graves), group.rules, group.acts, group.labels, sums,
        group.distinct_keys, group.distinct_ips,
    )  # fmt: skip


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def group_id(parts: Iterable[str], start: float) -> str:
    """Derive a group's id from its properties, so that every copy of an access finds the same group.

    It is a ULID (https://github.com/ulid/spec) whose time is the start of the window.
    """
    digest = hashlib.sha256("\0".join((*parts, str(start))).encode(errors="replace")).digest()
    number = int(start * 1000) << 80 | int.from_bytes(digest[:10])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def open_group(
    identity: str, label: str, owner: str, tally: Tally, now: float, turn: int = 1, window: float = WINDOW
) -> Group:
    """Create a group of its first hits."""
    evidence = tally.evidence
    keys, hashes, keys_exact = add_keys((), b"", tally.keys)
    ips, ip_hashes, ips_exact = add_addresses((), b"", tally.ips)
    return Group(
        id=identity, actor=evidence.actor, label=label, bucket=evidence.bucket, outcome=evidence.outcome,
        owner=owner, window_end=window_start(evidence.time, window) + window, window=window,
        opened=now, level=tally.level,
        rules=tally.rules[:MOST_NAMES], evidence=evidence, first=tally.first, last=max(0, tally.last),
        late=max(0.0, now - evidence.time), turn=turn,
        labels=tally.labels[:MOST_NAMES], acts=tally.acts[:MOST_NAMES],
        keys=keys, key_hashes=hashes, keys_exact=keys_exact, claimed=tally.sums,
        ips=ips, ip_hashes=ip_hashes, ips_exact=ips_exact, is_estimate=tally.is_estimate,
    )  # fmt: skip


def fold(group: Group, tally: Tally, now: float, *, way: str = "") -> Group:
    """Add hits to a group: claimed ones, or such of a `way` that are only counted."""
    keys, hashes, keys_exact = add_keys(group.keys, group.key_hashes, tally.keys)
    ips, ip_hashes, ips_exact = add_addresses(group.ips, group.ip_hashes, tally.ips)
    worse = _severity(tally.level, tally.evidence) > _severity(group.level, group.evidence)
    names = tally.rules + group.rules if worse else group.rules + tally.rules
    grown = msgspec.structs.replace(
        group,
        level=max(group.level, tally.level, key=rank),
        rules=_distinct(names),
        labels=_distinct(group.labels + tally.labels),
        acts=_distinct(group.acts + tally.acts),
        evidence=tally.evidence if worse or _replaces(group, tally) else group.evidence,
        first=min(group.first, tally.first),
        last=max(group.last, tally.last) if not way else group.last,
        keys=keys, key_hashes=hashes, keys_exact=group.keys_exact and keys_exact,
        ips=ips, ip_hashes=ip_hashes, ips_exact=group.ips_exact and ips_exact,
        claimed=group.claimed if way else group.claimed.plus(tally.sums),
        counters=group.counters.plus(way, tally.sums, tally.last) if way else group.counters,
        closed=False,
        is_estimate=group.is_estimate or tally.is_estimate,
    )  # fmt: skip
    return msgspec.structs.replace(grown, due=_earlier(group.due, next_due(grown, now)))


def _severity(level: Severity, evidence: Evidence) -> tuple[int, int]:
    return rank(level), gravity(evidence.act, evidence.outcome)


def _replaces(group: Group, tally: Tally) -> bool:
    """Return whether the later of two equally bad hits is shown from now on.

    An update of a finding replaces the earlier one. Past the claims it would cost a write for each batch.
    """
    if tally.evidence.time < group.evidence.time:
        return False
    if tally.evidence.finding is not None:
        return True
    equal = _severity(tally.level, tally.evidence) == _severity(group.level, group.evidence)
    return group.exact and equal


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MOST_NAMES]


def _earlier(one: float | None, other: float | None) -> float | None:
    """Return the earlier time: hits that keep arriving must not postpone a roll-up."""
    return min((time for time in (one, other) if time is not None), default=None)


def closes_at(group: Group) -> float:
    """Return when the group ends: when its window is over and late records have had time to arrive."""
    return max(group.window_end, group.opened + ROLLUPS) + GRACE


def next_due(group: Group, now: float) -> float | None:
    """Return when the sweeper has to process the group next; None: not before new hits arrive."""
    return _next_due(group, now, has_news=group.has_news)


def next_due_of_told(group: Group, now: float) -> float | None:
    """Return the same of a group whose message was written just now."""
    return _next_due(group, now, has_news=False)


def _next_due(group: Group, now: float, *, has_news: bool) -> float | None:
    due = _due_unless_held(group, now, has_news=has_news)
    return None if due is None else max(due, group.held_until)


def _due_unless_held(group: Group, now: float, *, has_news: bool) -> float | None:
    if group.closed:
        return None
    if group.evidence.finding:  # it ends when its service closes it
        return _next_rollup(group, now) if has_news and not group.is_quiet else None
    ends = closes_at(group)
    if now >= ends:
        return now + GRACE
    if group.is_quiet:
        return ends
    # where hits are counted without a claim, there may be some that this group does not show yet
    return min(_next_rollup(group, now), ends) if has_news or not group.exact else ends


def _next_rollup(group: Group, now: float) -> float:
    passed, wait = now - group.opened, ROLLUPS
    if passed < FIRST_ROLLUP:
        return group.opened + FIRST_ROLLUP
    if not group.is_state or group.count >= 2 * group.told.sums.count:
        return group.opened + (passed // ROLLUPS + 1) * ROLLUPS
    while wait <= passed:
        wait *= 2
    return group.opened + wait
