from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from s3watch.detection import conditions
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.ruleset import Condition
from s3watch.sources.cloudtrail import decode

from tests.support import generated, naive_matcher
from tests.support.cloudtrail import ANONYMOUS, as_bytes, make_record, make_role
from tests.support.laws import more_examples


def make_access(odd: Any = None, **changes: Any) -> Access:
    raw = as_bytes(make_record(request={"odd": odd}, **changes))
    return extract(decode(raw), raw)[0]


def holds(condition: Condition, access: Access) -> bool:
    return conditions.compile(condition)(access)


def odd(op: str, *values: str, **members: Any) -> Condition:
    """A condition on requestParameters.odd."""
    return Condition(op, field="requestParameters.odd", values=values, **members)


@more_examples(2)
@given(condition=generated.conditions, record=generated.records)
def test_a_compiled_condition_agrees_with_a_naive_evaluation(condition: Condition, record: dict[str, Any]):
    raw = as_bytes(record)
    for access in extract(decode(raw), raw):
        assert holds(condition, access) == naive_matcher.holds(condition, access)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (odd("eq", "Payroll"), "pAYROLL", True),
        (odd("eq", "Payroll", cased=True), "pAYROLL", False),
        (odd("eq", "a", "b"), "b", True),
        (odd("eq", "a"), ["x", "a"], True),
        (odd("eq", "a"), [["x", ["a"]], None], True),
        (odd("eq", "a"), [], False),
        (odd("eq", "true"), True, True),
        (odd("eq", "TRUE"), "true", True),
        (odd("eq", "300"), 300, True),
        (odd("eq", ""), None, False),
        (odd("eq", "null"), None, False),
        (odd("bool", "true"), "True", True),
        (odd("bool", "false"), False, True),
        (odd("bool", "false"), None, False),
        (odd("bool", "true"), 1, False),
        (odd("prefix", "Pay"), "payroll/", True),
        (odd("suffix", ".CSV"), "a.csv", True),
        (odd("suffix", ".csv", "x/rows.csv"), "rows.csv", True),
        (odd("suffix", "rows.csv"), ".csv", False),
        (odd("suffix", "rows.csv", ".i\u0307"), "a.\u0130", True),
        (odd("suffix", "\u0307"), "\u0130", True),
        (odd("suffix", "\u039f\u03a3"), "\u03bf\u03c3", True),
        (odd("suffix", "", "b"), "a", True),
        (odd("contains", "ROLL"), "payroll/", True),
        (odd("contains", "ΔΟΣ"), "οδος", False),
        (odd("contains", "ΔΟΣ"), "ΟΔΟΣ/ΟΔΟΣ", True),
        (odd("contains", '"a":{"b":1}'), {"a": {"b": 1}}, True),
        (odd("contains", '"Principal":"*"'), {"Statement": [{"Principal": "*"}]}, True),
        (odd("prefix", '{"a"'), [{"a": 1}], True),
        (odd("glob", "PAY*.csv"), "payroll/q3.csv", True),
        (odd("glob", "PAY*.csv", cased=True), "payroll/q3.csv", False),
        (odd("re", "^pay"), "payroll", True),
        (odd("re", "^PAY"), "payroll", False),
        (odd("re", "(?i)^PAY", "x"), "payroll", True),
        (odd("re", "b", "^c"), "a\nb", True),
        (odd("empty"), "", True),
        (odd("empty"), None, False),
        (odd("null"), None, True),
        (odd("null"), [None], True),
        (odd("null"), "", False),
        (odd("exists", "true"), "", True),
        (odd("exists", "true"), None, True),
        (odd("exists", "false"), None, False),
        (odd("exists", "false"), [], False),
        (odd("lt", number=8), "7.5", True),
        (odd("gte", number=7.5), 7.5, True),
        (odd("gt", number=0), True, False),
        (odd("gt", number=0), "many", False),
        (odd("number", number=300), "300", True),
        (odd("number", number=300), "3e2", True),
        (odd("lt", number=1), None, False),
        (odd("cidr", "192.0.2.0/24"), "192.0.2.7", True),
        (odd("cidr", "192.0.2.0/24", "2001:db8::/32"), "2001:db8::1", True),
        (odd("cidr", "192.0.2.0/24"), "203.0.113.7", False),
        (odd("cidr", "0.0.0.0/0"), "config.amazonaws.com", False),
        (odd("same", "requestParameters.bucketName"), "HR-data", True),
        (odd("same", "requestParameters.bucketName", cased=True), "HR-data", False),
        (odd("same", "nonsense"), None, False),
        (odd("same-contains", "s3.bucket"), "s3://hr-data/x", True),
        (odd("same-prefix", "s3.bucket"), ["x", "hr-data/x"], True),
        (odd("same-suffix", "s3.bucket"), "hr-data/x", False),
    ],
    ids=[
        "case does not count",
        "case counts when cased",
        "any value will do",
        "any element will do",
        "elements at any depth",
        "an empty list holds nothing",
        "a boolean as text",
        "a text as boolean",
        "a number as text",
        "null is not the empty text",
        "null is not the text null",
        "true as text",
        "false as boolean",
        "null is not false",
        "one is not true",
        "prefix",
        "suffix",
        "one suffix of several",
        "a suffix longer than the text",
        "a suffix of two letters that are one",
        "a suffix of half a letter",
        "a suffix with a final sigma",
        "the empty suffix",
        "contains",
        "final sigma is its own letter",
        "capital sigma folds to one letter",
        "an object as compact JSON",
        "an object with a list in it",
        "an object in a list",
        "glob",
        "glob cased",
        "regular expression",
        "regular expressions count case",
        "regular expressions with flags",
        "any regular expression will do",
        "empty",
        "null is not empty",
        "null",
        "a list of nulls is null",
        "empty is not null",
        "empty exists",
        "null does not exist",
        "null is absent",
        "an empty list is absent",
        "a number in a text",
        "a number",
        "true is no number",
        "a word is no number",
        "equal numbers",
        "equal numbers however written",
        "null is less than nothing",
        "network",
        "either network",
        "another network",
        "a name is no address",
        "same field",
        "same field cased",
        "absent fields are not the same",
        "contains another field",
        "begins with another field",
        "does not end with another field",
    ],
)
def test_a_field_is_compared_as_sigma_specifies(condition: Condition, value: Any, expected: bool):
    assert holds(condition, make_access(value)) is expected


