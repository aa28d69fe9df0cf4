from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.access import Access
from s3watch.facts.field_paths import getter, presence, walk
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record

DOCUMENT = {
    "plain": {"name": "x"},
    "list": [{"name": "x"}, {"other": 1}, {"name": None}, {"name": ["y", "z"]}, "text"],
    "dotted.name": {"deep.er": "x"},
    "dotted": {"name": {"else": "y"}},
    "null": None,
    "false": False,
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("plain.name", "x"),
        ("plain", {"name": "x"}),
        ("plain.name.deeper", None),
        ("list.name", ["x", "y", "z"]),
        ("list.nothing", None),
        ("dotted.name.deep.er", "x"),
        ("dotted.name.else", "y"),
        ("null", None),
        ("null.name", None),
        ("false", False),
        ("empty", []),
        ("empty.name", None),
        ("nothing", None),
    ],
)
def test_a_path_leads_to_a_member(path, expected):
    assert walk(DOCUMENT, tuple(path.split("."))) == expected


def test_a_path_leads_through_lists_however_deep_they_are():
    value = [{"b": 1}]
    for _ in range(5000):
        value = [value]

    assert walk({"a": [value, {"b": [2]}]}, ("a", "b")) == [1, 2]


@given(st.lists(st.text(alphabet="ab.", min_size=1), min_size=1, max_size=4), st.integers())
def test_a_member_at_a_path_of_any_names_is_found(names, leaf):
    document = leaf
    for name in reversed(names):
        document = {name: document}
    assert walk(document, tuple(".".join(names).split("."))) == leaf


@pytest.mark.parametrize("name", ["errorCode", "errorMessage", "eventName"])
@pytest.mark.parametrize(
    ("given", "exists", "value"),
    [
        ((), False, None),
        ((None,), True, None),
        (("",), True, ""),
        (("AccessDenied",), True, "AccessDenied"),
        ((403,), True, "403"),
        (({"code": "AccessDenied"},), True, None),
    ],
    ids=["absent", "null", "empty", "text", "a number", "an object"],
)
def test_a_member_exists_if_the_record_has_it_be_it_null(name, given, exists, value):
    raw = as_bytes(make_record(without=(name,)) | dict(zip((name,), given, strict=False)))
    access = Access(decode(raw), raw)
    absent = "" if name == "eventName" else None  # without which there is hardly a record

    assert (presence(name)(access), getter(name)(access)) == (exists, absent if value is None else value)
