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
    ids=["a call", "nothing said", "a line of an access log", "an event of S3's own"],
)
def test_a_record_says_which_feed_it_came_by(event_type: str | None, feed: str):
    assert feed_of(Record(event_type=event_type)) == feed


def test_cloudtrails_records_are_counted_under_the_way_they_came():
    assert [way_of("cloudtrail", "log_files"), way_of("access-log", "log_files")] == [
        "log_files",
        "access_logs",
    ]
