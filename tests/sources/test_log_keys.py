from __future__ import annotations

import pytest
from s3watch.sources.log_keys import LogFile, classify_key

from tests.support.log_files import ACCESS_KEY, ORGANIZATION_KEY, TRAIL_KEY

SIMPLE = "2026-11-20-08-14-03-0123456789ABCDEF"


@pytest.mark.parametrize(
    ("key", "file"),
    [
        (TRAIL_KEY, LogFile("CloudTrail")),
        (f"security/{TRAIL_KEY}", LogFile("CloudTrail")),
        (ORGANIZATION_KEY, LogFile("CloudTrail")),
        (SIMPLE, LogFile("access-log")),
        (f"logs{SIMPLE}", LogFile("access-log")),
        (f"logs/{SIMPLE}.gz", LogFile("access-log")),
        (ACCESS_KEY, LogFile("access-log", "111122223333")),
        (f"AWSLogs/{ACCESS_KEY}", LogFile("access-log", "111122223333")),
        ("exports/part-0001.json.gz", LogFile("")),
    ],
    ids=["account", "below a prefix", "organization", "access log", "with a prefix", "compressed",
         "partitioned", "partitioned below AWSLogs", "something else"],
)  # fmt: skip
def test_a_file_that_may_hold_accesses_is_read(key: str, file: LogFile):
    assert classify_key(key) == file
    assert file.holds_accesses


@pytest.mark.parametrize(
    "service", ["CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated", "Config"]
)
@pytest.mark.parametrize("key", [TRAIL_KEY, ORGANIZATION_KEY], ids=["account", "organization"])
def test_a_file_without_accesses_is_skipped(key: str, service: str):
    file = classify_key(key.replace("/CloudTrail/", f"/{service}/"))

    assert (file.kind, file.holds_accesses) == (service, False)


@pytest.mark.parametrize(
    "key",
    ["AWSLogs/111122223333/", "AWSLogs/111122223333/CloudTrail/", TRAIL_KEY.rpartition("/")[0] + "/"],
    ids=["of an account", "of a trail", "of a day"],
)
def test_a_folder_is_skipped(key: str):
    assert classify_key(key) == LogFile("folder")
    assert not classify_key(key).holds_accesses
