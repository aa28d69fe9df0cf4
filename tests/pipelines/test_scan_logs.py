from __future__ import annotations

import gzip
import tracemalloc
from dataclasses import asdict

import pytest
from s3watch.pipelines.scan_logs import CHUNK
from s3watch.sources.parts import PART

from tests.support.access_log import make_line
from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_log_file, make_record, make_resources
from tests.support.log_bench import COPIES, OURS, Bench, make_bench
from tests.support.log_files import ACCESS_KEY, ORGANIZATION_KEY, TRAIL_KEY, make_notification
from tests.support.sensitive import NOW, make_reads, numbered

OTHER_KEY = ACCESS_KEY.replace(OWNER, OTHER)


def test_a_log_file_is_evaluated_like_events():
    bench, scan = make_bench(*make_reads(3), make_record(bucket="elsewhere"))

    assert (scan.files, scan.outcome.counts.hit, scan.outcome.counts.clean) == (1, 3, 1)
    assert bench.counts == [3]


def test_an_organizations_file_has_records_of_several_accounts():
    other = make_record(
        requestID="OTHER", recipientAccountId="444455556666",
        resources=make_resources("hr-data", "payroll/2026/q3.csv", "444455556666"),
    )  # fmt: skip
    bench, _ = make_bench(make_record(), other, key=ORGANIZATION_KEY)

    assert sorted(group.actor for group in bench.store.groups.values()) == [
        "111122223333:role/Analyst", "role/Analyst",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bucket", "key", "caller"),
    [
        (OURS, ACCESS_KEY, "444455556666:role/payroll-app"),
        (OURS, OTHER_KEY, "444455556666:role/payroll-app"),  # as whoever turns logging on may choose
        (COPIES, OTHER_KEY.replace(OTHER, "777788889999"), "444455556666:role/payroll-app"),
        (COPIES, OTHER_KEY, None),
    ],
    ids=[
        "our bucket",
        "our bucket, another's key",
        "an account that nobody named",
        "a copy of another's logs",
    ],
)
def test_nobody_is_expected_by_the_key_of_an_access_log(bucket: str, key: str, caller: str | None):
    requester = f"arn:aws:sts::{OTHER}:assumed-role/payroll-app/x"  # the catalogue expects role/payroll-app
    bench = Bench(**{key: make_line(requester=requester)})
    bench.scan(make_notification(key, bucket))

    assert [group.actor for group in bench.store.groups.values()] == ([caller] if caller else [])


def test_an_access_that_arrived_as_an_event_is_not_alerted_again():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(2)))})
    bench.pipeline.run(numbered(*make_reads(2)), NOW)
    bench.scan(make_notification(TRAIL_KEY))

    assert bench.counts == [2]


def test_calls_are_counted_by_hour_and_bucket():
    bench, _ = make_bench(
        *make_reads(3), make_record(bucket="elsewhere"), make_record(eventTime="2026-11-20T07:59:59Z")
    )

    assert bench.calls == {
        "2026-11-20T08hr-data": 3, "2026-11-20T08elsewhere": 1, "2026-11-20T07hr-data": 1
    }  # fmt: skip


def test_lines_of_access_logs_are_not_counted_again():
    bench = Bench(**{ACCESS_KEY: make_line()})
    bench.scan(make_notification(ACCESS_KEY))

    assert (bench.counts, bench.calls) == ([1], {})


def test_what_could_not_be_counted_is_said_and_holds_up_nothing():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(*make_reads(2)))})
    bench.ledger_is_away = True
    scan = bench.scan(make_notification(TRAIL_KEY))

    assert (scan.unrecorded, bench.counts) == (set(), [2])
    assert list(scan.warnings()) == [("calls were not counted", {"reason": "DynamoDB: away"})]


def test_an_access_that_eventbridge_dropped_is_alerted_as_late():
    bench, _ = make_bench(make_record())
    (group,) = bench.store.groups.values()

    assert (group.late, group.sequence) == (400, 1)


def test_two_trails_and_a_repeated_notification_alert_once():
    other = TRAIL_KEY.replace("AbCd", "ZyXw")
    content = gzip.compress(make_log_file(make_record()))
    bench = Bench(**{TRAIL_KEY: content, other: content})
    bench.scan(make_notification(TRAIL_KEY), make_notification(other), make_notification(TRAIL_KEY))

    assert bench.counts == [1]


def test_an_access_log_is_evaluated_and_its_counterparts_are_known():
    bench = Bench(
        **{ACCESS_KEY: make_line() + b"\n" + make_line(request="OTHER", key="payroll/x.csv") + b"\n"}
    )
    bench.pipeline.run(numbered(make_record()), NOW)
    scan = bench.scan(make_notification(ACCESS_KEY))

    assert scan.outcome.counts.hit == 2
    assert bench.counts == [2]


def test_event_log_file_and_access_log_of_one_request_give_one_alert():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(make_record())), ACCESS_KEY: make_line()})
    bench.scan(make_notification(ACCESS_KEY))
    bench.pipeline.run(numbered(make_record()), NOW)
    bench.scan(make_notification(TRAIL_KEY))

    assert bench.counts == [1]


@pytest.mark.parametrize("service", ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated"])
def test_files_without_accesses_are_counted_and_not_read(service: str):
    scan = Bench().scan(make_notification(TRAIL_KEY.replace("/CloudTrail/", f"/{service}/")))

    assert (dict(scan.skipped), scan.files) == ({service: 1}, 0)


def test_a_file_that_a_message_names_twice_is_read_once():
    bench = Bench(**{TRAIL_KEY: gzip.compress(make_log_file(make_record()))})
    bench.scan({"s3Bucket": "trail-logs", "s3ObjectKey": [TRAIL_KEY] * 10_000})

    assert len(bench.downloads) == 1


def test_a_large_file_is_evaluated_in_chunks_and_every_record_is_counted():
    records = [make_record(bucket="elsewhere", requestID=f"R{n}") for n in range(2 * CHUNK + 1)]
    _, scan = make_bench(*records, *make_reads(3))

    assert (scan.outcome.counts.received, scan.outcome.counts.clean, scan.outcome.counts.hit) == (
        2 * CHUNK + 4, 2 * CHUNK + 1, 3,
    )  # fmt: skip
    assert scan.outcome.counts.balanced


def test_memory_does_not_follow_the_size_of_a_file():
    line = as_bytes(make_record(bucket="elsewhere")) + b"\n"
    bench = Bench(
        small=gzip.compress(line * (4 * PART // len(line))),
        large=gzip.compress(line * (16 * PART // len(line))),
    )
    bench.scan(make_notification("small"))  # learns the record
    peaks = []
    for name in ("small", "large"):
        tracemalloc.start()
        assert bench.scan(make_notification(name)).files == 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.2 * peaks[0]


def test_the_numbers_have_the_names_of_the_metrics():
    _, scan = make_bench(make_record(), make_record(bucket="elsewhere"))

    assert {name: number for name, number in scan.numbers().items() if number} == {
        "RecordsReceived": 2, "RecordsHit": 1, "RecordsClean": 1, "LogFiles": 1,
    }  # fmt: skip
    assert asdict(scan.outcome.counts).keys() <= {name[7:].lower() for name in scan.numbers()}
