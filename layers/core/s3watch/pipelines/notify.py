"""Sends pending messages: lease -> rate limit -> render -> publish to the SNS topics -> mark as sent.

If a sender crashes, the message stays pending, and the sweeper sends it when the lease has expired. A message
is sent twice only if its sender crashes after SNS's response and before the mark: at-least-once delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from s3watch.alerts.alert import Alert
from s3watch.alerts.sns_message import (
    Publication,
    chat_digest_publication,
    chat_publication,
    digest_publication,
    publication,
)
from s3watch.errors import Attempts, UnavailableError
from s3watch.ledger.groups import Group, rank
from s3watch.ledger.outbox import Outbox
from s3watch.ledger.store import Store
from s3watch.ruleset import Detection

LATE = (
    900.0  # seconds between event and arrival from which on an alert says so: three deliveries of CloudTrail
)
MOST_WAITING = 250  # held-back messages in one digest: three writes each, within the sweeper's minute
ALERTS, CHAT = "alerts", "chat"  # names of the topics in Pending.delivered


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics that messages are published to; each call may raise UnavailableError."""

    alerts: Callable[[Publication], None]
    chat: Callable[[Publication], None]


def alert_of(group: Group) -> Alert:
    """Return a group's pending message."""
    pending = group.pending
    return Alert(
        id=group.id, kind=pending.kind if pending else "rollup", sequence=group.sequence,
        level=group.level, rule=group.rules[0], rules=group.rules, actor=group.actor,
        principal=group.evidence.principal,
        account=group.evidence.bucket_account or group.evidence.caller_account,
        region=group.evidence.region, label=group.label, owner=group.owner, bucket=group.bucket,
        outcome=group.outcome, evidence=group.evidence, count=group.count, exact=group.exact,
        first=group.first, last=group.counters.last, window_end=group.window_end, keys=group.keys,
        distinct_keys=group.distinct_keys, keys_exact=group.keys_exact, ips=group.ips,
        distinct_ips=len(group.ips), ips_exact=group.ips_exact,
        bytes_in=group.counters.bytes_in, bytes_out=group.counters.bytes_out,
        late=group.late if group.late >= LATE else 0,
    )  # fmt: skip


class Delivery:
    """Sends pending messages within the rate limit."""

    def __init__(self, store: Store, topics: Topics, detections: Mapping[str, Detection]) -> None:
        self._store = store
        self._outbox = Outbox(store)
        self._topics = topics
        self._detections = detections

    def deliver(self, identity: str, now: float, *, retry: bool = False) -> bool:
        """Send a group's pending message if it can be leased and the rate limit allows it.

        Returns whether it was sent. `retry` allows messages that were leased or held back before. Raises
        UnavailableError.
        """
        leased = self._outbox.lease(identity, now, retry=retry)
        if leased is None or leased.pending is None:
            return False
        is_paid = bool(leased.pending.delivered)  # the first attempt, to the other topic, took the token
        if not is_paid and not self._outbox.take_token(now, critical=leased.level == "critical"):
            self._outbox.hold_back(leased, now)
            return False
        self._send([leased], now)
        return True

    def sweep(self, now: float) -> int:
        """Make due roll-ups pending, send all pending messages, and send the held-back ones as one digest.

        Returns the number of messages sent. One that cannot be sent does not stop the others; the first error
        is raised at the end.
        """
        attempts = Attempts()
        names = self._store.due_groups(now)
        due = [group for name in names if (group := attempts.run(partial(self._outbox.roll_up, name, now)))]
        due.sort(key=lambda group: -rank(group.level))
        waiting = [group for group in due if group.pending and group.pending.held_back]
        others = [group for group in due if group not in waiting]
        sent = [attempts.run(partial(self.deliver, group.id, now, retry=True)) for group in others]
        # Messages that were held back just now join the digest, or they would wait for another minute.
        waiting += [group for group, was_sent in zip(others, sent, strict=True) if was_sent is False]
        waiting.sort(key=lambda group: -rank(group.level))
        sent.append(attempts.run(partial(self._send_waiting, waiting[:MOST_WAITING], now)))
        attempts.raise_first()
        return sum(map(bool, sent))

    def _send_waiting(self, waiting: Sequence[Group], now: float) -> bool:
        """Send held-back messages as one digest, which needs no token; a single one is sent as it is."""
        leased = [group for one in waiting if (group := self._outbox.lease(one.id, now, retry=True))]
        self._send(leased, now)
        return bool(leased)

    def _send(self, leased: Sequence[Group], now: float) -> None:
        """Send leased messages to every topic that does not have them yet, and mark them as sent."""
        leased = self._send_to(leased, ALERTS, self._mail, now)
        leased = self._send_to(leased, CHAT, self._chat, now)
        for group in leased:
            self._outbox.mark_sent(group, now)

    def _send_to(
        self, groups: Sequence[Group], topic: str, send: Callable[[Sequence[Alert]], None], now: float
    ) -> list[Group]:
        """Send to one topic what it does not have yet; on failure give all messages back to the sweeper."""
        missing = [group for group in groups if group.pending and topic not in group.pending.delivered]
        try:
            if missing:
                send([alert_of(group) for group in missing])
        except UnavailableError:
            for group in groups:
                self._outbox.give_back(group, now)
            raise
        return [_with(group, topic) for group in groups]

    def _mail(self, alerts: Sequence[Alert]) -> None:
        one = len(alerts) == 1
        self._topics.alerts(publication(alerts[0], self._detections) if one else digest_publication(alerts))

    def _chat(self, alerts: Sequence[Alert]) -> None:
        one = len(alerts) == 1
        self._topics.chat(
            chat_publication(alerts[0], self._detections) if one else chat_digest_publication(alerts)
        )


def _with(group: Group, topic: str) -> Group:
    """Add a topic to those that have the message."""
    if group.pending is None:
        return group
    delivered = (*group.pending.delivered, topic)
    return replace(group, pending=replace(group.pending, delivered=delivered))