@pytest.mark.parametrize(
    "condition",
    [
        odd("eq", "a"), odd("prefix", ""), odd("contains", ""), odd("glob", "*"), odd("re", ".*"),
        odd("empty"), odd("cidr", "0.0.0.0/0"), odd("gte", number=0), odd("bool", "false"),
        odd("same", "requestParameters.odd"),
    ],
    ids=lambda condition: condition.op,
)  # fmt: skip
def test_for_an_absent_field_only_negations_are_true(condition: Condition):
    access = make_access(None)

    assert (holds(condition, access), holds(Condition("not", of=(condition,)), access)) == (False, True)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("PAYROLL/2026", True),
        ('"bucketName":"hr-data"', True),
        ("aws-cli/2.31.0 md", True),
        ("payroll 2026", False),
        ("Größe", True),
    ],
    ids=["case does not count", "compact JSON", "a phrase", "no such phrase", "not ASCII"],
)
def test_keywords_are_searched_in_the_whole_record(word: str, found: bool):
    assert holds(Condition("keyword", values=(word,)), make_access("GRÖSSE größe")) is found


def test_keywords_are_searched_without_white_space_and_escapes():
    raw = b'{"eventName": "Get\\u004fbject",\n "requestParameters": {"bucketName" : "a"}}'
    (access,) = extract(decode(raw), raw)

    assert holds(Condition("keyword", values=('"eventname":"getobject","requestparameters":{"b',)), access)


def test_a_number_with_many_digits_is_compared_without_an_error():
    assert holds(odd("gt", number=1), make_access("9" * 5000))


def test_cheap_parts_are_tested_first():
    nested = Condition("keyword", values=("x",))
    cheap = Condition("eq", field="eventName", values=("Other",))

    assert sorted((nested, cheap, odd("eq", "x")), key=conditions.cost) == [cheap, odd("eq", "x"), nested]


def test_an_invalid_condition_raises_when_it_is_compiled():
    with pytest.raises(KeyError, match=r"s3\.nonsense"):
        conditions.compile(Condition("eq", field="s3.nonsense", values=("x",)))


NULL = {"responseElements": None, "errorCode": None, "userIdentity": None, "resources": [{"ARN": None}]}


@pytest.mark.parametrize(
    "field",
    [
        "responseElements", "errorCode", "userIdentity", "resources", "resources.ARN",
        "requestParameters.odd", "requestParameters",
    ],
)  # fmt: skip
def test_a_member_exists_if_the_record_has_it_be_it_null(field: str):
    there = make_access(**NULL)
    raw = as_bytes(make_record(without=(*NULL, "requestParameters")))
    lacking = extract(decode(raw), raw)[0]

    assert [
        holds(Condition("exists", field=field, values=(value,)), access)
        for access in (there, lacking)
        for value in ("true", "false")
    ] == [True, False, False, True]


def test_a_fact_exists_if_it_is_known():
    mfa = Condition("exists", field="s3.mfa", values=("true",))

    assert [holds(mfa, make_access(userIdentity=one)) for one in (make_role(), ANONYMOUS)] == [True, False]
