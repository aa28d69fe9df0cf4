from __future__ import annotations

from typing import get_args

import pytest
from s3watch.alerts.act_counts import counted, more, on_objects, without
from s3watch.facts.acts import Act


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("success", ["deleted 2", "copied out 1", "read 1,204"]),
        ("denied", ["delete 2", "copy out 1", "read 1,204"]),
    ],
    ids=["done", "tried"],
)
def test_acts_on_objects_have_their_number(outcome, words):
    assert counted([("delete", 2), ("copy-out", 1), ("read", 1204)], outcome) == words


def test_acts_on_something_else_have_a_number_if_there_are_several():
    assert counted([("trail-stopped", 1), ("permission", 3), ("never-heard-of", 2)], "success") == [
        "stopped a trail",
        "changed permissions 3 times",
        "made other calls 2 times",
    ]


@pytest.mark.parametrize("act", get_args(Act))
def test_every_act_has_words_of_its_own(act):
    assert (counted([(act, 1)], "success") == ["made other calls"]) == (act == "other")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("read", "read"),
        ("opened", "opened"),
        ("permission", "changed permissions of"),
        ("other", "made other calls on"),
    ],
    ids=["counted", "opened", "repeated", "other"],
)
def test_an_act_on_many_objects_is_a_verb(act, words):
    assert on_objects(act, "success") == words


@pytest.mark.parametrize(
    ("act", "number", "words"),
    [("delete", 1, "1 more"), ("opened", 1, "1 more such call"), ("opened", 2, "2 more such calls")],
    ids=["an object", "a call", "calls"],
)
def test_more_of_an_act_says_what_is_meant(act, number, words):
    assert more(act, number) == words


def test_acts_of_which_none_is_left_are_left_out():
    assert without([("delete", 2), ("read", 40)], [("read", 40), ("delete", 1), ("write", 1)]) == [
        ("delete", 1)
    ]
