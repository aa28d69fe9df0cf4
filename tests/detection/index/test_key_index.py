from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.conditions import compile as compile_condition
from s3watch.detection.index.key_index import Candidate, KeyIndex, required_key_test, required_prefixes
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Detection
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record
from tests.support.generated import conditions

keys = st.sampled_from(["payroll/q3.csv", "Payroll/Q3.CSV", "ΟΔΟΣ/Σ", "x", "a b+c%20d"])


@given(conditions=st.lists(conditions, min_size=1, max_size=6), key=keys)
def test_no_candidate_that_matches_is_left_out(conditions: list[Condition], key: str):
    raw = as_bytes(make_record(key=key))
    access = Access(decode(raw), raw)
    candidates = [
        Candidate(number, Detection(str(number), "", "low", each), None, required_key_test(each))
        for number, each in enumerate(conditions)
    ]
    found = KeyIndex(zip(candidates, conditions, strict=True)).of(key)
    matching = [
        each
        for each, condition in zip(candidates, conditions, strict=True)
        if compile_condition(condition)(access)
    ]

    assert [each for each in candidates if each in found or each in matching] == found


def test_candidates_are_looked_up_by_the_prefix_of_the_key():
    rules = [Condition("prefix", field="s3.key", values=(f"team-{number}/",)) for number in range(1000)]
    candidates = [
        Candidate(number, Detection(str(number), "", "low", each), None, None)
        for number, each in enumerate(rules)
    ]

    assert KeyIndex(zip(candidates, rules, strict=True)).of("TEAM-77/a") == [candidates[77]]


def test_a_condition_that_does_not_need_the_key_requires_no_prefix():
    named = Condition("prefix", field="s3.key", values=("A/", "b"))
    other = Condition("eq", field="eventName", values=("x",))

    assert [
        required_prefixes(each)
        for each in (
            Condition("and", of=(other, named)),
            Condition("or", of=(other, named)),
            Condition("not", of=(named,)),
        )
    ] == [frozenset({"a/", "b"}), None, None]
