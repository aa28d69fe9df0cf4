from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection import conditions
from s3watch.facts.access import Access
from s3watch.ruleset import Condition
from s3watch.sources.cloudtrail import Record
from s3watch_cli.rules.lowering import lower_text
from sigma.types import SigmaString

from tests.support.rule_folders import lowered, rule

KEY = "requestParameters.key"


def key(op, *values, **more):
    return Condition(op, field=KEY, values=values, **more)


@pytest.mark.parametrize(
    ("clause", "condition"),
    [
        (f"{KEY}: payroll", key("eq", "payroll")),
        (f"{KEY}: payroll/*", key("prefix", "payroll/")),
        (f"{KEY}: '*.csv'", key("suffix", ".csv")),
        (f"{KEY}: '*pay*'", key("contains", "pay")),
        (f"{KEY}: 'p*.csv'", key("glob", "p*.csv")),
        (f"{KEY}: 'p?y'", key("glob", "p?y")),
        (f"{KEY}: '*'", Condition("not", of=(key("null"),))),
        (f"{KEY}: '**pay**'", key("contains", "pay")),
        (f"{KEY}: ''", key("empty")),
        (f"{KEY}: null", key("null")),
        (rf"{KEY}: 'a\*'", key("eq", "a*")),
        (rf"{KEY}: 'a\\*'", key("prefix", "a\\")),
        (rf"{KEY}: '?\*\\\\?'", key("glob", r"?\*\\\\?")),
        (rf"{KEY}: 'C:\dir'", key("eq", r"C:\dir")),
        (f"{KEY}|contains: pay", key("contains", "pay")),
        (f"{KEY}|startswith: pay", key("prefix", "pay")),
        (f"{KEY}|endswith: pay", key("suffix", "pay")),
        (f"{KEY}|contains: 'p*y'", key("glob", "*p*y*")),
        (f"{KEY}|cased: Pay", key("eq", "Pay", cased=True)),
        (f"{KEY}|cased|contains: Pay", key("contains", "Pay", cased=True)),
        (f"{KEY}|contains|cased: Pay", key("contains", "Pay", cased=True)),
        (f"{KEY}|neq: pay", Condition("not", of=(key("eq", "pay"),))),
        (f"{KEY}|re: a.*b", key("re", "a.*b")),
        (f"{KEY}|re|i: a.*b", key("re", "(?i)a.*b")),
        (f"{KEY}|re|i|m|s: a.*b", key("re", "(?ims)a.*b")),
        (f"{KEY}|re|contains: a|b", key("re", ".*(?:a|b).*")),
        (f"{KEY}|exists: true", key("exists", "true")),
        (f"{KEY}|exists: false", key("exists", "false")),
        (f"{KEY}|base64: pay", key("eq", "cGF5")),
        (f"{KEY}|base64offset|contains: pay", key("contains", "cGF5", "Bhe", "wYX")),
        (f"{KEY}|wide|base64: pay", key("eq", "cABhAHkA")),
        (f"{KEY}|utf16be|base64: pay", key("eq", "AHAAYQB5")),
        (f"{KEY}|utf16|base64: pay", key("eq", "//5wAGEAeQA=")),
        (f"{KEY}|windash|contains: ' -r'", key("contains", " -r", " /r", " –r", " —r", " ―r")),  # noqa: RUF001
        (f"{KEY}|expand: pay", key("eq", "pay")),
        (f"{KEY}|fieldref: s3.label", key("same", "s3.label")),
        (f"{KEY}|fieldref|startswith: s3.label", key("same-prefix", "s3.label")),
        (f"{KEY}|fieldref|endswith: s3.label", key("same-suffix", "s3.label")),
        (f"{KEY}|fieldref|contains: s3.label", key("same-contains", "s3.label")),
        ("s3.ip|cidr: 192.0.2.0/24", Condition("cidr", field="s3.ip", values=("192.0.2.0/24",))),
        ("s3.hour|lt: 6", Condition("lt", field="s3.hour", number=6)),
        ("s3.hour|lte: 6", Condition("lte", field="s3.hour", number=6)),
        ("s3.hour|gt: 6.5", Condition("gt", field="s3.hour", number=6.5)),
        ("s3.hour|gte: -6", Condition("gte", field="s3.hour", number=-6)),
        ("s3.hour: 6", Condition("number", field="s3.hour", number=6)),
        ("s3.presigned: true", Condition("bool", field="s3.presigned", values=("true",))),
    ],
    ids=str,
)
def test_a_clause_becomes_the_cheapest_condition_that_says_it(clause, condition):
    assert lowered(clause) == condition


