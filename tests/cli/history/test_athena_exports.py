"""Exports of Athena's CloudTrail table give the records that they were made of, or say that they do not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from s3watch.facts.extraction import extract
from s3watch.facts.fields import FACTS
from s3watch.sources.cloudtrail import decode
from s3watch_cli.history.failures import Failures
from s3watch_cli.history.files import LogFiles, read_chunks
from s3watch_cli.history.log_reader import LogReader

from tests.support.athena_exports import as_csv, as_unloaded
from tests.support.cloudtrail import (
    OTHER,
    SSO_PATH,
    as_bytes,
    make_record,
    make_resources,
    make_role,
    make_user,
)
from tests.support.growth import LINEAR, growth

ALICE = make_role("AWSReservedSSO_HR_1", "alice@example.com", path=SSO_PATH)
RECORDS = {
    "a role": make_record(),
    "a user": make_record(userIdentity=make_user()),
    "Identity Center": make_record(userIdentity=ALICE),
    "denied": make_record(errorCode="AccessDenied", errorMessage='User: x, "y" is not authorized\nto read'),
    "a URL": make_record(
        additional={"AuthenticationMethod": "QueryString"}, request={"X-Amz-Expires": "300"}
    ),
    "a copy": make_record(eventName="CopyObject", request={"x-amz-copy-source": "hr-data/payroll/a, b.csv"}),
    "a copy between accounts": make_record(
        eventName="CopyObject", bucket="collect", key="q3.csv",
        request={"x-amz-copy-source": "hr-data/payroll/q3.csv"},
        resources=[*make_resources("collect", "q3.csv", OTHER), *make_resources("hr-data", "payroll/q3.csv")],
    ),
    "of a batch delete": make_record(
        eventName="DeleteObject", eventType="AwsServiceEvent", requestParameters=None,
        userIdentity={"accountId": "111122223333", "invokedBy": "AWS Internal"},
    ),
}  # fmt: skip


def read(content: bytes, size: int = 10_000, account: str | None = None) -> tuple[list[bytes], list[str]]:
    """The records of an export that arrives in chunks, and what failed."""
    failures = Failures()
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    batches = list(LogReader(failures, account).read("export", chunks))
    return [raw for batch in batches for _, raw in batch], list(failures.lines())


def facts(raw: bytes) -> list[dict[str, Any]]:
    return [{name: access.field(name) for name in FACTS} for access in extract(decode(raw), raw)]


@pytest.mark.parametrize("export", [as_csv, as_unloaded], ids=["CSV", "UNLOAD"])
@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_an_exported_record_has_the_facts_of_the_one_that_was_recorded(export: Any, record: dict[str, Any]):
    (raw,), failures = read(export(record))

    assert (facts(raw), failures) == (facts(as_bytes(record)), [])


@pytest.mark.parametrize("export", [as_csv, as_unloaded], ids=["CSV", "UNLOAD"])
def test_an_export_may_come_in_any_chunks(export: Any):
    content = export(*RECORDS.values())

    assert len(read(content, 97)[0]) == len(RECORDS)
    assert read(content, 97) == read(content)


FORGED_KEY = "a, accountId=444455556666, type=AWS::S3::Bucket}, {arn=arn:aws:s3:::elsewhere"


def test_a_key_that_could_pass_for_another_resource_in_csv_is_taken_from_the_parameters():
    (raw,), failures = read(as_csv(make_record(key=FORGED_KEY)), account="111122223333")
    [access] = extract(decode(raw), raw)

    assert (access.bucket, access.key, access.bucket_account, failures) == (
        "hr-data", FORGED_KEY, "111122223333", [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("record", "column"),
    [
        (
            make_record(requestParameters=None, resources=make_resources("hr-data", FORGED_KEY)),
            "resources",
        ),
        (make_record(userIdentity=make_user("x, accountid=444455556666")), "useridentity"),
        (make_record(userIdentity=make_user("x, more=y")), "useridentity"),
        (make_record(userIdentity=make_user("x}, a={b=c")), "useridentity"),
    ],
    ids=["the only place of a key", "a member twice", "an unknown member", "a brace"],
)
def test_what_is_ambiguous_in_csv_is_a_failure_and_the_others_are_read(record: dict[str, Any], column: str):
    records, failures = read(as_csv(make_record(), record, make_record()))

    assert len(records) == 2
    assert failures == [f"export, record 2: `{column}` is ambiguous in CSV; UNLOAD it WITH (format = 'JSON')"]


def test_what_is_ambiguous_in_csv_is_read_from_json():
    record = make_record(userIdentity=make_user("x, accountid=444455556666"))
    (raw,), _ = read(as_unloaded(record))

    assert facts(raw) == facts(as_bytes(record))


def test_a_selection_of_columns_is_read_too():
    content = b'"eventtime","eventsource","eventname","requestparameters"\n'
    content += b'"2026-11-20T08:14:03Z","s3.amazonaws.com","GetObject",'
    content += b'"{""bucketName"":""hr-data"",""key"":""payroll/a.csv""}"\n'
    (raw,), failures = read(content)
    [access] = extract(decode(raw), raw)

    assert (access.uri, access.operation, failures) == ("s3://hr-data/payroll/a.csv", "read", [])


@pytest.mark.parametrize(
    ("head", "kind"), [(b"PAR1\x15\x04", "Parquet"), (b"ORC\x11", "ORC"), (b"Obj\x01\x04", "Avro")], ids=str
)
def test_a_format_that_is_not_read_is_named(head: bytes, kind: str):
    failure = f"export: is {kind}, which cannot be read; UNLOAD it WITH (format = 'JSON')"

    assert read(head) == ([], [failure])


def test_another_csv_is_no_log_file():
    assert read(b'"name","price"\n"a","1"\n')[0] == []


def test_a_line_without_an_end_is_refused():
    records, (failure,) = read(as_csv(make_record()) + b'"' + b"x" * 2_000_000)

    assert (len(records), failure) == (1, "export: a line of more than 1,048,576 bytes")


def test_a_row_without_an_end_is_refused():
    records, (failure,) = read(as_csv(make_record()) + b'"' + b'\n","' * 400_000)

    assert (len(records), failure) == (1, "export: a row of more than 1,048,576 bytes")


def test_parameters_without_an_end_are_read_in_linear_time():
    def make(size: int) -> bytes:
        parameters = _quoted('"' + '\\"' * size)
        header = "eventname,requestparameters,resources"
        return f"{header}\r\nGetObject,{parameters},[{{arn=x}}]\r\n".encode()

    assert growth(make, lambda content: read(content, len(content)), 4000) < LINEAR


@pytest.mark.parametrize("depth", [1500, 100_000], ids=str)
@pytest.mark.parametrize("column", ["useridentity", "requestparameters", "resources"], ids=str)
def test_a_row_that_is_too_deep_is_read_or_a_failure(column: str, depth: int):
    deep = '{"a":' * depth + "1" + "}" * depth
    unloaded, exported = (
        read(f'{{"eventname":"GetObject","{column}":{deep}}}'.encode()),
        read(f"eventname,{column}\r\nGetObject,{_quoted(deep)}\r\n".encode()),
    )

    for records, failures in (unloaded, exported):
        assert len(records) + len(failures) == 1


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), 2 * chr(34))}"'


@pytest.mark.parametrize(
    ("cut", "why"),
    [(45, "export: line 3: unexpected end of data"), (40, "export, record 2: has 31 columns instead of 33")],
    ids=["in a column", "between two"],
)
def test_what_comes_before_the_end_of_a_cut_export_is_read(cut: int, why: str):
    records, failures = read(as_csv(make_record(), make_record())[:-cut])

    assert (len(records), failures) == (1, [why])


def test_exports_are_found_in_folders(tmp_path: Path):
    (tmp_path / "results.csv").write_bytes(as_csv(make_record()))
    unloaded = tmp_path / "20261120_081403_00042_a1b2c_0a1b2c3d-1111-4222-8333-444455556666.gz"
    unloaded.write_bytes(gzip.compress(as_unloaded(make_record())))
    failures = Failures()
    reader = LogReader(failures)

    found = [
        raw for path in LogFiles([str(tmp_path)], failures) for raw in reader.read(path, read_chunks(path))
    ]

    assert (len(found), list(failures.lines())) == (2, [])
    assert json.loads(found[0][0][1]) == json.loads(found[1][0][1])
