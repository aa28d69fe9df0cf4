"""From the outbox to the topics: a pending message is leased, rendered, rated, published, marked sent.

Whoever dies on the way leaves the message pending, and the sweeper sends it after the lease. A message can go
out twice only if its sender dies between SNS's answer and the mark: the price of never losing one.
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
MOST_WAITING = 250  # held-back messages in one digest: three writes each, within a sweep's minute
ALERTS, CHAT = "alerts", "chat"  # topics, by the names under which it is noted who has a message


@dataclass(frozen=True, slots=True)
class Topics:
    """Where messages go: each takes a publication and raises UnavailableError if it could not."""

    alerts: Callable[[Publication], None]
    chat: Callable[[Publication], None]


def alert_of(group: Group) -> Alert:
    """The message a group has pending now."""
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
    """Sends pending messages, at most as fast as people and SNS bear."""

    def __init__(self, store: Store, topics: Topics, detections: Mapping[str, Detection]) -> None:
        self._store = store
        self._outbox = Outbox(store)
        self._topics = topics
        self._detections = detections

    def deliver(self, identity: str, now: float, *, retry: bool = False) -> bool:
        """Send a group's pending message, if it is free to go; says whether one was sent."""
        leased = self._outbox.lease(identity, now, retry=retry)
        if leased is None or leased.pending is None:
            return False
        is_paid = bool(leased.pending.delivered)  # a topic that lagged behind costs no other message its turn
        if not is_paid and not self._outbox.take_token(now, critical=leased.level == "critical"):
            self._outbox.hold_back(leased, now)
            return False
        self._send([leased], now)
        return True

    def sweep(self, now: float) -> int:
        """Roll up what is due, send what stayed pending, and what was held back as one digest.

        What can not be sent keeps nothing else back; the first reason is raised in the end.
        """
        attempts = Attempts()
        names = self._store.due_groups(now)
        due = [group for name in names if (group := attempts.run(partial(self._outbox.roll_up, name, now)))]
        due.sort(key=lambda group: -rank(group.level))
        waiting = [group for group in due if group.pending and group.pending.held_back]
        others = [group for group in due if group not in waiting]
        sent = [attempts.run(partial(self.deliver, group.id, now, retry=True)) for group in others]
        # What the pace held back just now goes along, or it would wait for another minute.
        waiting += [group for group, was_sent in zip(others, sent, strict=True) if was_sent is False]
        waiting.sort(key=lambda group: -rank(group.level))
        sent.append(attempts.run(partial(self._send_waiting, waiting[:MOST_WAITING], now)))
        attempts.raise_first()
        return sum(map(bool, sent))

    def _send_waiting(self, waiting: Sequence[Group], now: float) -> bool:
        """Send held-back messages as one digest, which itself needs no token; one alone goes as it is."""
        leased = [group for one in waiting if (group := self._outbox.lease(one.id, now, retry=True))]
        self._send(leased, now)
        return bool(leased)

    def _send(self, leased: Sequence[Group], now: float) -> None:
        """Send leased messages to every topic and mark them; a retry leaves out the topics that have them."""
        leased = self._serve(leased, ALERTS, self._mail, now)
        leased = self._serve(leased, CHAT, self._chat, now)
        for group in leased:
            self._outbox.mark_sent(group, now)

    def _serve(
        self, groups: Sequence[Group], topic: str, send: Callable[[Sequence[Alert]], None], now: float
    ) -> list[Group]:
        """Send to one topic what it does not have yet; if it is away, all is given back to the sweeper."""
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
    """Note who has the message, as long as it is being sent."""
    if group.pending is None:
        return group
    delivered = (*group.pending.delivered, topic)
    return replace(group, pending=replace(group.pending, delivered=delivered))
