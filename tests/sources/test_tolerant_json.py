from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.sources.tolerant_json import (
    MOST_BYTES,
    MOST_DEPTH,
    MOST_DIGITS,
    encode,
    find_end,
    is_json,
    parse,
)

from tests.support.odd_json import JSON


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'"a\xff"', "a\ufffd"),
        (b'"\xed\xa0\xbd"', "\ufffd" * 3),
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'"\ud83d\ude00"', "\N{GRINNING FACE}"),
        (rb'{"\ud83d": 1}', {"\ufffd": 1}),
        (b'"a\x00\n\tb"', "a\x00\n\tb"),
        (b"[NaN, Infinity, -Infinity]", [None, None, None]),
        (b"[1e999, -1e999, 1e-999]", [None, None, 0.0]),
        (b"1" * MOST_DIGITS, int("1" * MOST_DIGITS)),
        (b"[" + b"1" * 5000 + b"]", [None]),
        (b'{"a": 1, "a": NaN}', {"a": None}),
    ],
    ids=[
        "malformed UTF-8", "half a pair, in bytes", "first half", "halves exchanged", "a pair", "in a name",
        "control characters", "no numbers", "too large", "many digits", "too many digits", "twice",
    ],
)  # fmt: skip
def test_reads_what_is_nearly_json(raw: bytes, expected: Any):
    assert parse(raw) == expected


def test_what_is_nested_too_deep_becomes_null():
    levels = MOST_DEPTH - 1
    deep = b"[" * levels + b'{"a": 1}' + b"]" * levels
    deeper = b"[" * levels + b'{"a": [1], "b": {}, "c": 2}' + b"]" * levels

    assert json.dumps(parse(deep)).encode() == deep
    assert json.dumps(parse(deeper)).encode() == deeper.replace(b"[1]", b"null").replace(b"{}", b"null")


@pytest.mark.parametrize("levels", [1000, 9000, 20_000, 500_000])
@pytest.mark.parametrize("odd", [b"1", b"NaN"], ids=["strict", "tolerant"])
def test_what_stands_beside_it_is_kept(odd: bytes, levels: int):
    raw = b'{"a": ' + b"[" * levels + b"]" * levels + b', "b": "]", "c": ' + odd + b"}"

    assert parse(raw)["b"] == "]"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"nonsense", b'{"a": }', b"[" * 100_000, rb'"\x"', b'"a', b'"a\\', b"[1] 2", b"01"],
    ids=[
        "nothing", "cut off", "no JSON", "no value", "no end", "unknown escape", "no quote", "a backslash",
        "two values", "a leading zero",
    ],
)  # fmt: skip
def test_refuses_what_is_not_json(raw: bytes):
    with pytest.raises(ValueError, match=r"."):
        parse(raw)
    assert not is_json(raw)


def test_refuses_what_is_too_long():
    assert parse(b'"' + b"a" * (MOST_BYTES - 2) + b'"')
    with pytest.raises(ValueError, match="longer than 2,097,152 bytes"):
        parse(b'"' + b"a" * (MOST_BYTES - 1) + b'"')


@given(JSON)
def test_agrees_with_strict_parsing(value: Any):
    try:
        strict = msgspec.json.decode(json.dumps(value).encode())
    except msgspec.DecodeError:
        return
    assert parse(json.dumps(value).encode()) == strict


@given(JSON)
def test_what_it_reads_can_be_written_strictly(value: Any):
    assert is_json(msgspec.json.encode(parse(json.dumps(value).encode())))


@given(st.text(st.characters()))
def test_any_text_can_be_encoded(text: str):
    pairs = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    assert encode(text).decode() == pairs


@given(JSON, st.text(" \n\t", max_size=2), st.sampled_from([",", "]", "}", ""]))
def test_a_value_ends_where_it_ends(value: Any, space: str, following: str):
    text = json.dumps(value).encode()

    assert find_end(b"[" + text + space.encode() + following.encode(), 1) == 1 + len(text)


@pytest.mark.parametrize(
    "content",
    [b"", b"]", b"[", b"[}", b'["]', b'"a', b'{"a": "\\"}', b" 1"],
    ids=lambda content: content.decode(),
)
def test_what_does_not_end_has_no_end(content: bytes):
    assert find_end(content, 0) is None
