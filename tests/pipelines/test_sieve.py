from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.detection.matcher import Hit, RuleFailure
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.outcome import Outcome
from s3watch.pipelines.sieve import Found, Sieve
from s3watch.ruleset import Condition, Detection, RuleException

from tests.support.cloudtrail import make_record
from tests.support.detect_runs import counts_of
from tests.support.sensitive import DENIED, NOW, RULESET, UNEXPECTED, excepting, first_access

HIT = Hit(first_access(make_record()), (UNEXPECTED, DENIED))
FAILED = RuleFailure(DENIED.rule, "e1", "ValueError: no number")
SILENCED = RuleException(UNEXPECTED.rule, "hr@example.com", "migration", "2027-12-31")
SIGNALS = replace(RULESET, detections=tuple(replace(each, is_signal=True) for each in HIT.detections))
NEVER = Detection(
    "new", "new", "low", Condition("and"), whole=Condition("bool", field="s3.first_seen", values=("true",))
)


@pytest.mark.parametrize(
    ("results", "ruleset", "counts"),
    [
        ([HIT], RULESET, {"hit": 1}),
        ([HIT], excepting(SILENCED, replace(SILENCED, rule=DENIED.rule)), {"excluded": 1}),
        ([HIT], SIGNALS, {"excluded": 1}),
        ([FAILED], RULESET, {"failed": 1}),
        ([HIT, FAILED], RULESET, {"hit": 1}),
        ([Hit(HIT.access, (NEVER,))], replace(RULESET, detections=(NEVER,)), {"clean": 1}),
    ],
    ids=["told", "excepted", "signals", "failed", "told and failed", "not new"],
)  # fmt: skip
def test_a_record_is_counted_by_what_is_left_of_it(results, ruleset, counts):
    Sieve(ruleset, MemoryStore()).sift(results, 1, outcome := Outcome(), NOW)

    assert counts_of(outcome) == counts


def test_what_is_silenced_is_matched_all_the_same():
    (sifted,) = Sieve(excepting(SILENCED), MemoryStore()).sift([HIT], 1, outcome := Outcome(), NOW)

    assert sifted.matched == HIT
    assert sifted.kept is not None
    assert [each.rule for each in sifted.kept.detections] == [DENIED.rule]
    assert list(outcome.silenced.values()) == [1]


def test_a_record_that_fails_is_rejected_and_the_others_go_on():
    broken = Hit(first_access(make_record()), (UNEXPECTED,))
    vars(broken.access)["caller"] = None  # of which no exception can tell who it is
    one = replace(SILENCED, actors=("role/payroll-app",))
    found = [Found("broken", [broken], []), Found("whole", [HIT], [])]
    sifted = Sieve(excepting(one), MemoryStore()).sift_all(found, outcome := Outcome(), NOW)

    assert [name for name, _ in sifted] == ["whole"]
    assert list(outcome.unreadable) == ["broken"]
