"""From the outbox to the topics: a pending message is leased, rendered, rated, published, marked sent.

Whoever dies on the way leaves the message pending, and the sweeper sends it after the lease. A message can go
out twice only if its sender dies between SNS's answer and the mark: the price of never losing one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from s3watch.alerts import Alert
from s3watch.errors import ConflictError, UnavailableError
from s3watch.groups import Group, roll_up, sent
from s3watch.message import (
    Publication,
    chat_digest_publication,
    chat_publication,
    digest_publication,
    publication,
)
from s3watch.rules import Detection
from s3watch.store import Store

LEASE = 30.0  # seconds; SNS answers within its client's timeouts (10 s) or not at all
LATE = (
    900.0  # seconds between event and arrival from which on an alert says so: three deliveries of CloudTrail
)
ATTEMPTS = 20  # others write to a busy group too; each loss means one of them got through
TOPIC = "alerts"  # the name of the rate that all alerts share


@dataclass(frozen=True, slots=True)
class Topics:
    """Where messages go: each takes a publication and raises UnavailableError if it could not."""

    alerts: Callable[[Publication], None]
    chat: Callable[[Publication], None]


MOST_WAITING = 100  # held-back messages in one digest; it is two writes each, within a sweep's minute


def alert_of(group: Group) -> Alert:
    """The message a group has pending now."""
    pending = group.pending
    return Alert(
        id=group.id, kind=pending.kind if pending else "rollup", sequence=group.sequence,
        level=group.level, rule=group.rules[0], rules=group.rules, actor=group.actor,
        principal=group.sighting.principal,
        account=group.sighting.bucket_account or group.sighting.caller_account,
        region=group.sighting.region, label=group.label, owner=group.owner, bucket=group.bucket,
        outcome=group.outcome, sighting=group.sighting, count=group.count, exact=group.exact,
        first=group.first, last=group.counters.last, window_end=group.window_end, keys=group.keys,
        distinct_keys=group.distinct_keys, keys_exact=group.keys_exact, ips=group.ips,
        distinct_ips=len(group.ips), ips_exact=group.ips_exact,
        bytes_in=group.counters.bytes_in, bytes_out=group.counters.bytes_out,
        late=group.late if group.late >= LATE else 0,
    )  # fmt: skip


class Delivery:
    """Sends pending messages, at most as fast as people and SNS bear."""

    def __init__(self, store: Store, topics: Topics, detections: Mapping[str, Detection]) -> None:
        self._store = store
        self._topics = topics
        self._detections = detections

    def deliver(self, identity: str, now: float) -> bool:
        """Send a group's pending message, if it is free to go; says whether one was sent."""
        leased = self._lease(identity, now)
        if leased is None:
            return False
        if not self._may_leave(critical=leased.level == "critical", now=now):
            self._hold_back(leased, now)
            return False
        self._publish(leased, now)
        self._mark(leased, now)
        return True

    def sweep(self, now: float) -> int:
        """Roll up what is due, send what stayed pending, and what was held back as one digest.

        One message that can not leave keeps no other back; the last reason is raised in the end.
        """
        due = [group for name in self._store.due_groups(now) if (group := self._rolled_up(name, now))]
        waiting = [group for group in due if group.pending and group.pending.waiting]
        steps = [partial(self.deliver, group.id, now) for group in due if group not in waiting]
        if waiting:
            steps.insert(0, partial(self._send_waiting, waiting[:MOST_WAITING], now))
        return _total(steps)

    def _send_waiting(self, waiting: Sequence[Group], now: float) -> bool:
        """Send held-back messages: one by itself, several as a digest, which itself needs no token."""
        leased = [group for one in waiting if (group := self._lease(one.id, now))]
        if not leased:
            return False
        alerts = [alert_of(group) for group in leased]
        if len(alerts) == 1:
            self._publish(leased[0], now)
        else:
            self._topics.alerts(digest_publication(alerts))
            self._topics.chat(chat_digest_publication(alerts))
        for group in leased:
            self._mark(group, now)
        return True

    def _publish(self, group: Group, now: float) -> None:
        """Send to every topic once: a retry leaves out those that had the message already."""
        alert, served = alert_of(group), group.pending.served if group.pending else ()
        for topic, render in ((self._topics.alerts, publication), (self._topics.chat, chat_publication)):
            if render.__name__ in served:
                continue
            try:
                topic(render(alert, self._detections))
            except UnavailableError:
                self._note_served(group, served, now)
                raise
            served += (render.__name__,)

    def _note_served(self, group: Group, served: tuple[str, ...], now: float) -> None:
        """Free the message for the next sweep, less the topics that have it."""

        def free(group: Group) -> Group:
            if group.pending is None:
                return group
            return replace(group, pending=replace(group.pending, leased=0, served=served), due=now)

        self._change(group.id, free, now)

    def _lease(self, identity: str, now: float) -> Group | None:
        """Reserve a group's message for this sender; None: there is none, or somebody else has it."""

        def lease(group: Group) -> Group:
            if group.pending is None or group.pending.leased > now:
                return group
            return replace(group, pending=replace(group.pending, leased=now + LEASE), due=now + LEASE)

        return self._change(identity, lease, now)

    def _hold_back(self, group: Group, now: float) -> None:
        def wait(group: Group) -> Group:
            if group.pending is None:
                return group
            return replace(group, pending=replace(group.pending, leased=0, waiting=True), due=now)

        self._change(group.id, wait, now)

    def _rolled_up(self, identity: str, now: float) -> Group | None:
        return self._change(identity, lambda group: roll_up(group, now), now) or self._store.group(identity)

    def _mark(self, leased: Group, now: float) -> None:
        if leased.pending is None:
            return
        sequence = leased.pending.sequence
        self._change(leased.id, lambda group: sent(group, sequence, leased.count, now), now)

    def _change(self, identity: str, change: Callable[[Group], Group], now: float) -> Group | None:
        """Change a group whatever others write meanwhile; None: the change left it as it is."""
        for _ in range(ATTEMPTS):
            before = self._store.group(identity)
            after = change(before) if before else None
            if before is None or after is None or after == before:
                return None
            try:
                self._store.write(before, after, (), now)
            except ConflictError:
                continue
            return after
        raise UnavailableError(f"group {identity} is written to by too many at once")

    def _may_leave(self, *, critical: bool, now: float) -> bool:
        for _ in range(ATTEMPTS):
            before = self._store.rate(TOPIC)
            after = before.take(now, critical=critical)
            if after is None:
                return False
            try:
                self._store.spend(TOPIC, before, after)
            except ConflictError:
                continue
            return True
        raise UnavailableError("the rate of the alert topic is written to by too many at once")


def _total(steps: Sequence[Callable[[], bool]]) -> int:
    """Count the steps that did something; a step that failed is raised after all had their turn."""
    done, failure = 0, None
    for step in steps:
        try:
            done += step()
        except UnavailableError as error:
            failure = error
    if failure:
        raise failure
    return done
