"""Every record of a file is read or counted as failed, and what is no log file is named as such."""

from __future__ import annotations

import json

import pytest
from s3watch_cli.history.failures import Failures
from s3watch_cli.history.log_reader import NO_RECORD, LogReader

from tests.support.access_log import make_deletion, make_line
from tests.support.cloudtrail import OWNER, as_bytes, make_event, make_log_file, make_record
from tests.support.project import ROOT

RECORD = as_bytes(make_record())


def read(
    content: bytes, name: str = "a.json", account: str | None = None
) -> tuple[list[bytes], list[str], int]:
    """The records of a file, the lines on what failed, and how many records were rejected."""
    failures = Failures()
    batches = list(LogReader(failures, account).read(name, [content]))
    return [raw for batch in batches for _, raw in batch], list(failures.lines()), failures.rejected


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        as_bytes({"Records": []}),
        as_bytes({"detail-type": "EC2 Instance State-change Notification", "detail": {"state": "running"}}),
        as_bytes({"digestS3Bucket": "trail", "logFiles": []}),
        b'{"level": "info", "msg": "started"}\n' * 1000,
        (ROOT / "README.md").read_bytes(),
    ],
    ids=["an object", "a list", "no records", "an event", "a digest", "another log", "README.md"],
)
def test_a_file_without_a_record_is_named_once_and_none_of_it_counted(content: bytes):
    assert read(content) == ([], [f"a.json: {NO_RECORD} in it"], 0)


@pytest.mark.parametrize("content", [b"", b" \r\n"], ids=["nothing", "blanks"])
def test_an_empty_file_is_called_empty(content: bytes):
    assert read(content) == ([], ["a.json: is empty"], 0)


@pytest.mark.parametrize(
    "content",
    [RECORD, make_line(), as_bytes(make_deletion()), make_event(make_record()), as_bytes({"eventID": "x"})],
    ids=["a record", "an access-log line", "an S3 event", "an event", "hardly a record"],
)
def test_a_file_with_one_record_is_a_log_file(content: bytes):
    records, failures, rejected = read(content)

    assert (len(records), failures, rejected) == (1, [], 0)


def test_of_the_broken_records_of_a_file_five_are_named_and_all_counted():
    records, failures, rejected = read(b"nonsense\n" * 3 + RECORD + b"\n{}" * 4)

    assert (records, rejected) == ([RECORD], 7)
    assert [line.partition(":")[0] for line in failures] == [
        "a.json, record 1", "a.json, record 2", "a.json, record 3", "a.json, record 5", "a.json, record 6",
        "a.json",
    ]  # fmt: skip
    assert failures[-2:] == [f"a.json, record 6: {NO_RECORD}", "a.json: and 2 more of its records"]


EXPORTED = make_record(without=("resources", "recipientAccountId"))


@pytest.mark.parametrize(
    "resources", [{}, {"resources": None}, {"resources": []}], ids=["no", "null", "empty"]
)
def test_an_export_without_resources_gets_the_owner_of_its_bucket(resources: dict[str, None]):
    [raw], _, _ = read(make_log_file(EXPORTED | resources), account=OWNER)

    owned = {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::hr-data", "accountId": OWNER}
    assert json.loads(raw) == EXPORTED | {"resources": [owned]}


@pytest.mark.parametrize("content", [RECORD, make_line()], ids=["a record", "an access-log line"])
def test_what_names_an_owner_in_its_own_way_stays_as_it_is(content: bytes):
    assert read(content, f"{OWNER}/a", account=OWNER)[0] == read(content, account=OWNER)[0]
    assert b'"444455556666"' not in read(RECORD, account="444455556666")[0][0]
