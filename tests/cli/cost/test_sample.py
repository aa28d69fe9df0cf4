"""Counting in log files what each scope would leave, by the real rules of a folder."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from s3watch_cli.compiler import compile_folder
from s3watch_cli.cost.sample import Sample
from s3watch_cli.cost.scopes import Traffic
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.access_log import make_line
from tests.support.cloudtrail import as_bytes, make_log_file, make_record, make_role, make_user
from tests.support.event_scopes import PACK
from tests.support.rule_folders import write_folder
from tests.support.trail_records import make_call, make_listing

CATALOGUE = """\
- name: payroll
  match: s3://hr-data/payroll/*
  expected: [{principal: role/payroll-app, do: [read, write], network: anywhere}]
"""
UNEXPECTED = """\
title: Unexpected read
logsource: {product: aws, service: cloudtrail}
level: high
detection:
  selection: {s3.operation: read, s3.expected: false}
  condition: selection
"""
INSIDE, OUTSIDE = "payroll/q3.csv", "handbook/welcome.pdf"
APP = make_role("payroll-app")


def read_by(who: dict[str, Any], key: str) -> dict[str, Any]:
    return make_call("GetObject", "hr-data", key) | {"userIdentity": who}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rules", catalogue=CATALOGUE, detections__unexpected=UNEXPECTED)


def write(path: Path, *records: dict[str, Any]) -> str:
    path.write_bytes(gzip.compress(make_log_file(*records)))
    return str(path)


def count(folder: Path, *logs: str) -> Sample:
    sample = Sample(compile_folder(folder, date(2026, 11, 27), Diagnostics()).ruleset)
    sample.read(logs)
    return sample


def shares(traffic: Traffic) -> dict[str, float]:
    return {f"{by} {scope}": round(share, 2) for (by, scope), share in traffic.passed.items()}


def test_calls_are_counted_by_what_the_trail_records_and_the_bus_passes_on(folder, tmp_path):
    logs = write(
        tmp_path / "trail.json.gz",
        *[read_by(APP, INSIDE)] * 6,
        read_by(make_user("bob"), INSIDE),
        *[read_by(APP, OUTSIDE)] * 3,
    )

    traffic = count(folder, logs).traffic()
    assert traffic.recorded == {"bucket": 1, "prefixes": 0.7}
    assert shares(traffic) == {
        "bucket bucket": 1, "bucket objects": 0.7, "bucket unexpected": 0.1,
        "prefixes bucket": 0.7, "prefixes objects": 0.7, "prefixes unexpected": 0.1,
    }  # fmt: skip


def test_listings_and_rare_calls_are_recorded_whatever_they_are_about(folder, tmp_path):
    logs = write(
        tmp_path / "trail.json.gz",
        make_listing("ListObjects", "hr-data", "handbook/"),
        make_listing("DeleteObjects", "hr-data", ""),
        make_call("PutObjectAcl", "hr-data", OUTSIDE),
        make_call("PutObject", "hr-data", OUTSIDE),
    )

    assert count(folder, logs).traffic().recorded == {"bucket": 1, "prefixes": 0.75}


def test_other_buckets_management_events_and_access_logs_are_no_calls_to_compare(folder, tmp_path):
    others = make_record(bucket="elsewhere"), make_record(eventName="PutBucketPolicy")
    write(tmp_path / "trail.json.gz", *others)
    write(tmp_path / "more.json.gz", read_by(APP, INSIDE))
    (tmp_path / "access.log").write_bytes(make_line())

    sample = count(folder, str(tmp_path))
    assert (sample.calls, sample.others, sample.traffic().recorded["bucket"]) == (1, 3, 1)


def test_an_export_without_resources_is_counted_by_its_request(tmp_path):
    sample = Sample(PACK)
    sample.read([write(tmp_path / "a.json.gz", make_record(without=("resources",)))])

    assert sample.traffic().recorded["bucket"] == 1


def test_logs_without_a_call_are_refused_in_a_line(folder, tmp_path, s3watch):
    logs = write(tmp_path / "trail.json.gz", make_record(bucket="elsewhere"))

    assert s3watch("cost", "--logs", logs, "--rules", str(folder))[::2] == (
        1,
        "the logs have no data event of a bucket that the rules name\n",
    )


def test_the_command_shows_what_could_be_read_and_fails_for_what_could_not(folder, tmp_path, s3watch):
    logs = write(tmp_path / "trail.json.gz", read_by(APP, INSIDE))
    (tmp_path / "broken.json.gz").write_bytes(b"no")

    given = ("--logs", str(tmp_path / "broken.json.gz"), "--logs", logs, "--rules", str(folder))
    code, out, err = s3watch("cost", *given)

    assert (code, [json.loads(line)["passed on"] for line in out.splitlines()]) == (
        1,
        ["100 %", "100 %", "0 %"] * 2,
    )
    assert "broken.json.gz" in err
    assert "counted 1 call on watched buckets; 0 other records" in err


ODD = as_bytes(read_by(APP, INSIDE)).removesuffix(b"}")


@pytest.mark.parametrize(
    ("odd", "calls", "failures"),
    [
        (b'{"eventName": tru}', 2, ["record 2: not JSON: Expecting value: line 1 column 15 (char 14)"]),
        (ODD + b',"apiVersion":NaN}', 3, []),
        (ODD + b',"apiVersion":"\\ud800"}', 3, []),
    ],
    ids=["broken", "no number", "half a character"],
)
def test_an_odd_record_is_counted_or_named_and_the_others_are_counted(
    folder: Path, tmp_path: Path, odd: bytes, calls: int, failures: list[str]
):
    good = as_bytes(read_by(APP, INSIDE))
    log = tmp_path / "1.json"
    log.write_bytes(b'{"Records":[' + b",".join((good, odd, good)) + b"]}")
    sample = count(folder, str(log))

    assert (sample.calls, list(sample.failures.lines())) == (calls, [f"{log}, {each}" for each in failures])
