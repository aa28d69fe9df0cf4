from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.findings.loose_json import MOST_MEMBERS, MOST_TEXT, Document

from tests.support.odd_json import JSON

BUCKETS = {"s3Buckets": [{"name": "a", "keys": ["k1", ["k2", None]]}, {"Name": "b"}, "odd"]}


def test_a_list_along_a_path_stands_for_all_its_members():
    assert Document(BUCKETS).texts("s3Buckets.keys") == ("k1", "k2")


def test_the_first_letter_of_a_member_may_have_either_case():
    assert Document({"S3Buckets": BUCKETS["s3Buckets"]}).texts("s3Buckets.name") == ("a", "b")


def test_the_first_path_with_a_text_wins():
    assert Document({"a": None, "b": "", "c": "x"}).text("a", "b", "c") == "x"


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (123456789012, "123456789012"), (True, ""), (1.5, ""), (None, ""), ({}, ""), (10**400, "")],
    ids=["text", "number", "truth", "fraction", "null", "object", "endless number"],
)
def test_text_is_a_string_or_an_integer(value, text):
    assert Document({"a": value}).text("a") == text


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), ("3", 3.0), (8.5, 8.5), (True, None), ("nan", None), ("x", None), (10**400, None)],
    ids=["number", "as text", "fraction", "truth", "no number", "word", "endless number"],
)
def test_a_number_may_be_written_as_text(value, number):
    assert Document({"a": value}).number("a") == number


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), ("TRUE", True), (False, False), ("no", False), (None, False)],
    ids=["true", "as text", "false", "another word", "null"],
)
def test_a_flag_may_be_written_as_text(value, flag):
    assert Document({"a": value}).flag("a") is flag


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20T08:14:03Z", 1795162443.0),
        ("2026-11-20 08:14:03.000000000", 1795162443.0),
        ("1970-01-01T00:00:00Z", 0.0),
        ("yesterday", 0.0),
    ],
    ids=["ISO", "nine digits", "none given", "no time"],
)
def test_times_come_in_several_formats(text, time):
    assert Document({"a": text}).time("a") == time


def test_texts_are_bounded():
    texts = Document({"a": [f"{number}" * 2000 for number in range(50)]}).texts("a")

    assert (len(texts), {len(text) for text in texts}) == (MOST_MEMBERS, {MOST_TEXT})


@given(JSON, st.sampled_from(["a", "a.b", "a.b.c"]))
def test_any_json_value_can_be_read_at_any_path(value, path):
    document = Document({"a": {"b": value}})

    assert isinstance(document.text(path), str)
    assert document.count(path) >= 1
    assert document.time(path) >= 0
    assert all(isinstance(text, str) for pair in document.pairs(path) for text in pair)
