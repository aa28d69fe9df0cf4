"""Correlations in the pipeline: what feeds them, what they alert, and what fails."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.correlation import Correlation
from s3watch.errors import UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.slots import Slots
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import Condition, Detection, RuleException, Ruleset

from tests.support.detect_runs import counts_of, run
from tests.support.sensitive import DENIED, NOW, RULESET, UNEXPECTED, make_reads, numbered

MANY = Detection(
    "many-reads", "Many objects were read", "critical", Condition("or"),
    correlation=Correlation("value_count", (UNEXPECTED.rule,), 3600, 3, ("s3.actor",), "s3.key"),
)  # fmt: skip
WITH_MANY = replace(RULESET, detections=(UNEXPECTED, DENIED, MANY))
READS = make_reads(3)


def rules_of(store: MemoryStore) -> list[tuple[str, ...]]:
    return [group.rules for group in store.groups.values()]


def excepting(rule: str) -> Ruleset:
    silenced = RuleException(rule, "hr@example.com", "migration", "2026-12-31")
    return replace(WITH_MANY, exceptions=(silenced,))


def test_a_correlation_joins_the_alert_of_what_it_counts():
    outcome, store = run(*READS, ruleset=WITH_MANY)

    assert counts_of(outcome) == {"received": 3, "hit": 3}
    assert [(group.rules, group.count, group.level) for group in store.groups.values()] == [
        (("many-reads", "unexpected-access"), 3, "critical")
    ]


def test_what_fired_is_in_the_outcome_beside_the_hits():
    outcome, _ = run(*READS, ruleset=WITH_MANY)

    assert [[each.rule for each in hit.detections] for hit in outcome.correlated] == [["many-reads"]]
    assert len(outcome.hits) == 3


def test_too_few_accesses_are_no_hit_of_a_correlation():
    _, store = run(*READS[:2], ruleset=WITH_MANY)

    assert rules_of(store) == [("unexpected-access",)]


def test_hits_that_are_excepted_are_counted():
    outcome, store = run(*READS, ruleset=excepting("unexpected-access"))

    assert counts_of(outcome) == {"received": 3, "excluded": 3}
    assert rules_of(store) == [("many-reads",)]


def test_signals_are_counted_and_alert_nobody():
    ruleset = replace(WITH_MANY, detections=(replace(UNEXPECTED, is_signal=True), MANY))

    assert rules_of(run(*READS[:2], ruleset=ruleset)[1]) == []
    assert rules_of(run(*READS, ruleset=ruleset)[1]) == [("many-reads",)]


def test_an_exception_for_a_correlation_silences_it_alone():
    outcome, store = run(*READS, ruleset=excepting("many-reads"))

    assert rules_of(store) == [("unexpected-access",)]
    assert outcome.silenced == {"1 many-reads (hr@example.com)": 1}


def test_a_batch_that_comes_again_fires_nothing_again():
    store = MemoryStore()
    pipeline = Pipeline(WITH_MANY, Ledger(store))
    for _ in range(3):
        pipeline.run(numbered(*READS), NOW)

    assert [(group.rules, group.sequence) for group in store.groups.values()] == [
        (("many-reads", "unexpected-access"), 2)
    ]


class Away(MemoryStore):
    """A store whose slots cannot be written for a while."""

    is_away = True

    def add_to_slots(self, key: str, added: Slots, now: float) -> Slots:
        if self.is_away:
            raise UnavailableError("DynamoDB: throttled")
        return super().add_to_slots(key, added, now)


def test_records_that_could_not_be_counted_are_tried_again():
    store = Away()
    pipeline = Pipeline(WITH_MANY, Ledger(store))
    first = pipeline.run(numbered(*READS), NOW)
    store.is_away = False
    second = pipeline.run(numbered(*READS), NOW)

    assert first.unrecorded == {"message-0", "message-1", "message-2"}
    assert second.unrecorded == set()
    assert rules_of(store) == [("many-reads", "unexpected-access")]


def test_a_correlation_that_fails_is_reported_and_hides_no_other(monkeypatch: pytest.MonkeyPatch):
    broken = replace(MANY, rule="broken", correlation=replace(MANY.correlation, field="s3.no_such_fact"))
    ruleset = replace(WITH_MANY, detections=(UNEXPECTED, broken, MANY))
    outcome, store = run(*READS, ruleset=ruleset)

    assert [(failure.rule, failure.error) for failure in outcome.rule_failures] == [
        ("broken", "KeyError: 's3.no_such_fact'")
    ]
    assert rules_of(store) == [("many-reads", "unexpected-access")]
