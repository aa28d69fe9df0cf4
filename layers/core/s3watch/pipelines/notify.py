"""Sends messages: lease -> rate limit -> render -> publish to the message's SNS topic -> keep when.

Each topic by itself: one that is unavailable ends the run for its own messages only, and they wait for the
sweeper. If a sender crashes, the sweeper sends the message when its lease has expired. A message is sent
twice only if its sender ends, or a response gets lost, after SNS has accepted it and before that is kept:
at-least-once delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from s3watch.alerts.alert import Alert
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.alerts.sns_message import (
    Publication,
    chat_digest_publication,
    chat_publication,
    digest_publication,
    machine_publication,
    publication,
)
from s3watch.errors import Attempts, BusyError, ConflictError, UnavailableError
from s3watch.ledger.merging import gravest, merge
from s3watch.ledger.messages import Message, Topic, topic_of
from s3watch.ledger.store import Store
from s3watch.ruleset import Detection, rank

LEASE = 60.0  # seconds
SENDING = 25.0  # seconds: a call of SNS ends within two attempts of ten seconds and a pause
# Seconds that the messages of one digest are leased, so that their leases outlast its sending
COLLECTING = 20.0
MOST_WAITING = 1000  # messages in one digest: three calls each, within the sweeper's minute
MINUTE = 60.0  # seconds between sweeps
PATIENCE = 3  # messages that fail one after the other: then the store or the topic is away
PACED = ("mail", "chat")  # topics that people read
ATTEMPTS = 20  # to take a token; each conflict means that somebody else took one

type Clock = Callable[[], float]
type Publish = Callable[[Publication], None]  # may raise UnavailableError


@dataclass(slots=True)
class Sent:
    """The result of one run."""

    sent: int = 0  # messages; a digest counts as one
    failures: dict[Topic, str] = field(default_factory=dict)  # why messages of a topic could not be sent


class Delivery:
    """Sends messages within each topic's rate limit."""

    def __init__(
        self,
        store: Store,
        topics: Mapping[Topic, Publish],
        detections: Mapping[str, Detection],
        reader: Reader = UTC_READER,
        tell_canary: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Prepare the sending to the topics of a deployment.

        `tell_canary` is told the seconds between a read of the canary and when its message was accepted.
        """
        self._store = store
        self._topics = topics
        self._detections = detections
        self._reader = reader
        self._tell_canary = tell_canary

    def deliver(self, identities: Iterable[str], clock: Clock) -> Sent:
        """Send new messages, the critical ones first; what can not be sent now is left to the sweeper.

        `clock` returns the current time in epoch seconds. One that fails ends the run for its topic.
        """
        run, exhausted = Sent(), set[Topic]()
        for identity in identities:
            topic = topic_of(identity)
            if topic in exhausted or topic in run.failures or topic not in self._topics:
                continue
            try:
                if (sent := self._deliver(identity, clock)) is None:
                    exhausted.add(topic)
                run.sent += sent or 0
            except UnavailableError as error:
                run.failures[topic] = str(error)
        return run

    def _deliver(self, identity: str, clock: Clock) -> int | None:
        """Send one message; returns the number sent, or None if the topic's rate limit is reached."""
        message = self._lease(identity, clock)
        if message is None:
            return 0
        if not self._may_send(message, clock()):
            self._store.postpone(message, clock(), waits=not message.is_critical)
            return None
        return self._send(message, clock)

    def sweep(self, clock: Clock, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Send the due messages, those beyond a topic's rate limit as one digest; returns the number sent.

        What fails for one topic does not stop the others; the first error is raised at the end.
        """
        topics = tuple(self._topics)
        attempts, first = Attempts(), int(clock() // MINUTE) % len(topics)
        ordered = (*topics[first:], *topics[:first])  # none always has to wait for a slow one
        sent = [attempts.run(partial(self._sweep, topic, clock, should_stop)) for topic in ordered]
        attempts.raise_first()
        return sum(number or 0 for number in sent)

    def _sweep(self, topic: Topic, clock: Clock, should_stop: Callable[[], bool]) -> int:
        """Send a topic's due messages; one that can not be leased or sent does not hold up the others."""
        sent, waiting, leases, sends = 0, list[Message](), Attempts(), Attempts()
        for identity in self._store.due_messages(topic, clock()):
            if PATIENCE in (leases.failed_in_a_row, sends.failed_in_a_row):
                break
            if should_stop() or _is_full(waiting, clock()):
                break
            message = leases.run(partial(self._lease, identity, clock))
            if message is None:
                continue
            # Messages come by queue, so that once one has to wait, all that follow have to.
            if not waiting and not message.waits and self._may_send(message, clock()):
                sent += sends.run(partial(self._send, message, clock)) or 0
            else:
                waiting.append(message)
        sent += sends.run(partial(self._send_waiting, waiting, clock)) or 0
        leases.raise_first()
        sends.raise_first()
        return sent

    def _lease(self, identity: str, clock: Clock) -> Message | None:
        now = clock()
        return self._store.lease(identity, now, now + LEASE)

    def _may_send(self, message: Message, now: float) -> bool:
        """Take a token from the bucket of the message's topic; machines can take any number."""
        if message.topic not in PACED:
            return True
        for _ in range(ATTEMPTS):
            before = self._store.rate(message.topic)
            after = before.take(now, critical=message.is_critical)
            if after is None:
                return False
            try:
                self._store.spend(message.topic, before, after)
            except ConflictError:
                continue
            return True
        raise BusyError(f"too many concurrent writes to the token bucket of {message.topic}")

    def _send(self, message: Message, clock: Clock) -> int:
        """Send one message by itself; returns the number sent. Raises UnavailableError."""
        rendered = self._render(message.topic, message.alert)
        return self._publish([message], rendered, clock, waits=message.waits)

    def _send_waiting(self, waiting: Sequence[Message], clock: Clock) -> int:
        """Send messages as one digest, which needs no token; a single one is sent as it is."""
        if not waiting:
            return 0
        alerts = _one_of_each_group(waiting)
        topic = waiting[0].topic
        if len(alerts) == 1:
            return self._publish(waiting, self._render(topic, alerts[0]), clock, waits=True)
        render = chat_digest_publication if topic == "chat" else digest_publication
        return self._publish(waiting, render(alerts, self._detections, self._reader), clock, waits=True)

    def _publish(
        self, messages: Sequence[Message], rendered: Publication, clock: Clock, *, waits: bool
    ) -> int:
        """Publish leased messages of one topic and mark them, unless their leases are about to expire."""
        if clock() > min(message.leased_until for message in messages) - SENDING:
            return 0
        try:
            self._topics[messages[0].topic](rendered)
        except UnavailableError:
            attempts = Attempts()
            for message in messages:
                attempts.run(partial(self._store.postpone, message, clock(), waits=waits))
            raise
        self._store.mark_sent(messages, clock())
        for message in messages if messages[0].topic == "canary" else ():
            self._tell_canary(clock() - message.alert.first)
        return 1

    def _render(self, topic: Topic, alert: Alert) -> Publication:
        if topic not in PACED:
            return machine_publication(alert, self._detections)
        render = chat_publication if topic == "chat" else publication
        return render(alert, self._detections, self._reader)


def _is_full(waiting: Sequence[Message], now: float) -> bool:
    """Return whether a digest takes no more: it is long, or its first lease is getting old."""
    return bool(waiting) and (
        len(waiting) == MOST_WAITING or now > waiting[0].leased_until - LEASE + COLLECTING
    )


def _one_of_each_group(waiting: Sequence[Message]) -> list[Alert]:
    """Return one alert of each group, which says what all of them say.

    The most severe come first, among equals those of principals that have had the fewest, then the gravest.
    """
    groups: dict[str, list[Alert]] = {}
    turns: dict[str, int] = {}
    for message in sorted(waiting, key=lambda message: message.alert.sequence):
        groups.setdefault(message.alert.id, []).append(message.alert)
        turns[message.alert.id] = message.turn
    return sorted(
        map(merge, groups.values()),
        key=lambda one: (-rank(one.level), turns[one.id], -gravest(one), one.first),
    )
