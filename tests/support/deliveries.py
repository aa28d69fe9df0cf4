"""Messages on their way: topics that can be made to fail, and an account whose alerts go there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from s3watch.alerts.sns_message import Publication
from s3watch.errors import UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.messages import TOPICS, Topic
from s3watch.ledger.store import Store
from s3watch.pipelines.notify import Delivery, Publish

from tests.support.sensitive import NOW, RULESET, make_hits

DETECTIONS = {detection.rule: detection for detection in RULESET.detections}


@dataclass
class Outside:
    """What is outside our process: the topics, which can be made to fail, and the clock."""

    inbox: dict[Topic, list[Publication]] = field(default_factory=lambda: {topic: [] for topic in TOPICS})
    away: set[Topic] = field(default_factory=set)
    now: float = NOW

    def clock(self) -> float:
        return self.now

    def topics(self) -> dict[Topic, Publish]:
        return {topic: self._topic(topic) for topic in TOPICS}

    def _topic(self, name: Topic) -> Publish:
        def publish(publication: Publication) -> None:
            if name in self.away:
                raise UnavailableError(f"SNS: {name} is away")
            self.inbox[name].append(publication)

        return publish

    def kinds(self, topic: Topic = "mail") -> list[str]:
        return [one.attributes["kind"]["StringValue"] for one in self.inbox[topic]]

    def counts(self) -> list[int]:
        return [json.loads(one.message)["count"] for one in self.inbox["machines"]]


@dataclass
class Account:
    """The ledger and the delivery, and what runs them."""

    store: Store
    outside: Outside
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.store)
        self.delivery = Delivery(self.store, self.outside.topics(), DETECTIONS)

    def record(self, *records: dict[str, Any]) -> None:
        self.ledger.record(make_hits(*records), "events", self.outside.now)

    def new_messages(self) -> list[str]:
        """All messages that are new, once each, also those that wait, which the stream does not report."""
        later = self.outside.now + 1e9
        ids = [name for topic in TOPICS for name in self.store.due_messages(topic, later)]
        new = [name for name in ids if name not in self.seen]
        self.seen.update(new)
        return new

    def notify(self) -> dict[Topic, str]:
        return self.delivery.deliver(self.new_messages(), self.outside.clock).failures

    def sweep(self, after: float = 0) -> None:
        """Run the sweep, some seconds later."""
        self.outside.now += after
        try:
            self.delivery.sweep(self.outside.clock)
        finally:
            self.ledger.roll_up_due(self.outside.now)

    def left(self) -> list[str]:
        return [name for topic in TOPICS for name in self.store.due_messages(topic, self.outside.now + 1e9)]
