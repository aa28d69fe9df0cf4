from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.globs import compile_glob, is_literal, literal_prefix, literal_suffix, overlaps, unescape

from tests.support.naive_matcher import glob_matches, glob_overlaps

texts = st.text(alphabet="ab/*?\\\n\0", max_size=8)


@given(pattern=texts, text=texts)
def test_compiled_patterns_agree_with_a_step_by_step_matcher(pattern: str, text: str):
    assert compile_glob(pattern)(text) == glob_matches(pattern, text)


@given(pattern=texts, prefix=texts)
def test_overlaps_agrees_with_a_step_by_step_matcher(pattern: str, prefix: str):
    assert overlaps(pattern, prefix) == glob_overlaps(pattern, prefix)


@given(pattern=texts, prefix=texts, rest=texts)
def test_a_pattern_overlaps_every_prefix_of_a_text_it_matches(pattern: str, prefix: str, rest: str):
    assert overlaps(pattern, prefix) or not compile_glob(pattern)(prefix + rest)


@given(pattern=texts)
def test_a_pattern_without_wildcards_matches_its_unescaped_text(pattern: str):
    assert not is_literal(pattern) or compile_glob(pattern)(unescape(pattern))


@given(pattern=texts, text=texts)
def test_what_a_pattern_matches_begins_and_ends_as_it_does(pattern: str, text: str):
    ends = text.startswith(literal_prefix(pattern)) and text.endswith(literal_suffix(pattern))

    assert ends or not compile_glob(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "suffix"),
    [("*.csv", ".csv"), ("a?b*", ""), ("a?b", "b"), (r"*\*x", "*x"), ("abc", "abc"), ("", "")],
    ids=str,
)
def test_the_literal_suffix_is_what_follows_the_last_wildcard(pattern: str, suffix: str):
    assert literal_suffix(pattern) == suffix


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("payroll/*", "payroll/2026/q3.csv", True),
        ("payroll/*", "payroll/", True),
        ("payroll/*", "Payroll/a", False),
        ("*.bak", "a/b.bak", True),
        ("a*a", "a", False),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*b", "a-b", False),
        ("report-?.csv", "report-1.csv", True),
        ("report-?.csv", "report-10.csv", False),
        ("*-?-*", "a-b-c", True),
        (r"a\*b", "a*b", True),
        (r"a\*b", "a-b", False),
        (r"a\?", "a?", True),
        (r"a\\*", r"a\b", True),
        (r"a\b", r"a\b", True),
        ("**", "", True),
        ("", "", True),
        ("", "a", False),
    ],
    ids=[
        "star crosses slashes",
        "star is nothing too",
        "case counts",
        "suffix",
        "head and tail do not share a letter",
        "middle",
        "middle and tail do not share a letter",
        "question mark is one character",
        "question mark is not two",
        "question mark between stars",
        "escaped star",
        "escaped star is no wildcard",
        "escaped question mark",
        "escaped backslash",
        "backslash before a letter is itself",
        "two stars",
        "empty matches empty",
        "empty matches nothing else",
    ],
)
def test_patterns_match_as_documented(pattern: str, text: str, matches: bool):
    assert compile_glob(pattern)(text) is matches


def test_many_stars_do_not_slow_matching_down():
    assert not compile_glob("*a" * 40 + "b")("a" * 50_000)
