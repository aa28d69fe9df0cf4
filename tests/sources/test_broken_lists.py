from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from s3watch.sources.broken_lists import elements, find_list, split


@pytest.mark.parametrize(
    ("content", "start"),
    [
        (b'{"Records": [', 12),
        (b' {"a": {"Records": [1]}, "Records" : [{', 37),
        (b'{"Records": {"a": 1}, "Records": [{', 33),
        (b"[1", None),
        (b'{"Records": {}}', None),
        (b'{"a": [1], "b": "Records', None),
        (b'{"a": "b', None),
        (b'{"a": 1} "Records": [1]', None),
        (b'"Records": [', None),
        (b"", None),
    ],
    ids=[
        "first", "after others", "an object before", "a list", "no list", "cut off",
        "cut off in a text", "after the object", "no object", "nothing",
    ],
)  # fmt: skip
def test_the_list_of_a_broken_object_is_found(content: bytes, start: int | None):
    assert find_list(content, b"Records") == start


def split_text(text: str) -> list[str]:
    return [part.decode() for part in split(text.encode(), text.index("["))]


ONE, TWO = '{"v": 1, "w": {"v": 2}}', '{"v": 2, "w": "},{"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"[{ONE},{TWO}]", [ONE, TWO]),
        (f"[ {ONE} , NaN,\n{TWO} ]\n", [ONE, "NaN", TWO]),
        ("[]", []),
        (f'{{"a": [{ONE}], "b": NaN}}', [ONE]),
        (f'[{ONE},{{"v": 3, "w": "a,{TWO}]', [ONE, '{"v": 3, "w": "a', TWO]),
        (f'[{{"v": 3, "w": "a,{ONE},{TWO}]', ['{"v": 3, "w": "a', ONE, TWO]),
        (f'[{ONE},{{"v": 3, "w": [1,{TWO}]', [ONE, '{"v": 3, "w": [1', TWO]),
        (f'[{ONE},{{"v": 3, "w": 4}}}},{TWO}]', [ONE, '{"v": 3, "w": 4}', TWO]),
        (f"[{ONE}{TWO}]", [ONE, TWO]),
        (f"[{ONE},nonsense,{TWO}]", [ONE, "nonsense", TWO]),
        (f'[{ONE},{{"v": 3, "w": }},{TWO}]', [ONE, '{"v": 3, "w": }', TWO]),
        (f"[{ONE},{TWO}", [ONE, TWO, ""]),
        (f"[{ONE},{TWO},", [ONE, TWO, ""]),
        (f"[{ONE},{TWO[:-2]}", [ONE, TWO[:-2]]),
        (f"[{ONE},{TWO}] nonsense", [ONE, TWO, "] nonsense"]),
        ("[", [""]),
    ],
    ids=[
        "nothing wrong", "no JSON, but readable", "empty", "something else wrong", "a text that does not end",
        "the first one", "a list that does not end", "a bracket too many", "no comma", "nonsense", "no value",
        "cut off between", "cut off after a comma", "cut off within", "something after it",
        "no more than a bracket",
    ],
)  # fmt: skip
def test_a_list_is_split_whatever_is_wrong_in_it(text: str, expected: list[str]):
    assert split_text(text) == expected


def test_an_object_that_begins_as_records_do_is_told_from_one_within_a_record():
    event = '{"version": "0", "id": "1", "detail": {"version": "0", "bucket": {}}}'

    assert split_text(f"[{event},nonsense,{event}]") == [event, "nonsense", event]


def test_a_broken_record_may_begin_as_cloudtrails_do_and_the_others_as_the_first():
    cut_off = '{"eventVersion": "1.11", "userIdentity": {"type": "'

    assert split_text(f"[{ONE},{cut_off},{TWO}]") == [ONE, cut_off, TWO]


def test_of_cloudtrails_records_the_first_may_be_broken_at_its_beginning():
    record = '{"eventVersion": "1.11", "userIdentity": {}, "resources": [{"v": 1, "w": 2}]}'
    broken = '"1.11", "userIdentity": {}, "resources": [{"v": 1, "w": 2}]}'

    assert split_text(f"[{{{broken},{record},{record}]")[-2:] == [record, record]


@given(
    st.lists(st.sampled_from([ONE, TWO, "NaN", "7", "[]", "nonsense", '"a,{"']), max_size=6), st.text(" \n")
)
def test_every_element_comes_out_once(parts: list[str], space: str):
    assert split_text(f"[{space}" + f"{space},{space}".join(parts) + f"{space}]") == parts


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(b"[1, {}]", [b"1", b"{}"]), (b"[1, NaN]", [b"1", b"NaN"]), (b"7", [b"7"]), (b"", [b""])],
    ids=["a list", "a tolerable list", "no list", "nothing"],
)
def test_what_is_no_list_is_one_element(raw: bytes, expected: list[bytes]):
    assert list(map(bytes, elements(raw))) == list(map(bytes, elements(Raw(raw)))) == expected
