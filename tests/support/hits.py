"""Summaries of hits, and the groups and messages that they make, for tests of the ledger."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from s3watch.alerts.alert import Alert, Evidence
from s3watch.ledger.counters import Sums
from s3watch.ledger.groups import Group, Tally, fold, open_group
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import Message, announce
from s3watch.ledger.news import urgent_kind

from tests.support.sensitive import NOW

FIRST, SECOND = "01M7VRMMR0ZNFGJJRWD2Z0Q6X0", "01M7VRMMR04YQ8ZJ1T6W9XH2V7"  # ids of groups of one window
EVIDENCE = Evidence(
    time=NOW - 60, event_id="e1", request_id="R1", event_name="GetObject", operation="read", scope="object",
    outcome="success", act="read", bucket="hr-data", actor="alice", principal="user/alice",
)  # fmt: skip
TALLY = Tally(
    "high", ("unexpected-read",), EVIDENCE, Sums({"read": 1}, bytes_out=100), NOW - 60, NOW - 60,
    ("payroll/a.csv",), ("203.0.113.7",), ("payroll",), ("unexpected-read",), ("read",),
)  # fmt: skip


def make_tally(count: int = 1, act: str = "read", target: str = "", **changes: Any) -> Tally:
    """Hits that did the same, to a target."""
    evidence = changes.pop("evidence", replace(EVIDENCE, act=act))
    acts = changes.pop("acts", (f"{act} {target}".strip(),))
    return replace(TALLY, evidence=evidence, sums=Sums({act: count}), acts=acts, **changes)


def open_first(tally: Tally, now: float = NOW) -> tuple[Group, tuple[Message, ...]]:
    """A group after its first hits, and its messages."""
    group = open_group("G1", "payroll", "hr@example.com", tally, now)
    return announce(group, "first", now, tally.evidence, tally.rules[0])


def add(group: Group, tally: Tally, now: float = NOW, way: str = "") -> tuple[Group, tuple[Message, ...]]:
    """A group with more hits, and the messages that can not wait."""
    kind = urgent_kind(group, tally)
    after = fold(group, tally, now, way=way)
    return announce(after, kind, now, tally.evidence, tally.rules[0]) if kind else (after, ())


def make_group(count: int = 1, **changes: Any) -> Group:
    """A group whose first message is written."""
    return open_first(make_tally(count, **changes))[0]


def newest_alert(store: MemoryStore) -> Alert:
    """The alert of the latest mail that is not sent yet."""
    return [message.alert for message in store.messages.values() if message.topic == "mail"][-1]
