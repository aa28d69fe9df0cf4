"""Detections on trial in the pipeline: they alert nobody and feed what counts them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.errors import UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.silence.day_counts import DayCount, day_key
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import RuleException, Staged

from tests.pipelines.test_correlations import MANY, READS, WITH_MANY, rules_of
from tests.support.cloudtrail import make_record
from tests.support.detect_runs import CALL, DELETED, counts_of, run
from tests.support.sensitive import NOW, RULESET, UNEXPECTED, make_reads, numbered

TRIAL = Staged(UNEXPECTED.rule, "2026-11-01", "hr@example.com")
NOBODY = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}


def on_trial(*staged, ruleset=RULESET):
    return replace(ruleset, staged=staged)


def test_a_hit_of_a_detection_on_trial_alerts_nobody_and_is_counted():
    outcome, store = run(make_record(), ruleset=on_trial(TRIAL))

    assert (counts_of(outcome), store.groups) == ({"received": 1, "excluded": 1}, {})
    assert outcome.silenced == {"staging unexpected-access (hr@example.com)": 1}


def test_what_else_a_hit_matches_is_told_without_what_is_on_trial():
    _, store = run(make_record(userIdentity=NOBODY), ruleset=on_trial(TRIAL))

    assert rules_of(store) == [("anonymous-access",)]


def test_hits_on_trial_feed_correlations():
    _, store = run(*READS, ruleset=on_trial(TRIAL, ruleset=WITH_MANY))

    assert rules_of(store) == [("many-reads",)]


def test_a_correlation_on_trial_alerts_nobody_and_is_counted_once():
    outcome, store = run(*READS, ruleset=on_trial(replace(TRIAL, rule=MANY.rule), ruleset=WITH_MANY))

    assert rules_of(store) == [("unexpected-access",)]
    assert outcome.silenced == {"staging many-reads (hr@example.com)": 1}


@pytest.mark.parametrize(
    ("until", "groups"), [("2026-11-21", 0), ("2026-11-20", 1)], ids=["the day before", "its end"]
)
def test_a_trial_ends_on_its_end_date(until: str, groups: int):
    _, store = run(make_record(), ruleset=on_trial(replace(TRIAL, until=until)))

    assert len(store.groups) == groups


def test_what_an_exception_covers_says_nothing_of_the_trial():
    agreed = RuleException(UNEXPECTED.rule, "hr@example.com", "migration", "2026-12-31")
    outcome, _ = run(make_record(), ruleset=replace(on_trial(TRIAL), exceptions=(agreed,)))

    assert outcome.silenced == {"1 unexpected-access (hr@example.com)": 1}


def days_of(store: MemoryStore, trial: Staged = TRIAL, day: str = "2026-11-20") -> DayCount:
    return store.day_count(day_key(trial, day))


def test_a_correlation_on_trial_counts_once_however_often_it_is_found_to_fire():
    trial, store = replace(TRIAL, rule=MANY.rule), MemoryStore()
    pipeline = Pipeline(on_trial(trial, ruleset=WITH_MANY), Ledger(store))
    for _ in range(3):
        pipeline.run(numbered(*make_reads(6)), NOW)

    assert days_of(store, trial).number == 1


def test_batch_deletes_that_were_held_are_counted_too():
    store = MemoryStore()
    pipeline = Pipeline(on_trial(TRIAL), Ledger(store))
    pipeline.run(numbered(CALL, *DELETED), NOW)
    pipeline.evaluate_due_deletes(NOW + 3600)

    assert days_of(store).number == 2  # the third is of no label


class Away(MemoryStore):
    """A store that cannot be counted in for a while."""

    is_away = True

    def add_to_day(self, key: str, added: DayCount, now: float) -> None:
        if self.is_away:
            raise UnavailableError("DynamoDB: throttled")
        super().add_to_day(key, added, now)


def test_what_could_not_be_counted_is_tried_again_and_nothing_counts_twice():
    store = Away()
    pipeline = Pipeline(on_trial(TRIAL), Ledger(store))
    records = numbered(make_record(userIdentity=NOBODY), *make_reads(2))
    first = pipeline.run(records, NOW)
    store.is_away = False
    second = pipeline.run(records, NOW)
    pipeline.run(records, NOW)

    assert (first.unrecorded, second.unrecorded) == ({"message-0", "message-1", "message-2"}, set())
    assert (days_of(store).number, [group.count for group in store.groups.values()]) == (3, [1])
