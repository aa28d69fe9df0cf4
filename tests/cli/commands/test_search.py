from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws
from s3watch_cli.history import s3_objects

from tests.support.cloudtrail import make_log_file, make_record

FOLDER = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20/"


@pytest.fixture
def bucket(monkeypatch):
    """A log bucket with what AWS keeps in one."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3_objects._client.cache_clear()
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="audit-logs")
        yield client
    s3_objects._client.cache_clear()


def test_search_reads_the_trails_files_in_their_bucket(bucket, s3watch):
    file = make_log_file(make_record(), make_record(bucket="website"))
    bucket.put_object(Bucket="audit-logs", Key=f"{FOLDER}a.json", Body=file)
    bucket.put_object(Bucket="audit-logs", Key=f"{FOLDER.replace('CloudTrail', 'CloudTrail-Digest')}d.json.gz", Body=b"")  # fmt: skip # noqa: E501

    code, out, err = s3watch("search", "s3://audit-logs/AWSLogs/", "--object", "s3://hr-data")

    assert (code, json.loads(out)["place"]) == (0, f"s3://audit-logs/{FOLDER}a.json, record 1")
    assert err == "left out: 1 file of CloudTrail-Digest, without accesses\n1 found in 2 records\n"


@pytest.mark.parametrize(
    ("uri", "what"),
    [("s3://audit-logs/none/", "no log file in s3://audit-logs/none/"), ("s3://no-such", "NoSuchBucket")],
    ids=["an empty folder", "no bucket"],
)
def test_search_says_what_cannot_be_read(bucket, s3watch, uri: str, what: str):
    code, out, err = s3watch("search", uri, "--event", "GetObject")

    assert (code, out) == (1, "")
    assert what in err.splitlines()[0]


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        (
            "--object",
            "s3://hr-data/none/*",
            "hint: s3://hr-data/none/* is one object of exactly this name, no pattern; search its bucket\n",
        ),
        (
            "--actor",
            "jane.doe",
            "hint: jane.doe has no kind; write user/jane.doe or role/jane.doe\n",
        ),
        ("--actor", "user/jane.doe", ""),
        ("--actor", "jane@example.com", ""),
        ("--actor", "192.0.2.9", ""),
        ("--actor", "2001:db8::a", ""),
        ("--actor", "AKIAIOSFODNN7EXAMPLE", ""),
        ("--actor", "root", ""),
        ("--object", "s3://hr-data/none.csv", ""),
    ],
    ids=[
        "a pattern", "a bare name", "a user", "a person", "an address", "an IPv6 address", "a key", "root",
        "an object"
    ],
)  # fmt: skip
def test_search_says_why_nothing_may_have_been_found(tmp_path, s3watch, option: str, value: str, hint: str):
    (tmp_path / "a.json").write_bytes(make_log_file(make_record()))

    code, out, err = s3watch("search", str(tmp_path / "a.json"), option, value)

    assert (code, out, err) == (0, "", f"0 found in 1 records\n{hint}")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ([], "say what to search for: --actor, --object or --event"),
        (["--object", "s3://"], "write s3://bucket/key or s3://bucket"),
        (["--event", "x", "--from", "yesterday"], "yesterday: write a time such as 2026-11-20T07:14:03Z"),
    ],
    ids=["nothing", "no bucket", "no time"],
)
def test_search_explains_wrong_options(s3watch, options: list[str], what: str):
    code, _, err = s3watch("search", "-", *options)

    assert code == 2
    assert what in " ".join(err.split())
