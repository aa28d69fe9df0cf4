from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import LogFileError, RecordError
from s3watch.sources import access_logs, formats, s3_events
from s3watch.sources.cloudtrail import decode
from s3watch.sources.formats import MOST_WRAPPINGS
from s3watch.sources.streams import read_records

from tests.support.access_log import make_deletion, make_line
from tests.support.cloudtrail import as_bytes, make_event, make_log_file, make_record

FIRST, SECOND = make_record(), make_record(eventName="PutObject")
MESSAGE = {"messageId": "1", "body": make_event(FIRST).decode()}
LOOKED_UP = {"Events": [{"EventId": "1", "CloudTrailEvent": as_bytes(FIRST).decode()}]}


def read(content, name="a.json", **options):
    return [json.loads(raw) for raw in read_records([content], name, **options)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (make_log_file(FIRST, SECOND), [FIRST, SECOND]),
        (b"\xef\xbb\xbf \n" + make_log_file(FIRST) + b"\n", [FIRST]),
        (json.dumps({"Records": [FIRST]}, indent=2).encode(), [FIRST]),
        (as_bytes({"Records": FIRST}), [FIRST]),
        (as_bytes({"Records": []}), []),
        (as_bytes(FIRST), [FIRST]),
        (as_bytes([FIRST, SECOND]), [FIRST, SECOND]),
        (make_event(FIRST), [FIRST]),
        (b"[" + make_event(FIRST) + b"," + make_event(SECOND) + b"]", [FIRST, SECOND]),
        (as_bytes({"Records": [MESSAGE, MESSAGE]}), [FIRST, FIRST]),
        (as_bytes(LOOKED_UP), [FIRST]),
        (as_bytes(FIRST) + b"\n\n" + as_bytes(SECOND) + b"\n", [FIRST, SECOND]),
        (make_event(FIRST) + b"\n" + make_log_file(SECOND), [FIRST, SECOND]),
        (make_log_file(FIRST) + make_log_file(SECOND), [FIRST, SECOND]),
        (make_log_file(FIRST) + make_log_file(SECOND) + b"\n" + as_bytes(FIRST), [FIRST, SECOND, FIRST]),
        ("\n".join(json.dumps(each, indent=2) for each in (FIRST, SECOND)).encode(), [FIRST, SECOND]),
        (as_bytes([FIRST]) + b"\n" + as_bytes([SECOND]), [FIRST, SECOND]),
        (as_bytes({"digestS3Bucket": "trail", "logFiles": []}), []),
        (gzip.compress(make_log_file(FIRST, SECOND)), [FIRST, SECOND]),
    ],
    ids=[
        "log file", "log file after a mark", "indented log file", "one object for a list", "empty log file",
        "one record", "list of records", "event", "list of events", "messages", "looked-up events", "lines",
        "lines of wrapped records", "log files without a line feed between them", "and a line",
        "indented records", "lines of lists", "digest", "compressed",
    ],
)  # fmt: skip
def test_reads_records_out_of(content, expected):
    assert read(content) == expected


LINE, OTHER_LINE = make_line(), make_line(request="OTHER")
IN_JSON = as_bytes({"bucket_owner_id": "79a5", "operation": "REST.GET.OBJECT", "key_name": "a"})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (LINE, [access_logs.translate(LINE, "1")]),
        (LINE + b"\r\n\n" + OTHER_LINE, [access_logs.translate(line, "1") for line in (LINE, OTHER_LINE)]),
        (gzip.compress(LINE), [access_logs.translate(LINE, "1")]),
        (IN_JSON + b"\n" + IN_JSON, [access_logs.translate(IN_JSON, "1")] * 2),
        (as_bytes(make_deletion()), [s3_events.translate(as_bytes(make_deletion()))]),
    ],
    ids=["a line", "lines", "compressed", "in JSON", "an S3 event"],
)
def test_access_log_lines_and_s3_events_come_out_as_cloudtrail_records(content, expected):
    assert list(read_records([content], "a", account="1")) == expected


def test_only_line_feeds_end_an_access_log_line():
    line = make_line(agent="a\x0b\x0c\x1c\x85\u2028b")

    assert len(list(read_records([line + b"\n" + line], "a.log"))) == 2


def test_an_access_log_line_that_can_not_be_read_is_one_bad_record():
    records = list(read_records([LINE + b"\nnonsense\n" + LINE], "a.log"))

    assert records == [access_logs.translate(LINE), b"nonsense", access_logs.translate(LINE)]


def test_lines_of_an_access_log_and_of_json_may_be_in_one_file():
    lines = [LINE, as_bytes(FIRST), OTHER_LINE, IN_JSON]
    expected = [access_logs.translate(line) if line != as_bytes(FIRST) else line for line in lines]

    assert list(read_records([b"\n".join(lines)], "a.log")) == expected
    assert list(read_records([b"\n".join(lines[::-1])], "a.log")) == expected[::-1]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "between", "last"])
