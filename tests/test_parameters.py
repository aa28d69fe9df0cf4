from __future__ import annotations

import pytest
from s3watch.parameters import read_text, sole


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [("a", "a"), (["a"], "a"), (["a", "b"], ["a", "b"]), ([], []), ([None], None), (7, 7)],
    ids=str,
)
def test_a_list_of_one_is_its_element(parameter, expected):
    assert sole(parameter) == expected


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("a", "a"),
        (["a"], "a"),
        ("", None),
        ([""], None),
        (["a", "b"], None),
        (7, None),
        (None, None),
        ({}, None),
    ],
    ids=str,
)
def test_reads_what_is_text(parameter, expected):
    assert read_text(parameter) == expected