@pytest.mark.parametrize(
    ("search", "condition"),
    [
        (f"{KEY}: [a, b, a]", key("eq", "a", "b")),
        (
            f"{KEY}: [a, b*, c, null, 5]",
            Condition(
                "or",
                of=(
                    key("eq", "a", "c"),
                    key("prefix", "b"),
                    key("null"),
                    Condition("number", field=KEY, number=5),
                ),
            ),
        ),
        (f"{KEY}|contains|all: [a, b]", Condition("and", of=(key("contains", "a"), key("contains", "b")))),
        (f"{KEY}|neq: [a, b]", Condition("not", of=(key("eq", "a", "b"),))),
        (
            f"{KEY}: a\ns3.hour: 1",
            Condition("and", of=(key("eq", "a"), Condition("number", field="s3.hour", number=1))),
        ),
        (f"- {KEY}: a\n- {KEY}: b", key("eq", "a", "b")),
        (
            f"- {KEY}: a\n  s3.ip: b\n- {KEY}|exists: false",
            Condition(
                "or",
                of=(
                    Condition("and", of=(key("eq", "a"), Condition("eq", field="s3.ip", values=("b",)))),
                    key("exists", "false"),
                ),
            ),
        ),
        ("[ransom, '*note*', 5]", Condition("keyword", values=("ransom", "note", "5"))),
        (
            "'|all': [ransom, note]",
            Condition(
                "and",
                of=(Condition("keyword", values=("ransom",)), Condition("keyword", values=("note",))),
            ),
        ),
        ("'|cased': Ransom", Condition("keyword", values=("Ransom",), cased=True)),
    ],
    ids=str,
)
def test_alternatives_of_one_kind_are_gathered_and_the_rest_is_linked(search, condition):
    assert lowered(search) == condition


A, B, C = (Condition("eq", field="s3.key", values=(letter,)) for letter in "abc")


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("sel_a and sel_b", Condition("and", of=(A, B))),
        ("sel_a or sel_b", Condition("eq", field="s3.key", values=("a", "b"))),
        ("sel_a and not sel_b", Condition("and", of=(A, Condition("not", of=(B,))))),
        ("not (sel_a and sel_b)", Condition("not", of=(Condition("and", of=(A, B)),))),
        ("1 of sel_*", Condition("eq", field="s3.key", values=("a", "b"))),
        ("any of sel_*", Condition("eq", field="s3.key", values=("a", "b"))),
        ("all of sel_*", Condition("and", of=(A, B))),
        ("1 of them", Condition("eq", field="s3.key", values=("a", "b", "c"))),
        ("all of them", Condition("and", of=(A, B, C))),
        ("(filter)", C),
        ("sel_a and not 1 of filter*", Condition("and", of=(A, Condition("not", of=(C,))))),
        ("[sel_a, filter]", Condition("eq", field="s3.key", values=("a", "c"))),
    ],
    ids=str,
)
def test_a_condition_links_the_searches_it_names(written, condition):
    found = rule(f"sel_a: {{s3.key: a}}\nsel_b: {{s3.key: b}}\nfilter: {{s3.key: c}}\ncondition: {written}")

    assert found.detection.condition == condition


def matches(condition, text):
    return conditions.compile(condition)(Access(Record(), b"{}", key=text))


@given(st.text("ab*?\\", max_size=6), st.text("ab*?\\", max_size=6))
def test_a_pattern_matches_what_its_characters_say(pattern, text):
    parts = SigmaString(pattern).s
    meaning = "".join(
        re.escape(part) if isinstance(part, str) else {1: ".*", 2: "."}[part.value] for part in parts
    )

    condition = lower_text("s3.key", parts, cased=True)

    assert matches(condition, text) == bool(re.fullmatch(meaning, text, re.DOTALL))


@given(st.text(max_size=6), st.text(max_size=6))
def test_text_without_wildcards_matches_itself_whatever_its_case(pattern, text):
    condition = lower_text("s3.key", [pattern], cased=False)

    assert matches(condition, text) == (conditions.fold(pattern) == conditions.fold(text))
