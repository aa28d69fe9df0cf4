"""The store in memory is what replay counts by: random steps give the same as on DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, get_args

import pytest
from s3watch.alerts.alert import Judgement, Snooze, Verdict
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import ConflictError
from s3watch.ledger.counters import Sums
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS
from s3watch.ledger.silence.snoozes import snooze_group
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import give_verdict

from tests.support.cloudtrail import make_record, make_user
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits

STEPS = 40
EVENTS = ("GetObject", "GetObject", "PutObject", "DeleteObject")


class Actions:
    """What happens to a store, drawn from a seed; the same for every store."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = Random(seed)
        self.ledger = Ledger(store, exact=6)
        self.now = NOW
        self.leased: list[Any] = []

    def step(self) -> Any:
        self.now += self.random.choice((0.0, 1.0, 60.0, 1000.0, 8000.0))
        act: Callable[[], Any] = self.random.choice(
            (
                self.record,
                self.record,
                self.roll_up,
                self.lease,
                self.postpone,
                self.mark_sent,
                self.count,
                self.judge,
                self.snooze,
            )
        )
        try:
            return act()
        except ConflictError as conflict:
            return sorted(conflict.claimed)

    def record(self) -> int:
        records = [
            make_record(
                eventName=self.random.choice(EVENTS), requestID=f"R{self.random.randrange(40)}",
                userIdentity=make_user(f"user-{self.random.randrange(3)}"),
            )
            for _ in range(self.random.randrange(1, 5))
        ]  # fmt: skip
        return len(
            self.ledger.record(make_hits(*records), self.random.choice(("events", "log_files")), self.now)
        )

    def roll_up(self) -> int:
        return self.ledger.roll_up_due(self.now)

    def lease(self) -> Any:
        names = self.due()
        if not names:
            return None
        message = self.store.lease(self.random.choice(names), self.now, self.now + 60)
        self.leased += [message] if message else []
        return message

    def postpone(self) -> None:
        if self.leased:
            self.store.postpone(self.leased.pop(), self.now, waits=self.random.random() < 0.5)

    def mark_sent(self) -> None:
        self.store.mark_sent(self.leased[:2], self.now)
        del self.leased[:2]

    def judge(self) -> None:
        groups = sorted(self.store.due_groups(NOW + 1e9))
        if groups:
            group = self.store.group(self.random.choice(groups))
            verdict = Verdict(self.random.choice(get_args(Judgement)), "arn", self.now)
            give_verdict(self.store, group, verdict, self.now)

    def snooze(self) -> None:
        groups = sorted(self.store.due_groups(NOW + 1e9))
        if groups and (group := self.store.group(self.random.choice(groups))) and not group.closed:
            until = self.now + self.random.choice((0.0, 900.0, 8000.0))
            snooze_group(self.store, group, Snooze(until, "arn", self.now), self.now)

    def count(self) -> None:
        groups = sorted(self.store.due_groups(NOW + 1e9))
        if groups:
            added = Sums({"read": self.random.randrange(1, 9)}, 1, 2)
            self.store.count(self.random.choice(groups), "events", added, NOW)

    def due(self) -> list[str]:
        return sorted(name for topic in TOPICS for name in self.store.due_messages(topic, self.now + 1e9))

    def state(self) -> Any:
        groups = sorted(self.store.due_groups(self.now + 1e9))
        return (
            groups,
            [self.store.group(name) for name in groups],
            self.due(),
            self.store.due_messages("mail", self.now),
        )


@pytest.mark.parametrize("seed", range(3), ids=lambda seed: f"seed {seed}")
def test_random_steps_do_the_same_to_both_stores(table: Any, seed: int):
    memory, dynamodb = (Actions(store, seed) for store in (MemoryStore(), DynamoDBStore(table, TABLE)))
    for _ in range(STEPS):
        assert memory.step() == dynamodb.step()
        ours, theirs = memory.state(), dynamodb.state()
        assert ours[:3] == theirs[:3]
        assert sorted(ours[3]) == sorted(theirs[3])
