from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.globs import compile_glob, is_literal, literal, overlaps

from tests.support.naive_matcher import glob_matches, glob_overlaps

texts = st.text(alphabet="ab/*?\\\n", max_size=8)


@given(pattern=texts, text=texts)
def test_a_pattern_matches_what_following_it_step_by_step_matches(pattern: str, text: str):
    assert compile_glob(pattern)(text) == glob_matches(pattern, text)


@given(pattern=texts, prefix=texts)
def test_a_pattern_overlaps_a_prefix_when_some_way_through_it_is_left(pattern: str, prefix: str):
    assert overlaps(pattern, prefix) == glob_overlaps(pattern, prefix)


@given(pattern=texts, prefix=texts, rest=texts)
def test_a_text_that_matches_overlaps_with_each_of_its_prefixes(pattern: str, prefix: str, rest: str):
    assert overlaps(pattern, prefix) or not compile_glob(pattern)(prefix + rest)


@given(pattern=texts)
def test_a_literal_pattern_matches_its_one_text(pattern: str):
    assert not is_literal(pattern) or compile_glob(pattern)(literal(pattern))


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


def test_many_stars_take_no_longer_than_the_text():
    assert not compile_glob("*a" * 40 + "b")("a" * 50_000)
