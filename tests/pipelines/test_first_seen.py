"""Earlier accesses in the pipeline: when detections about them hit, and what if nobody can know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.earlier import Earlier
from s3watch.errors import UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import Condition, Detection, Ruleset

from tests.support.cloudtrail import make_record, make_role
from tests.support.detect_runs import CALL, counts_of, make_deleted, run
from tests.support.sensitive import NOW, RULESET, UNEXPECTED, numbered

READ = Condition("eq", field="s3.operation", values=("read",))
FIRST = Detection(
    "first-read", "First read", "high", READ, ("s3.first_seen", "s3.operation"),
    whole=Condition("and", of=(READ, Condition("bool", field="s3.first_seen", values=("true",)))),
)  # fmt: skip
SIGNAL = replace(UNEXPECTED, is_signal=True)
WITH_FIRST = replace(RULESET, detections=(SIGNAL, FIRST))
DAY = 86400


def read_on(day: int, role: str = "Analyst") -> dict[str, Any]:
    time = datetime.fromtimestamp(NOW + day * DAY, UTC)
    return make_record(
        eventTime=time.strftime("%Y-%m-%dT%H:%M:%SZ"), requestID=f"day-{day}-{role}",
        userIdentity=make_role(role),
    )  # fmt: skip


def told(store: MemoryStore) -> list[tuple[str, Earlier]]:
    groups = sorted(store.groups.values(), key=lambda group: group.first)
    return [(group.evidence.principal, group.evidence.earlier) for group in groups]


def test_a_detection_hits_who_comes_for_the_first_time_once_others_were_learned():
    _, store = run(read_on(0), read_on(20), read_on(20, "Newcomer"), ruleset=WITH_FIRST)

    assert told(store) == [("role/Newcomer", Earlier(True, None, None, True))]


def test_an_access_that_is_no_first_one_is_clean_if_nothing_else_matches():
    outcome, _ = run(read_on(0), read_on(20), ruleset=replace(WITH_FIRST, detections=(FIRST,)))

    assert counts_of(outcome) == {"received": 2, "clean": 2}


def test_alerts_say_what_is_new_whether_a_detection_asks_or_not():
    ruleset = replace(RULESET, detections=(UNEXPECTED,))
    _, store = run(read_on(0), read_on(20), ruleset=ruleset)

    assert [earlier for _, earlier in told(store)] == [Earlier(), Earlier(False, 20, None, False)]


class Away(MemoryStore):
    """A store whose memory of earlier accesses cannot be read."""

    def seen(self, keys: Sequence[str]) -> Mapping[str, frozenset[int]]:
        raise UnavailableError("DynamoDB: throttled")


class Full(MemoryStore):
    """A store that takes no more of what was seen."""

    def add_seen(self, key: str, windows: Iterable[int], expires: float | None) -> None:
        raise UnavailableError("DynamoDB: throttled")


@pytest.mark.parametrize("kind", [Away, Full], ids=["not read", "not written"])
def test_what_cannot_be_judged_is_retried_and_not_told_without(kind: type[MemoryStore]):
    store = kind()
    outcome = Pipeline(WITH_FIRST, Ledger(store)).run(numbered(read_on(0), read_on(1)), NOW)

    assert (outcome.unrecorded, outcome.trouble) == ({"message-0", "message-1"}, "DynamoDB: throttled")
    assert outcome.counts.balanced
    assert store.groups == {}


def test_a_batch_delete_that_cannot_be_judged_is_evaluated_later():
    pipeline = Pipeline(_deletes(), Ledger(store := Away()))
    pipeline.run(numbered(CALL, make_deleted("payroll/a.csv")), NOW)

    outcome = pipeline.evaluate_due_deletes(NOW + 60)

    assert (outcome.trouble, counts_of(outcome), store.groups) == ("DynamoDB: throttled", {}, {})
    assert store.due_deletes(NOW + 60)


def _deletes() -> Ruleset:
    return replace(RULESET, detections=(UNEXPECTED, FIRST))
