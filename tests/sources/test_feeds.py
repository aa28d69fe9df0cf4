from __future__ import annotations

import pytest
from s3watch.sources.cloudtrail import Record
from s3watch.sources.feeds import ACCESS_LOG_LINE, OBJECT_DELETED, feed_of, way_of


@pytest.mark.parametrize(
    ("event_type", "feed"),
    [
        ("AwsApiCall", "cloudtrail"),
        (None, "cloudtrail"),
        (ACCESS_LOG_LINE, "access-log"),
        (OBJECT_DELETED, "s3-event"),
    ],
    ids=["an API call", "no event type", "an access-log line", "an S3 event"],
)
def test_a_records_event_type_marks_its_feed(event_type: str | None, feed: str):
    assert feed_of(Record(event_type=event_type)) == feed


def test_cloudtrail_records_are_counted_by_the_way_they_arrived():
    assert [way_of("cloudtrail", "log_files"), way_of("access-log", "log_files")] == [
        "log_files",
        "access_logs",
    ]
