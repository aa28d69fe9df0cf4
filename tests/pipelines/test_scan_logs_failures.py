"""Log files and records that cannot be read, or not now: set aside one by one, or retried."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from s3watch.errors import RefusedError, UnavailableError
from s3watch.pipelines import scan_logs
from s3watch.pipelines.detect import AT_ONCE
from s3watch.pipelines.scan_logs import CHUNK, FINAL_RECEIVE, MOST_FILES, NO_TIME
from s3watch.sources.log_notifications import WHOLE_FILE, LogObject, PoisonRecord, write_poison_record

from tests.support.access_log import make_line
from tests.support.broken_records import FAULTS, FILES, READABLE, make_raw
from tests.support.cloudtrail import as_bytes, make_log_file, make_record
from tests.support.log_bench import Bench
from tests.support.log_files import ACCESS_KEY, TRAIL_KEY, make_notification
from tests.support.sensitive import make_reads


def test_an_unreadable_record_is_set_aside_with_its_file_and_number():
    content = b'{"Records": [' + as_bytes(make_record()) + b', "poison"]}'
    bench = Bench(**{TRAIL_KEY: gzip.compress(content)})
    scan = bench.scan(make_notification(TRAIL_KEY))

    assert scan.poison == {
        "m0": [
            PoisonRecord(f"s3://trail-logs/{TRAIL_KEY}", 2, '"poison"', "a record is a JSON object, not str")
        ]
    }
    assert (bench.counts, scan.unreadable, scan.unrecorded) == ([1], {}, set())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", [1, 2, 3], ids=["first", "between", "last"])
def test_a_bad_record_of_a_log_file_is_evaluated_or_set_aside_by_its_number(place: int, fault: str):
    raws = [make_raw(f"R{number}") for number in (1, 2, 3)]
    raws[place - 1] = FAULTS[fault](raws[place - 1])
    bench = Bench(**{TRAIL_KEY: gzip.compress(FILES["log file"](raws))})
    scan = bench.scan(make_notification(TRAIL_KEY))

    bad = fault not in READABLE
    assert (scan.files, scan.unreadable, scan.outcome.counts.hit) == (1, {}, 3 - bad)
    assert [each.number for each in scan.poison.get("m0", [])] == [place] * bad


def test_the_end_of_a_log_file_that_is_cut_off_is_one_bad_record():
    content = make_log_file(*make_reads(3))[:-100]
    bench = Bench(**{TRAIL_KEY: gzip.compress(content)})
    (poison,) = bench.scan(make_notification(TRAIL_KEY)).poison["m0"]

    assert (bench.counts, poison.number) == ([2], 3)
    assert content.decode().endswith(poison.record)


def test_an_unreadable_line_is_set_aside_by_itself():
    bench = Bench(**{ACCESS_KEY: make_line() + b"\n\nnonsense\n"})
    (record,) = bench.scan(make_notification(ACCESS_KEY)).poison["m0"]

    assert (record.number, record.record, bench.counts) == (2, "nonsense", [1])


def test_no_number_of_odd_lines_keeps_the_others_of_a_file_from_being_evaluated():
    lines = [make_line(request="A"), *[b"nonsense"] * 12_000, make_line(request="B")]
    bench = Bench(**{ACCESS_KEY: b"\n".join(lines)})
    scan = bench.scan(make_notification(ACCESS_KEY))

    assert (scan.files, scan.unreadable, scan.unrecorded, bench.counts) == (1, {}, set(), [2])
    assert scan.outcome.counts.failed == 12_000


def test_a_hundred_odd_lines_are_set_aside_one_by_one_and_the_others_together():
    bench = Bench(**{ACCESS_KEY: b"\n".join([make_line(), *[b"nonsense"] * 12_000])})
    scan = bench.scan(make_notification(ACCESS_KEY))
    file = f"s3://trail-logs/{ACCESS_KEY}"

    assert scan.poison == {
        "m0": [
            *(
                PoisonRecord(file, place, "nonsense", "neither JSON nor an access-log line")
                for place in range(2, 102)
            ),
            PoisonRecord(file, WHOLE_FILE, "", "11,900 more of its records cannot be read"),
        ]
    }


def test_a_redriven_file_is_read_again_as_a_whole():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(3)))})
    scan = bench.scan(redrive(1), redrive(WHOLE_FILE))

    assert (scan.outcome.counts.hit, scan.unreadable, bench.counts) == (4, {}, [3])


def test_an_access_log_of_odd_lines_alone_is_no_refused_file():
    bench = Bench(**{ACCESS_KEY: b"nonsense\nmore of it"})
    scan = bench.scan(make_notification(ACCESS_KEY))

    assert (scan.files, scan.unreadable) == (1, {})
    assert [record.record for record in scan.poison["m0"]] == ["nonsense", "more of it"]


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError("deep")], ids=repr)
def test_an_unexpected_error_about_one_file_takes_no_other_with_it(error: Exception):
    bench = Bench(**{"odd.gz": error, TRAIL_KEY: gzip.compress(make_log_file(make_record()))})
    both = {"s3Bucket": "trail-logs", "s3ObjectKey": ["odd.gz", TRAIL_KEY]}
    scan = bench.scan(make_notification("odd.gz"), both)

    assert scan.unreadable == dict.fromkeys(["m0", "m1"], f"{type(error).__name__}: {error}")
    assert bench.counts == [1]


def test_an_object_that_is_not_named_readably_is_reported_and_the_others_are_evaluated():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(make_record()))})
    scan = bench.scan({"s3Bucket": "trail-logs", "s3ObjectKey": [None, TRAIL_KEY]})

    assert scan.unreadable == {"m0": "not a notification of a log file: it names no object"}
    assert bench.counts == [1]


def redrive(number: int, *, key: str = TRAIL_KEY, bucket: str = "trail-logs", record: str = "") -> str:
    return write_poison_record(PoisonRecord(f"s3://{bucket}/{key}", number, record, version="v1"))


def test_a_redriven_record_is_read_from_its_file_again():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(3))), ACCESS_KEY: make_line()})
    scan = bench.scan(redrive(2), redrive(1, key=ACCESS_KEY))

    assert (scan.outcome.counts.hit, scan.unreadable) == (2, {})
    assert bench.downloads == [
        LogObject("trail-logs", TRAIL_KEY, "v1"), LogObject("trail-logs", ACCESS_KEY, "v1")
    ]  # fmt: skip


def test_a_body_shaped_like_a_dead_letter_is_no_record():
    clean = make_record(bucket="elsewhere")
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(clean))})
    scan = bench.scan(redrive(1, record=as_bytes(make_record(requestID="FORGED")).decode()))

    assert (scan.outcome.counts.clean, bench.counts) == (1, [])


@pytest.mark.parametrize("number", [-1, 2, 10**30], ids=str)
def test_a_dead_letter_of_a_record_that_its_file_does_not_have_is_refused(number: int):
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(make_record()))})

    assert bench.scan(redrive(number)).unreadable == {
        "m0": f"s3://trail-logs/{TRAIL_KEY}: has no record {number}"
    }


@pytest.mark.parametrize(
    "file", ["", "s3://", "s3://trail-logs", "s3://trail-logs/", "trail-logs/a.gz"], ids=repr
)
def test_a_dead_letter_that_names_no_file_is_refused(file: str):
    scan = Bench().scan(write_poison_record(PoisonRecord(file, 1, make_line().decode())))

    assert scan.unreadable == {"m0": "not a record of a log file: it names no object"}


@pytest.mark.parametrize(
    "body",
    [
        make_notification(TRAIL_KEY, bucket="elsewhere"),
        {"s3Bucket": "elsewhere", "s3ObjectKey": [TRAIL_KEY]},
        redrive(1, bucket="elsewhere", record=as_bytes(make_record()).decode()),
    ],
    ids=["a notification", "a trail's notification", "a dead letter"],
)
def test_a_file_in_no_log_bucket_is_counted_and_not_read(body: Any):
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(make_record()))})
    scan = bench.scan(body)

    assert (scan.foreign, scan.numbers()["LogFilesForeign"]) == ({"elsewhere": 1}, 1)
    assert (bench.downloads, bench.counts, scan.unreadable, scan.delayed) == ([], [], {}, {})


def test_a_message_that_names_more_files_than_aws_does_is_refused_before_any_is_read():
    bench = Bench()
    scan = bench.scan({"s3Bucket": "trail-logs", "s3ObjectKey": [f"{n}.gz" for n in range(MOST_FILES + 1)]})

    assert scan.unreadable == {"m0": "names 101 files, more than the limit of 100"}
    assert bench.downloads == []


@pytest.mark.parametrize(
    ("tries", "set_aside"), [(FINAL_RECEIVE - 1, False), (FINAL_RECEIVE, True)], ids=repr
)
def test_a_file_that_s3_does_not_give_out_is_set_aside_after_eight_minutes(tries: int, set_aside: bool):
    withheld = RefusedError(f"s3://trail-logs/{TRAIL_KEY}: AccessDenied")
    scan = Bench(**{TRAIL_KEY: withheld}).scan(make_notification(TRAIL_KEY), tries=tries)

    assert (scan.unreadable if set_aside else scan.delayed) == {"m0": str(withheld)}
    assert not (scan.delayed if set_aside else scan.unreadable)


def test_the_other_files_of_a_message_are_evaluated_when_s3_withholds_one():
    content = gzip.compress(make_log_file(make_record()))
    bench = Bench(**{"gone.gz": RefusedError("gone.gz: NoSuchKey"), "bad.gz": b"hello", TRAIL_KEY: content})
    scan = bench.scan({"s3Bucket": "trail-logs", "s3ObjectKey": ["gone.gz", "bad.gz", TRAIL_KEY]}, tries=9)

    assert scan.unreadable == {"m0": "gone.gz: NoSuchKey; s3://trail-logs/bad.gz: not gzip"}
    assert bench.counts == [1]


def test_a_file_waits_for_the_ledger_however_often_it_was_tried():
    scan = Bench(**{TRAIL_KEY: UnavailableError("S3: SlowDown")}).scan(
        make_notification(TRAIL_KEY), tries=499
    )

    assert scan.delayed == {"m0": "S3: SlowDown"}


def test_messages_for_which_no_time_is_left_are_retried_however_often_they_were_received():
    files = {f"{n}.gz": gzip.compress(make_log_file(make_record())) for n in range(20)}
    bench = Bench(**files)
    many = {"s3Bucket": "trail-logs", "s3ObjectKey": list(files)}
    scan = bench.scan(many, make_notification("0.gz"), tries=499, seconds=16)

    assert scan.delayed == {
        "m0": "there was no time left to read all of its files",
        "m1": "the files of other messages took all the time",
    }
    assert (len(bench.downloads), scan.unreadable) == (5, {})


def test_a_chunk_that_takes_too_long_is_recorded_as_far_as_it_was_evaluated_and_retried():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(5 * AT_ONCE)))})
    delayed = bench.scan(make_notification(TRAIL_KEY), seconds=5).delayed

    assert (delayed, bench.counts) == ({"m0": NO_TIME}, [2 * AT_ONCE])
    assert (bench.scan(make_notification(TRAIL_KEY)).delayed, bench.counts) == ({}, [5 * AT_ONCE])


def test_a_file_that_s3_withholds_is_not_set_aside_while_time_or_ledger_kept_others_of_its_message_waiting():
    files: dict[str, Any] = {f"{n}.gz": gzip.compress(make_log_file(make_record())) for n in range(20)}
    bench = Bench(**files | {"0.gz": RefusedError("0.gz: AccessDenied")})
    scan = bench.scan({"s3Bucket": "trail-logs", "s3ObjectKey": list(files)}, tries=499, seconds=10)

    assert (scan.delayed.keys(), scan.unreadable) == ({"m0"}, {})


def test_no_backlog_becomes_dead_letters_by_a_ledger_that_was_away(monkeypatch: pytest.MonkeyPatch):
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(3)))})

    def away(*_: Any, **__: Any) -> None:
        raise UnavailableError("DynamoDB: away")

    with monkeypatch.context() as patched:
        patched.setattr(bench.store, "write", away)
        scans = [bench.scan(make_notification(TRAIL_KEY), tries=tries) for tries in range(1, 20)]
    after = bench.scan(make_notification(TRAIL_KEY), tries=20)

    assert [(scan.unrecorded, scan.unreadable) for scan in scans] == [({"m0"}, {})] * 19
    assert (after.unrecorded, after.unreadable, bench.counts) == (set(), {}, [3])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"hello", "not gzip"),
        (gzip.compress(make_log_file(make_record()))[:-20], "truncated gzip"),
        (gzip.compress(b"hello"), "neither JSON nor an access log"),
        (gzip.compress(bytes(130 * 1024 * 1024)), "neither JSON nor an access log"),
    ],
    ids=["not gzip", "cut", "neither", "zeros"],
)
def test_an_unreadable_file_is_refused_by_name_and_the_others_are_evaluated(content: bytes, reason: str):
    bench = Bench(**{"AWSLogs/bad.json.gz": content, TRAIL_KEY: gzip.compress(make_log_file(make_record()))})
    scan = bench.scan(make_notification("AWSLogs/bad.json.gz"), make_notification(TRAIL_KEY))

    assert "s3://trail-logs/AWSLogs/bad.json.gz" in scan.unreadable["m0"]
    assert reason in scan.unreadable["m0"]
    assert (scan.files, bench.counts) == (1, [1])


def test_the_other_files_of_a_message_are_evaluated_too():
    content = gzip.compress(make_log_file(make_record()))
    bench = Bench(**{"bad.gz": b"hello", TRAIL_KEY: content})
    message = {"s3Bucket": "trail-logs", "s3ObjectKey": ["bad.gz", TRAIL_KEY]}

    assert (list(bench.scan(message).unreadable), bench.counts) == (["m0"], [1])


def test_a_message_without_a_file_is_refused():
    assert list(Bench().scan("hello").unreadable) == ["m0"]


def test_a_file_whose_hits_were_not_recorded_is_retried_and_counts_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
):
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(3)))})
    write, calls = bench.store.write, []

    def away_at_first(*arguments: Any, **more: Any) -> None:
        calls.append(arguments)
        if len(calls) == 1:
            raise UnavailableError("DynamoDB: away")
        write(*arguments, **more)

    monkeypatch.setattr(bench.store, "write", away_at_first)
    first = bench.scan(make_notification(TRAIL_KEY))
    second = bench.scan(make_notification(TRAIL_KEY))

    assert (first.unrecorded, second.unrecorded, bench.counts) == ({"m0"}, set(), [3])


HITS = 100  # all in one group, which counts so many exactly
RECORDS = [
    make_record(requestID=f"R{number}", bucket="elsewhere" if number % (2 * CHUNK // HITS) else "hr-data")
    for number in range(2 * CHUNK)
]
LINES = b"\n".join(map(as_bytes, RECORDS))


@pytest.mark.parametrize(
    "end", [b"", b"\xff" * 99, b"\x1f\x8b\x08\x00" + b"\xff" * 50], ids=["cut", "not gzip", "damaged"]
)
def test_of_a_damaged_file_what_comes_before_is_evaluated_and_the_file_is_set_aside(end: bytes):
    whole = gzip.compress(LINES)
    content = whole + end if end else whole[:-20]
    bench = Bench(**{TRAIL_KEY: content})
    scan = bench.scan(make_notification(TRAIL_KEY))

    assert (list(scan.unreadable), scan.files) == (["m0"], 0)
    assert scan.outcome.counts.balanced
    assert bench.counts == [scan.outcome.counts.hit]
    assert HITS / 2 <= scan.outcome.counts.hit <= HITS


def test_of_a_damaged_file_with_few_records_those_before_are_evaluated_or_set_aside_too():
    records = [b'"poison"', *map(as_bytes, make_reads(CHUNK // 4))]
    bench = Bench(**{TRAIL_KEY: gzip.compress(b'{"Records": [' + b",".join(records) + b"]}")[:-20]})
    scan = bench.scan(make_notification(TRAIL_KEY))

    assert (list(scan.unreadable), [each.number for each in scan.poison["m0"]]) == (["m0"], [1])
    assert CHUNK / 8 < scan.outcome.counts.hit < CHUNK / 4


def test_of_a_file_that_explodes_what_comes_before_the_limit_is_evaluated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scan_logs, "MOST_BYTES", len(LINES) - 1)
    bench = Bench(**{TRAIL_KEY: gzip.compress(LINES)})
    scan = bench.scan(make_notification(TRAIL_KEY))

    assert scan.unreadable == {
        "m0": f"s3://trail-logs/{TRAIL_KEY}: decompresses to more than {len(LINES) - 1:,} bytes"
    }
    assert 0 < scan.outcome.counts.hit < HITS


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_s3_stops_sending_is_retried_and_its_hits_are_counted_once(share: float):
    content = gzip.compress(LINES)
    bench = Bench(**{TRAIL_KEY: [content[: int(len(content) * share)], UnavailableError("S3: closed")]})
    first = bench.scan(make_notification(TRAIL_KEY))
    before = sum(bench.counts)
    bench.files[TRAIL_KEY] = content
    second = bench.scan(make_notification(TRAIL_KEY))

    assert (first.delayed, first.unreadable, first.files) == ({"m0": "S3: closed"}, {}, 0)
    assert before <= HITS * share
    assert (second.delayed, second.files, bench.counts) == ({}, 1, [HITS])
