from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch_cli.pack.pieces import digest, join, merge, split

RULE = b"""\
# ours since May
title: Reads
level: high  # for now
detection:
  # who
  selection: {eventName: GetObject}
"""
TESTS = b"""\
cases:
  - name: a
    expect: hit

  # the second
  - {name: b, expect: miss}
"""


def test_a_detection_is_split_at_its_keys():
    assert split(RULE) == {
        "title": "# ours since May\ntitle: Reads\n",
        "level": "level: high  # for now\n",
        "detection": "detection:\n  # who\n  selection: {eventName: GetObject}\n",
    }


def test_tests_are_split_at_their_cases():
    assert split(TESTS) == {
        "cases": "cases:\n",
        "cases: a": "  - name: a\n    expect: hit\n",
        "cases: b": "\n  # the second\n  - {name: b, expect: miss}\n",
    }


def test_cases_of_one_name_are_one_piece():
    content = b"cases:\n- name: a\n- name: a\n"

    assert split(content) == {"cases": content.decode()}


def test_what_looks_like_a_comment_in_a_text_stays_in_it():
    assert split(b"text: |\n  a\n  # b\nlevel: c\n") == {
        "text": "text: |\n  a\n  # b\n",
        "level": "level: c\n",
    }


def test_what_stands_before_all_is_a_piece_of_its_own():
    assert split(b"---\ntitle: a\n") == {"": "---\n", "title": "title: a\n"}


@pytest.mark.parametrize(
    "content",
    [
        b"{title: a}\n",
        b"--- {title: a, level: b}\n",
        b"cases: [{name: a}, {name: b}]\n",
        b"cases:\n-\n  name: a\n",
        b"a: [\n",
        b"\xff",
        b"",
        "a: b\x85c: d\n".encode(),
    ],
    ids=[
        "keys in braces",
        "keys on a line",
        "cases on a line",
        "a dash on a line",
        "no YAML",
        "no UTF-8",
        "empty",
        "an odd newline",
    ],
)
def test_what_has_no_lines_of_its_own_is_not_split(content):
    assert split(content) is None


def test_newlines_make_no_other_version():
    assert digest(b"a: b\r\n") == digest("a: b\n")


LINES = st.sampled_from([
    "title: a\n", "level: b\n", "cases:\n", "  - name: x\n", "  - {name: y}\n", "# c\n", "  # d\n", "\n",
    "text: |\n", "  # e\n", "---\n", "- name: z\n", "  e: f", "'g'\n",
])  # fmt: skip


@given(st.lists(LINES, max_size=9).map("".join))
def test_pieces_are_the_file(text):
    pieces = split(text.encode())

    assert pieces is None or "".join(pieces.values()) == text


LOW = "level: low\n"
BASE = {"title": "title: a\n", "level": "level: high\n", "date": "date: 1\n"}
KNOWN = {name: digest(text) for name, text in BASE.items()}


@pytest.mark.parametrize(
    ("mine", "theirs", "merged", "conflicts"),
    [
        (
            {"level": LOW},
            {"date": "date: 2\n"},
            {"level": LOW, "date": "date: 2\n"},
            [],
        ),
        ({"level": LOW}, {"level": LOW}, {"level": LOW}, []),
        ({"level": LOW}, {"level": None}, {"level": LOW}, ["level"]),
        ({"level": None}, {"level": LOW}, {"level": None}, ["level"]),
        ({"level": None}, {"date": None}, {"level": None, "date": None}, []),
        ({"tags": "tags: a\n"}, {"tags": "tags: b\n"}, {"tags": "tags: a\n"}, ["tags"]),
    ],
    ids=["other keys", "alike", "removed there", "removed here", "removed both", "added both"],
)
def test_a_key_that_one_side_changed_is_taken_from_it(mine, theirs, merged, conflicts):
    changed = [{k: v for k, v in (BASE | side).items() if v} for side in (mine, theirs, merged)]

    assert merge(KNOWN, changed[0], changed[1]) == (changed[2], conflicts)


def test_what_is_new_stands_where_the_pack_has_it():
    theirs = {"title": "title: a\n", "id": "id: 1\n", "level": "level: high\n", "date": "date: 1\n"}

    assert list(merge(KNOWN, BASE, theirs)[0]) == ["title", "id", "level", "date"]


def test_a_file_that_ends_without_a_newline_is_joined_with_one():
    assert join({"title": "title: a", "level": "level: b"}) == b"title: a\nlevel: b\n"


def test_pieces_that_would_be_read_otherwise_are_not_joined():
    assert join({"cases": "cases:\n", "cases: a": "  - name: a\n", "cases: b": "- name: b\n"}) is None
