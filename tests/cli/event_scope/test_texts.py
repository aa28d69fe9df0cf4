from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.conditions import text_test
from s3watch.detection.field_values import fold
from s3watch.globs import is_literal, unescape
from s3watch.ruleset import Condition
from s3watch_cli.event_scope.clauses import Leaf
from s3watch_cli.event_scope.texts import (
    KELVIN,
    escape,
    leaves_of_condition,
    leaves_of_keys,
)

from tests.support import event_patterns
from tests.support.naive_matcher import glob_matches

DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
texts = st.text(alphabet=f"kKiIsS{KELVIN}{DOTTED}.é*?\\", max_size=6)
conditions = st.builds(
    Condition,
    op=st.sampled_from(["eq", "prefix", "suffix", "glob", "contains", "re"]),
    field=st.just("s3.key"),
    values=st.lists(texts, max_size=2).map(tuple),
    cased=st.booleans(),
)


def test_only_two_characters_have_a_lower_case_in_ascii_that_is_not_their_own():
    odd = {
        char
        for char in map(chr, range(128, sys.maxunicode + 1))
        if not 0xD800 <= ord(char) < 0xE000 and any(each.isascii() for each in fold(char))
    }

    assert odd == {KELVIN, DOTTED}
    assert fold(DOTTED) == "i\N{COMBINING DOT ABOVE}"


@given(condition=conditions, text=texts)
def test_the_values_hold_wherever_the_condition_does(condition: Condition, text: str):
    leaves = None if condition.op == "re" else leaves_of_condition(condition)

    assert leaves is None or holds(text, leaves) or not text_test(condition)(text)


def holds(text: str, leaves: frozenset[Leaf]) -> bool:
    return any(event_patterns.leaf_holds(text, leaf.write()) for leaf in leaves)


@pytest.mark.parametrize(
    ("op", "value", "cased", "leaves"),
    [
        ("suffix", ".PEM", False, {("folded-suffix", ".PEM")}),
        ("suffix", ".key", False, {("folded-suffix", ".key"), ("folded-suffix", f".{KELVIN}ey")}),
        ("suffix", ".key", True, {("suffix", ".key")}),
        ("suffix", "é.pem", False, {("folded-suffix", ".pem")}),
        ("prefix", "pai", False, {("folded-prefix", "pa")}),
        ("prefix", "paé", False, {("folded-prefix", "pa")}),
        ("eq", "x", False, {("folded", "x")}),
        ("eq", "aé", False, {("folded-prefix", "a")}),
        ("glob", "pay*/q?", False, {("folded-prefix", "pay")}),
        ("glob", "*.csv", True, {("suffix", ".csv")}),
        ("glob", "*roll*", False, None),
        ("suffix", "kkkkk", False, None),
        ("contains", "roll", False, None),
    ],
    ids=[
        "an end",
        "an end with k",
        "an end as it is written",
        "an end beyond ASCII",
        "a beginning",
        "a beginning beyond ASCII",
        "a text",
        "a text beyond ASCII",
        "a pattern's beginning",
        "a pattern's end",
        "a pattern's midst",
        "too many ways to write k",
        "a midst",
    ],
)
def test_a_condition_on_text_becomes(op, value, cased, leaves):
    found = leaves_of_condition(Condition(op, field="s3.key", values=(value,), cased=cased))

    assert found == (leaves if leaves is None else {Leaf(*each) for each in leaves})


@pytest.mark.parametrize(
    ("patterns", "leaves"),
    [
        (["payroll/*", "old/*"], {("prefix", "payroll/"), ("prefix", "old/")}),
        (["payroll/*", "payroll/old/*", "payroll/x"], {("prefix", "payroll/")}),
        (["*.csv", "a/*/b"], {("suffix", ".csv"), ("prefix", "a/")}),
        ([r"a\*", "x"], {("is", "a*"), ("is", "x")}),
        (["x", "*"], None),
        (["*roll*"], None),
    ],
    ids=["prefixes", "a prefix of others", "an end and a beginning", "texts", "everything", "a midst"],
)
def test_keys_that_match_patterns_become(patterns, leaves):
    found = leaves_of_keys(patterns)

    assert found == (leaves if leaves is None else {Leaf(*each) for each in leaves})


globs = st.text(alphabet="ab/*?\\", max_size=7)


@given(pattern=globs, text=globs)
def test_the_values_hold_for_every_key_that_matches_a_pattern(pattern: str, text: str):
    leaves = leaves_of_keys([pattern])

    assert leaves is None or holds(text, leaves) or not glob_matches(pattern, text)


@given(text=globs)
def test_an_escaped_text_matches_itself_only(text: str):
    assert is_literal(escape(text))
    assert unescape(escape(text)) == text