@pytest.mark.parametrize(
    "bad",
    [b"nonsense", as_bytes(FIRST)[:-9], b"{", b"[2026-11-20] a list, it seems", b'{"Records": ['],
    ids=["nonsense", "cut off", "a bracket", "in brackets", "half a log file"],
)
def test_a_line_that_can_not_be_read_is_one_bad_record(bad, place):
    lines = [as_bytes(FIRST), as_bytes(SECOND)]
    lines.insert(place, bad)
    read = list(read_records([b"\n".join(lines)], "a.ndjson"))

    assert [*read[:place], *read[place + 1 :]] == [as_bytes(FIRST), as_bytes(SECOND)]
    with pytest.raises(RecordError):
        decode(read[place])


def test_records_after_a_bad_one_of_another_kind_are_read():
    content = b'{"Records": [{"a": "b, ' + as_bytes(FIRST) + b",\n" + as_bytes(SECOND) + b"]}"

    assert list(read_records([content], "a.json")) == [b'{"a": "b', as_bytes(FIRST), as_bytes(SECOND)]


def test_an_access_log_whose_first_line_can_not_be_read_is_an_access_log():
    records = list(read_records([b"nonsense\n" + LINE], "a.log"))

    assert records == [b"nonsense", access_logs.translate(LINE)]


def test_records_stay_as_they_are_byte_for_byte():
    odd = b'{ "eventVersion" : "\xff\\ud83d", "x": NaN }'
    content = b'{"Records": [' + odd + b" , " + as_bytes(FIRST) + b"]}"

    assert list(read_records([content], "a.json")) == [odd, as_bytes(FIRST)]


@pytest.mark.parametrize(
    "odd", [7, None, {"messageId": "1"}, [], "nonsense"], ids=["number", "null", "no body", "list", "text"]
)
def test_messages_are_recognized_whatever_the_first_of_them_is(odd):
    records = list(read_records([as_bytes({"Records": [odd, MESSAGE]})], "a.json"))

    assert records[-1] == as_bytes(FIRST)


def test_what_is_wrapped_too_often_is_one_bad_record():
    wrapped = as_bytes(FIRST)
    for _ in range(MOST_WRAPPINGS + 1):
        wrapped = b'{"body": ' + wrapped + b"}"
    (record,) = read_records([wrapped], "a.json")

    with pytest.raises(RecordError, match="a record is a JSON object, not str"):
        decode(record)


def test_a_record_may_be_wrapped_as_often_as_any_file_has_it():
    event = json.dumps({"Records": [MESSAGE]})
    line = as_bytes({"body": event})

    assert read(line + b"\n" + line) == [FIRST, FIRST]


def test_a_file_of_too_many_values_is_refused(monkeypatch):
    monkeypatch.setattr(formats, "MOST_COMMAS", 1000)

    assert len(read(b"[" + b"7," * 1000 + b"7]")) == 1001
    with pytest.raises(LogFileError, match=r"a\.json: more than 1,000 values"):
        read(b"[" + b"7," * 1001 + b"7]")


def test_an_export_of_looked_up_events_may_be_larger_than_any_record():
    events = LOOKED_UP["Events"] * 2000

    assert len(list(read_records([as_bytes({"Events": events})], "a.json"))) == 2000


def test_a_message_that_can_not_be_read_is_one_bad_record():
    content = as_bytes({"Records": [MESSAGE, {"body": "nonsense"}]})
    assert list(read_records([content], "a.json")) == [as_bytes(FIRST), b"nonsense"]


def test_records_that_are_not_objects_come_out_as_they_are():
    assert list(read_records([b'{"Records": [1, null]}'], "a.json")) == [b"1", b"null"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b"", "a.json: is empty"),
        ("a.json", b"\xef\xbb\xbf\r\n", "a.json: is empty"),
        ("a.json", b"nonsense", "a.json: neither JSON nor an access log"),
        ("a.json", json.dumps(FIRST, indent=2).encode()[:-9], "a.json: neither JSON nor an access log"),
        ("a.json.gz", b"nonsense", "a.json.gz: not gzip"),
        ("a.json.gz", b"", "a.json.gz: is empty"),
        ("a.json.gz", gzip.compress(b"\n"), "a.json.gz: is empty"),
        ("a.json.gz", gzip.compress(make_log_file(FIRST))[:-9], "a.json.gz: truncated gzip"),
        ("a.json.gz", b"\x1f\x8b", "a.json.gz: truncated gzip"),
        ("a.json.gz", b"\x1f\x8b\x08\x00" + b"\xff" * 50, "a.json.gz: damaged gzip"),
    ],
    ids=[
        "nothing", "blanks", "nonsense", "truncated, indented", "not gzip", "an empty gzip file",
        "gzip of blanks", "truncated gzip", "two bytes", "damaged gzip",
    ],
)  # fmt: skip
def test_refuses_a_file_with_its_name_and_the_reason(name, content, reason):
    with pytest.raises(LogFileError, match=reason):
        read(content, name)


def test_a_wrong_checksum_means_a_damaged_file():
    content = bytearray(gzip.compress(make_log_file(FIRST)))
    content[-6] ^= 1
    with pytest.raises(LogFileError, match="damaged gzip"):
        read(bytes(content))


@given(st.binary() | st.binary().map(lambda tail: b"\x1f\x8b\x08" + tail))
def test_any_content_is_read_or_refused(content):
    try:
        records = list(read_records([content], "a"))
    except LogFileError:
        return
    assert all(isinstance(record, bytes) for record in records)
