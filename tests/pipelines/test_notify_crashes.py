"""A process killed between any two steps of a delivery."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from s3watch.alerts.sns_message import Publication
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.messages import Topic
from s3watch.ledger.store import Store
from s3watch.pipelines.notify import LEASE, Delivery, Publish

from tests.support.cloudtrail import make_record, make_user
from tests.support.deliveries import DETECTIONS
from tests.support.sensitive import NOW, make_hits, make_reads


class KilledError(BaseException):
    """Ends the process; our code must not catch it."""


class Fatal:
    """Passes some calls on to what it wraps, then kills the process before or after one."""

    def __init__(self, inner: Any, calls: int, *, after: bool) -> None:
        self._inner, self._calls, self._after = inner, calls, after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls -= 1
            if self._calls == 0 and not self._after:
                raise KilledError
            answer = getattr(self._inner, name)(*args, **kwargs)
            if self._calls == 0:
                raise KilledError
            return answer

        return call


def ignore(publication: Publication) -> None:
    """A topic that nobody reads."""


def work(store: Any, findings: Any, records: Sequence[dict[str, Any]], now: float) -> None:
    """Process a batch completely: detect records it, the stream invokes notify, the schedule the sweeper."""
    Ledger(store).record(make_hits(*records), "events", now)
    topics: dict[Topic, Publish] = {"mail": ignore, "chat": ignore, "machines": findings.append}
    delivery = Delivery(store, topics, DETECTIONS)
    delivery.deliver(store.due_messages("machines", now + 1e9), lambda: now)
    delivery.sweep(lambda: now)


def name_of(finding: Publication) -> str:
    return f"machines#{json.loads(finding.message)['metadata']['uid'].replace('-', '#')}"


def kill_points() -> Iterator[tuple[int, bool, bool]]:
    """Yield the points before and after each call that leaves the process: to the store, to SNS."""
    for calls in range(1, 40):
        for after in (False, True):
            yield calls, after, False
    yield 1, False, True
    yield 1, True, True


@pytest.mark.parametrize(("calls", "after", "at_sns"), list(kill_points()), ids=str)
def test_a_process_killed_between_any_two_steps_loses_nothing(
    store: Store, calls: int, after: bool, at_sns: bool
):
    findings: list[Publication] = []
    records = [*make_reads(3), make_record(userIdentity=make_user(), requestID="OTHER")]
    fatal_store = store if at_sns else Fatal(store, calls, after=after)
    fatal_topic = Fatal(findings, calls, after=after) if at_sns else findings
    with suppress(KilledError):
        work(fatal_store, fatal_topic, records, NOW)
    twice = [name_of(one) for one in findings if name_of(one) in store.due_messages("machines", NOW + 1e9)]
    work(store, findings, records, NOW + LEASE + 60)  # SQS delivers the batch again

    counts = {name_of(finding): json.loads(finding.message)["count"] for finding in findings}
    assert (sorted(counts.values()), store.due_messages("machines", NOW + 1e9)) == ([1, 3], [])
    assert len(findings) == 2 + len(twice), "twice only between SNS's answer and the deletion"
