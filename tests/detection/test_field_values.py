from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.field_values import address_of, elements, fold, number_of, text_of


@given(text=st.text(), more=st.text())
def test_a_folded_prefix_is_a_prefix_of_the_folded_text(text: str, more: str):
    assert fold(text + more) == fold(text) + fold(more)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, []), ("a", ["a"]), ([], []), (["a", [None, ["b"]]], ["a", "b"]), ({"a": [1]}, [{"a": [1]}])],
    ids=["null", "text", "empty list", "nested list", "object"],
)
def test_a_value_has_its_elements(value: Any, expected: list[Any]):
    assert list(elements(value)) == expected


def test_elements_are_found_however_deep_they_are():
    value: list[Any] = ["a"]
    for _ in range(5000):
        value = [value]

    assert list(elements([value, "b"])) == ["a", "b"]


@pytest.mark.parametrize(
    ("element", "text"),
    [("a", "a"), (True, "true"), (7, "7"), (7.5, "7.5"), ({"a": [1, None]}, '{"a":[1,null]}')],
    ids=["text", "boolean", "whole number", "decimal", "object"],
)
def test_an_element_is_compared_as_json_writes_it(element: Any, text: str):
    assert text_of(element) == text


@pytest.mark.parametrize(
    ("element", "number"),
    [
        (7, 7),
        ("7.50", 7.5),
        ("-1e3", -1000),
        (" 7", None),
        ("1_0", None),
        ("nan", None),
        ("٣", None),
        (False, None),
    ],
    ids=["number", "decimal", "exponent", "space", "underscore", "nan", "other digits", "boolean"],
)
def test_text_is_a_number_if_json_would_write_it_so(element: Any, number: float | None):
    assert number_of(element) == number


@pytest.mark.parametrize(
    ("text", "address"),
    [("192.0.2.1", (4, 0xC0000201)), ("2001:db8::", (6, 0x20010DB8 << 96)), ("config.amazonaws.com", (0, 0))],
    ids=["version 4", "version 6", "a name"],
)
def test_an_address_is_its_version_and_its_number(text: str, address: tuple[int, int]):
    assert address_of(text) == address
