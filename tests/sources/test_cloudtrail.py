from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct, field
from s3watch.errors import RecordError
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import (
    Record,
    RequestParameters,
    decode,
    decode_loosely,
    read_member,
    read_members,
    read_text,
    read_top_level,
    unwrap_event,
    unwrap_single,
)
from s3watch.sources.tolerant_json import MOST_BYTES

from tests.support.cloudtrail import as_bytes, make_event, make_record
from tests.support.odd_json import RECORDS


class Nested(Struct):
    name: str | None = None
    count: int | None = None


class Outer(Struct):
    inner: Nested = field(default_factory=Nested)


def test_decodes_the_members_that_name_bucket_and_object():
    record = decode(as_bytes(make_record()))
    assert (record.event_name, record.request) == (
        "GetObject",
        RequestParameters("hr-data", "payroll/2026/q3.csv"),
    )


def test_keeps_the_identity_undecoded():
    record = make_record()
    assert json.loads(bytes(decode(as_bytes(record)).identity)) == record["userIdentity"]


@pytest.mark.parametrize("version", ["1.05", "1.06", "1.07", "1.08", "1.09", "1.10", "1.11", "1.12", 1.1])
def test_decodes_every_record_version(version):
    assert decode(as_bytes(make_record(eventVersion=version))).event_name == "GetObject"


def test_leaves_absent_members_empty():
    assert decode(b"{}") == Record()


def test_treats_null_parameters_as_absent():
    assert decode(as_bytes(make_record(requestParameters=None))).request is None


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("errorCode", 403, "403"),
        ("errorCode", ["AccessDenied"], "AccessDenied"),
        ("errorCode", {"code": "AccessDenied"}, None),
        ("errorCode", True, None),
        ("eventName", None, ""),
    ],
    ids=["number", "list of one", "object", "bool", "null"],
)
def test_converts_a_malformed_member_if_that_does_not_distort_it(member, value, expected):
    record = decode(as_bytes(make_record(**{member: value})))
    assert {"errorCode": record.error_code, "eventName": record.event_name}[member] == expected


def test_keeps_the_rest_of_a_record_with_a_malformed_member():
    record = decode(
        as_bytes(make_record(userAgent=7, requestParameters={"bucketName": ["hr-data"], "key": 2026}))
    )
    assert (record.user_agent, record.request) == ("7", RequestParameters("hr-data", "2026"))


def test_takes_the_last_of_duplicate_members():
    assert decode(b'{"eventName": "GetObject", "eventName": "PutObject"}').event_name == "PutObject"


@pytest.mark.parametrize(
    ("raw", "agent"),
    [
        (b'{"eventName": "GetObject", "userAgent": "a\xff"}', "a\ufffd"),
        (rb'{"eventName": "GetObject", "userAgent": "a\ud800"}', "a\ufffd"),
        (rb'{"eventName": "GetObject", "userAgent": "\ud83d\ude00"}', "\N{GRINNING FACE}"),
        (b'{"eventName": "GetObject", "userAgent": "a", "x": NaN}', "a"),
    ],
    ids=["bad UTF-8", "lone surrogate", "surrogate pair", "NaN"],
)
def test_decodes_a_record_with_malformed_text(raw, agent):
    record = decode(raw)
    assert (record.event_name, record.user_agent) == ("GetObject", agent)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"nonsense", b'{"eventName": }', b"[" * 100_000],
    ids=["nothing", "truncated", "no JSON", "no value", "too deep"],
)
def test_refuses_what_is_not_json(raw):
    with pytest.raises(RecordError, match="not JSON"):
        decode(raw)


@pytest.mark.parametrize(
    "raw", [b"[]", b"7", b"null", b'"GetObject"'], ids=["list", "number", "null", "text"]
)
def test_refuses_what_is_not_an_object(raw):
    with pytest.raises(RecordError, match="a record is a JSON object, not"):
        decode(raw)


def test_refuses_a_record_that_is_too_long():
    with pytest.raises(RecordError, match="longer than 2,097,152 bytes"):
        decode(as_bytes(make_record(userAgent="a" * MOST_BYTES)))


@given(RECORDS)
def test_any_json_object_is_a_record_with_at_least_one_access(document):
    raw = json.dumps(document).encode()
    assert extract(decode(raw), raw)


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(raw):
    with suppress(RecordError):
        assert isinstance(decode(raw), Record)


def test_decodes_a_whole_record_loosely():
    assert decode_loosely(b'{"a": "\xff"}') == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"name": "x", "count": 2}', Nested("x", 2)),
        (b'{"name": ["x"], "count": "two"}', Nested("x")),
        (b"null", Nested()),
        (b'"text"', Nested()),
    ],
    ids=["well formed", "malformed", "null", "no object"],
)
def test_decodes_what_it_can_of_a_nested_member(raw, expected):
    assert read_member(raw, Nested) == expected


def test_one_malformed_member_of_an_inner_object_does_not_hide_the_others():
    assert read_member(b'{"inner": {"name": "x", "count": "two"}}', Outer) == Outer(Nested("x"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'[{"name": "x"}, {"count": 2}]', [Nested("x"), Nested(count=2)]),
        (b'[{"name": 7}, null, "text"]', [Nested("7")]),
        (b'{"name": "x"}', [Nested("x")]),
        (b"null", []),
    ],
    ids=["well formed", "malformed", "one object", "null"],
)
def test_decodes_what_it_can_of_a_nested_list(raw, expected):
    assert read_members(raw, Nested) == expected


def test_unwraps_the_record_in_an_event():
    record = make_record()
    assert json.loads(bytes(unwrap_event(make_event(record)))) == record


@pytest.mark.parametrize("event", [b"", b"{}", b"[]"], ids=["nothing", "no detail", "list"])
def test_refuses_what_is_not_an_event(event):
    with pytest.raises(RecordError, match="not an EventBridge event"):
        unwrap_event(event)


def test_decodes_a_record_that_is_raw_json():
    assert decode(Raw(as_bytes(make_record()))).event_name == "GetObject"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, {"b": null}], "c": 2}', [1, {"b": None}]),
        (b'{"c": 2}', None),
        (b'{"a": "\\ud800"}', "\ufffd"),
        (b'{"a": 1, "a": 2}', 2),
    ],
    ids=["any value", "absent", "lone surrogate", "twice"],
)
def test_one_top_level_member_decodes_as_in_the_whole_record(raw, value):
    assert (read_top_level(raw, "a"), decode_loosely(raw).get("a")) == (value, value)


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [("a", "a"), (["a"], "a"), (["a", "b"], ["a", "b"]), ([], []), ([None], None), (7, 7)],
    ids=str,
)
def test_a_one_element_list_is_unwrapped(parameter, expected):
    assert unwrap_single(parameter) == expected


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
def test_reads_a_parameter_that_is_text(parameter, expected):
    assert read_text(parameter) == expected
