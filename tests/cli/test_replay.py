from __future__ import annotations

import gzip
import json
from itertools import batched
from pathlib import Path
from typing import Any

import pytest
from s3watch_cli.history.files import read_chunks
from s3watch_cli.replay import Replayer, compile_rules, replay_logs

from tests.support.access_log import make_deletion, make_line
from tests.support.cloudtrail import (
    as_bytes,
    make_event,
    make_log_file,
    make_record,
    make_resources,
    make_user,
)
from tests.support.log_files import ACCESS_KEY
from tests.support.project import CATALOGUE, RULES
from tests.support.sensitive import RULESET, make_reads


def replay(*files: bytes) -> Replayer:
    replayer = Replayer(RULESET)
    for number, content in enumerate(files):
        replayer.feed(f"file-{number}.json", [content])
    replayer.finish()
    return replayer


def make_archive(folder: Path, **files: Any) -> None:
    for name, records in files.items():
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(make_log_file(*records)))


def test_one_alert_a_group_says_all_there_is_to_say():
    (alert,) = replay(make_log_file(*make_reads(2))).alerts()

    assert alert.pop("alert").startswith("01M7")
    assert alert == {
        "rule": "unexpected-access", "rules": ["unexpected-access"],
        "title": "A sensitive object was touched by somebody who is not expected to",
        "level": "high", "actor": "role/Analyst", "principal": "role/Analyst", "bucket": "hr-data",
        "label": "payroll", "first": "2026-11-20T08:14:03Z", "last": "2026-11-20T08:14:03Z", "count": 2,
        "events": ["event-0", "event-1"],
    }  # fmt: skip


def test_the_same_history_gives_the_same_alerts_however_it_is_cut_and_compressed(tmp_path: Path):
    records = [*make_reads(3), make_record(userIdentity=make_user(), requestID="OTHER")]
    whole = list(replay(make_log_file(*records)).alerts())
    cut = list(replay(*(make_log_file(record) for record in records)).alerts())
    make_archive(tmp_path, **{f"log{number}": [record] for number, record in enumerate(records)})
    compressed = list(
        replay(*(b"".join(read_chunks(str(path))) for path in sorted(tmp_path.iterdir()))).alerts()
    )
    lines = list(replay(b"\n".join(map(as_bytes, records))).alerts())
    events = list(replay(*(make_event(record) for record in records)).alerts())

    assert whole == cut == compressed == lines == events


def test_copies_of_a_request_are_counted_once_and_all_their_events_named():
    (alert,) = replay(make_log_file(make_record(eventID="one"), make_record(eventID="two"))).alerts()

    assert (alert["count"], alert["events"]) == (1, ["one", "two"])


def test_a_batch_delete_is_one_alert_with_its_objects():
    call = make_record(eventName="DeleteObjects", key=None, eventID="call")
    deleted = make_record(
        eventName="DeleteObject", eventType="AwsServiceEvent", requestParameters=None, eventID="deleted",
        userIdentity={"invokedBy": "AWS Internal"}, resources=make_resources("hr-data", "payroll/a.csv"),
    )  # fmt: skip
    replayer = replay(make_log_file(deleted), make_log_file(call))
    (alert,) = replayer.alerts()

    assert (alert["actor"], alert["events"]) == ("role/Analyst", ["call", "deleted"])
    assert (replayer.result.counts.balanced, replayer.result.counts.received) == (True, 2)


def test_a_batch_delete_whose_record_has_no_time_is_replayed():
    (alert,) = replay(as_bytes(make_record(eventName="DeleteObjects", key=None, eventTime="0000"))).alerts()

    assert (alert["count"], alert["actor"]) == (1, "role/Analyst")


def test_every_record_of_an_archive_is_accounted_for():
    records = make_log_file(*make_reads(3), make_record(bucket="elsewhere"))
    replayer = replay(records, as_bytes(make_record(bucket="elsewhere")) + b'\n{"a"\n{}\n[]')
    counts = replayer.result.counts

    assert (counts.balanced, counts.hit, counts.clean, counts.failed) == (True, 3, 2, 2)


def test_more_hits_than_a_ledger_tells_apart_are_exact_in_a_replay():
    (alert,) = replay(make_log_file(*make_reads(700))).alerts()

    assert (alert["count"], len(alert["events"])) == (700, 700)


@pytest.mark.parametrize("size", [4_600, 1_700], ids=["one file", "three files"])
def test_thousands_of_reads_of_one_object_are_one_alert_that_counts_all(size: int):
    reads = [
        make_record(requestID=f"REQUEST{number:09}", eventID=f"event-{number}") for number in range(4_600)
    ]
    replayer = replay(*(make_log_file(*some) for some in batched(reads, size, strict=False)))
    (alert,) = replayer.alerts()

    assert (alert["count"], len(alert["events"]), alert["rule"]) == (4_600, 4_600, "unexpected-access")
    assert (replayer.result.counts.hit, replayer.result.counts.failed) == (4_600, 0)


def test_access_logs_are_replayed_with_the_trails_files_they_are_copies_of():
    other = make_line(request="OTHER", key="payroll/x.csv", requester="arn:aws:iam::111122223333:user/bob")
    replayer = Replayer(RULESET, account="111122223333")
    replayer.feed("trail.json", [make_log_file(make_record())])
    replayer.feed(ACCESS_KEY.rpartition("/")[2], [make_line() + b"\n" + other])
    replayer.finish()

    assert {alert["actor"]: alert["count"] for alert in replayer.alerts()} == {
        "role/Analyst": 1,
        "user/bob": 1,
    }


def test_the_account_of_an_access_log_stands_in_its_folders():
    replayer = Replayer(RULESET)
    replayer.feed(f"archive/{ACCESS_KEY}", [make_line()])

    assert [alert["principal"] for alert in replayer.alerts()] == ["role/Analyst"]


def test_the_account_that_was_given_is_believed_before_the_folders():
    replayer = Replayer(RULESET, account="444455556666")
    replayer.feed(f"archive/{ACCESS_KEY}", [make_line()])

    assert [alert["principal"] for alert in replayer.alerts()] == ["111122223333:role/Analyst"]


def test_events_of_s3_give_a_batch_delete_its_keys():
    call = make_record(eventName="DeleteObjects", key=None, eventID="call")
    deletion = make_deletion(object={"key": "payroll/a.csv"})
    (alert,) = replay(as_bytes(deletion), make_log_file(call)).alerts()

    assert (alert["actor"], alert["events"]) == ("role/Analyst", ["call", deletion["id"]])


def test_the_command_prints_one_alert_a_line(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]):
    make_archive(tmp_path, log=[make_record()])
    replay_logs([str(tmp_path)], compile_rules(RULES, CATALOGUE))
    out = capfdbinary.readouterr().out

    assert [json.loads(line)["rule"] for line in out.splitlines()] == ["unexpected-read"]
