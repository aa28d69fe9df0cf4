from __future__ import annotations

from collections import Counter

from s3watch.detection.matcher import RuleFailure
from s3watch.pipelines.outcome import Counts, Outcome

FAILURE = RuleFailure("broken", "event", "KeyError: x")


def test_counts_are_balanced_if_every_record_has_a_result():
    assert Counts(received=6, clean=1, excluded=1, hit=1, failed=1, held=2).balanced
    assert not Counts(received=6, clean=1).balanced


def test_outcomes_of_batches_add_up():
    outcome = Outcome(Counts(received=2, clean=2), silenced=Counter(a=1))
    outcome.add(Outcome(Counts(received=1, hit=1), rule_failures=[FAILURE], silenced=Counter(a=1, b=1)))

    assert outcome == Outcome(
        Counts(received=3, clean=2, hit=1), rule_failures=[FAILURE], silenced=Counter(a=2, b=1)
    )


def test_what_cannot_be_parsed_is_received_and_failed():
    outcome = Outcome()
    outcome.reject({"message-1": "not JSON"})

    assert outcome == Outcome(Counts(received=1, failed=1), unreadable={"message-1": "not JSON"})
