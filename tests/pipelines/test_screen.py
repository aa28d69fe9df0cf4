"""A screen leaves out only what would be counted as clean."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_changes
from s3watch.detection.matcher import Matcher
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Outcome, Screened
from s3watch.ruleset import RuleException, Ruleset
from s3watch.sources.streams import read_records

from tests.support.broken_records import FAULTS, make_raw
from tests.support.cloudtrail import as_bytes, make_record
from tests.support.generated import records, rulesets
from tests.support.sensitive import NOW, RULESET

FAULTY = [fault(make_raw()) for name, fault in FAULTS.items() if "00 deep" not in name]
SOURCE = {"x-amz-copy-source": "hr-data/payroll/2026/q3.csv"}
EXCEPTION = RuleException("rule-0", "o", "r", "2099-01-01", actors=("user/*", "role/payroll-app"))


def run(ruleset: Ruleset, left: Screened) -> tuple[Outcome, MemoryStore]:
    store = MemoryStore()
    pipeline = Pipeline(ruleset, Ledger(store), with_events=True)
    return pipeline.run(left.records, NOW, known=left.rules), store


def screen(ruleset: Ruleset, numbered: Sequence[tuple[str, bytes]]) -> Screened:
    return Pipeline(ruleset, Ledger(MemoryStore()), with_events=True).screen(numbered)


@given(rulesets, st.lists(records.map(as_bytes) | st.sampled_from(FAULTY), max_size=8))
def test_records_that_are_left_out_are_clean_and_nothing_else_comes_of_them(
    ruleset: Ruleset, raws: list[bytes]
):
    ruleset = with_changes(ruleset, exceptions=(EXCEPTION,))
    numbered = [(str(number), raw) for number, raw in enumerate(raws)]
    left = screen(ruleset, numbered)
    (whole, store), (part, store_of_part) = run(ruleset, Screened(numbered)), run(ruleset, left)

    dropped = len(numbered) - len(left.records)
    assert part.counts == replace(
        whole.counts, received=whole.counts.received - dropped, clean=whole.counts.clean - dropped
    )
    assert _said(part) == _said(whole)
    assert (store_of_part.groups, store_of_part.claims) == (store.groups, store.claims)


@pytest.mark.parametrize(
    ("record", "rules"),
    [
        pytest.param(make_record(), {"0": ("unexpected-access",)}, id="a hit"),
        pytest.param(make_record(eventName="CopyObject", request=SOURCE), {}, id="a copy has two sides"),
    ],
)
def test_what_a_record_matches_is_told_with_it(record: dict[str, Any], rules: dict[str, tuple[str, ...]]):
    left = screen(RULESET, [("0", as_bytes(record))])

    assert left == Screened([("0", as_bytes(record))], rules)


def test_what_is_told_is_not_matched_again(monkeypatch: pytest.MonkeyPatch):
    left = screen(RULESET, [("0", as_bytes(make_record()))])
    monkeypatch.setattr(Matcher, "match", lambda *_: ())

    assert run(RULESET, left)[0].counts.hit == 1


def _said(outcome: Outcome) -> tuple[Any, ...]:
    hits = [(hit.access.raw, [each.rule for each in hit.detections]) for hit in outcome.hits]
    return outcome.unreadable, outcome.rule_failures, outcome.silenced, hits


def test_another_process_says_why_a_line_cannot_be_read_as_the_reader_of_its_file_did():
    (line,) = read_records([b"nonsense"], "2026-11-20-08-14-03-0123456789ABCDEF")
    copy = pickle.loads(pickle.dumps(line))

    assert (copy, copy.reason) == (line, "neither JSON nor an access-log line")
