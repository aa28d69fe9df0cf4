"""Laws of all readers: a bad record takes no other with it, and no bytes raise what is not documented."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from s3watch import ruleset
from s3watch.errors import LogFileError, RecordError, RulesUnusableError
from s3watch.findings import events
from s3watch.pipelines import review_triggers
from s3watch.sources import access_logs, envelopes, s3_events
from s3watch.sources.cloudtrail import (
    decode,
    decode_loosely,
    read_member,
    read_members,
    read_top_level,
    unwrap_event,
)
from s3watch.sources.envelopes import Message, records
from s3watch.sources.log_notifications import (
    PoisonRecord,
    read_notification,
    read_poison_record,
    write_poison_record,
)
from s3watch.sources.streams import read_records
from s3watch.sources.tolerant_json import parse

from tests.support.access_log import make_deletion, make_line
from tests.support.broken_records import (
    BROKEN,
    FAULTS,
    FILES,
    OTHERS,
    QUICK,
    READABLE,
    TEXT,
    Item,
    as_event,
    as_text,
    items,
    make_item,
    make_raw,
    ten_damaged,
)
from tests.support.cloudtrail import as_bytes, make_event, make_record
from tests.support.hostile_records import NOTICES, RECORDS, TRIGGERS
from tests.support.log_files import make_notification
from tests.support.mutations import ten_mutated
from tests.support.sample_findings import EVENTS
from tests.support.sensitive import RULESET

LOG = FILES["log file"]


def names_of(raws: Iterable[bytes]) -> list[str | None]:
    """The request id of each record, or None for one that is refused."""
    return [name_of(raw) for raw in raws]


def name_of(raw: bytes) -> str | None:
    try:
        return decode(raw).request_id
    except RecordError:
        return None


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_one_bad_record_in_a_file_takes_no_other_with_it(file: Callable[[list[bytes]], bytes], fault: str):
    mixed = [make_item("R1"), make_item("R2", fault), make_item("R3")]

    assert names_of(read_records([file([item.raw for item in mixed])], "a")) == [
        item.expected for item in mixed
    ]


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
@given(mixed=items(READABLE | BROKEN) | items(READABLE | OTHERS))
def test_every_record_of_a_file_is_read_or_one_failure_in_its_place(
    file: Callable[[list[bytes]], bytes], mixed: list[Item]
):
    assert names_of(read_records([file([item.raw for item in mixed])], "a")) == [
        item.expected for item in mixed
    ]


@given(mixed=items(FAULTS))
def test_every_message_is_read_or_one_failure_by_its_id(mixed: list[Item]):
    messages = [Message(item.name, as_text(as_event(item.raw))) for item in mixed]
    found, unreadable = records(messages)

    assert {name: name_of(raw) for name, raw in found} | dict.fromkeys(unreadable) == {
        item.name: item.expected for item in mixed
    }


@given(st.integers(1, 4), st.data())
def test_of_a_log_file_cut_off_anywhere_all_before_is_read_and_the_rest_is_one_failure(
    count: int, data: st.DataObject
):
    raws = [make_raw(f"R{number}") for number in range(count)]
    whole = LOG(raws)
    begin = len(b'{"Records":[')
    cut = data.draw(st.integers(begin, len(whole)))
    left = [f"R{n}" for n in range(count) if cut >= begin + sum(map(len, raws[: n + 1])) + n]

    ended = cut >= len(whole) - 1
    assert names_of(read_records([whole[:cut]], "a")) == left + [None] * (not ended)


IN_JSON = {"bucket_owner_id": "79a5", "operation": "REST.GET.OBJECT", "key_name": "a", "apiVersion": 1}


def make_access_item(name: str, fault: str) -> Item:
    """A record of an access log in JSON, with a fault if one is named."""
    raw = as_bytes(IN_JSON | {"request_id": name, "userAgent": TEXT})
    return Item(name, FAULTS[fault](raw) if fault else raw, fault not in BROKEN | OTHERS)


@given(st.lists(st.sampled_from(["", *QUICK]), max_size=5))
def test_every_line_of_an_access_log_in_json_is_read_or_one_failure_in_its_place(faults: list[str]):
    mixed = [make_access_item(f"R{number}", fault) for number, fault in enumerate(["", *faults])]
    content = b"\n".join(item.raw for item in mixed)

    assert names_of(read_records([content], "a")) == [item.expected for item in mixed]


BAD_LINES = {
    "nonsense": b"nonsense",
    "half a line": make_line(request="ODD")[:200],
    "a quote too many": make_line(agent="a") + b' "x',
    "a status that is none": make_line(status="x"),
    "too long": make_line(agent="a" * 70_000),
    "broken JSON": b'{"bucket_owner_id": "',
}
GOOD_LINES = {
    "plain": {}, "malformed UTF-8": {"agent": "\ud800"}, "control characters": {"agent": "a\x00\r\x0b"},
    "a number too long": {"sent": "1" * 5000}, "a key of percent signs": {"key": "%" * 3000},
}  # fmt: skip


@given(st.lists(st.sampled_from([*BAD_LINES, *GOOD_LINES]), max_size=6), st.data())
def test_every_line_of_an_access_log_is_read_or_one_failure_in_its_place(
    kinds: list[str], data: st.DataObject
):
    kinds = data.draw(st.permutations(["plain", *kinds]))
    lines = [
        BAD_LINES.get(kind) or make_line(request=f"R{number}", **GOOD_LINES[kind])
        for number, kind in enumerate(kinds)
    ]
    expected = [f"R{number}" if kind in GOOD_LINES else None for number, kind in enumerate(kinds)]

    assert names_of(read_records([b"\n".join(lines)], "a")) == expected


class Nested(Struct):
    """What a member may hold."""

    bucketName: str | None = None  # noqa: N815  # CloudTrail's name
    key: list[str] | None = None


# Every function that is given bytes of somebody else's, and what it documents to raise.
READERS: dict[str, tuple[Callable[[bytes], object], type[Exception]]] = {
    "decode": (decode, RecordError),
    "decode_loosely": (decode_loosely, RecordError),
    "parse": (parse, ValueError),
    "read_top_level": (lambda raw: read_top_level(raw, "requestParameters"), RecordError),
    "read_member": (lambda raw: read_member(raw, Nested), ValueError),
    "read_members": (lambda raw: read_members(raw, Nested), ValueError),
    "unwrap_event": (unwrap_event, RecordError),
    "records": (lambda raw: records([Message("m1", as_text(raw))]), ()),
    "read_records": (lambda raw: names_of(read_records([raw], "a")), LogFileError),
    "is_deletion": (s3_events.is_deletion, RecordError),
    "S3 events": (s3_events.translate, RecordError),
    "access-log lines": (access_logs.translate, RecordError),
    "access logs in JSON": (access_logs.translate_json, RecordError),
    "notifications": (lambda raw: read_notification(as_text(raw)), RecordError),
    "poison records": (lambda raw: read_poison_record(as_text(raw)), ()),
    "findings": (events.read, RecordError),
    "Lambda events": (lambda raw: records(envelopes.parse(decode_loosely(raw))), RecordError),
    "compiled rules": (ruleset.load, RulesUnusableError),
    "review triggers": (lambda raw: review_triggers.read(raw, ("hr-data",), 0.0), RecordError),
}
RAWS = [make_item("R1", fault).raw for fault in QUICK]
CONTENTS = [
    *RAWS, *map(as_event, RAWS), *(file(RAWS[:3]) for file in FILES.values()),
    *map(as_bytes, EVENTS.values()), make_line(), as_bytes(IN_JSON), as_bytes(make_deletion()),
    as_bytes(make_notification("a.gz")),
    as_bytes({"Message": as_bytes(make_notification("a.gz")).decode()}),
    as_bytes({"s3Bucket": "trail-logs", "s3ObjectKey": ["a.gz"]}),
    write_poison_record(PoisonRecord("s3://trail-logs/a.gz", 2, "nonsense")).encode(),
]  # fmt: skip
DOCUMENTS: list[Any] = [
    *RECORDS, *TRIGGERS, *NOTICES, *EVENTS.values(), IN_JSON, make_deletion(), {"Records": RECORDS[:2]},
    {"Records": [{"messageId": "m1", "body": "{}", "attributes": {"ApproximateReceiveCount": "2"}}]},
    json.loads(write_poison_record(PoisonRecord("s3://trail-logs/a.gz", 2, "nonsense"))),
    json.loads(ruleset.dump(RULESET)), json.loads(make_event(make_record())),
]  # fmt: skip


@pytest.mark.inputs(10)
@pytest.mark.parametrize(("reader", "error"), READERS.values(), ids=READERS)
@given(contents=ten_mutated(DOCUMENTS) | ten_damaged(CONTENTS))
def test_no_bytes_raise_anything_but_what_a_reader_documents(
    reader: Callable[[bytes], object], error: type[Exception], contents: list[bytes]
):
    for content in contents:
        try:
            reader(content)
        except error as refusal:
            assert str(refusal)  # noqa: PT017  # a refusal is a fair answer, if it says why
