from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from s3watch.aws import clients
from s3watch.aws.enrichment.bucket_sources import read_tags, read_versioning
from s3watch.errors import RefusedError, UnavailableError

from tests.support.aws_answers import answer, refuse
from tests.support.reviewed_bucket import BUCKET


@pytest.fixture(autouse=True)
def brief(s3: Any) -> Any:
    """The client of the sources."""
    clients.brief_client.cache_clear()
    yield clients.brief_client("s3")
    clients.brief_client.cache_clear()


def test_a_bucket_whose_versioning_was_never_enabled_has_none(s3: Any):
    assert read_versioning(BUCKET) == "never"


def test_a_bucket_that_was_deleted_meanwhile_is_gone():
    assert read_versioning("emptied-and-deleted") == "gone"


@pytest.mark.parametrize(("status", "read"), [("Enabled", "enabled"), ("Suspended", "suspended")])
def test_versioning_is_read_as_it_is_now(s3: Any, status: Any, read: str):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    assert read_versioning(BUCKET) == read


def test_a_directory_bucket_has_no_versions_and_is_not_asked(brief: Any):
    asked = answer(brief, "GetBucketVersioning", "<VersioningConfiguration/>")

    assert (read_versioning("hr--euw1-az1--x-s3"), asked) == ("never", [])


def test_a_denied_read_is_refused_and_not_repeated(brief: Any):
    asked = refuse(brief, "GetBucketVersioning", "AccessDenied")

    with pytest.raises(RefusedError, match="AccessDenied"):
        read_versioning(BUCKET)
    assert len(asked) == 1


def test_a_throttled_read_is_not_repeated_within_the_batch(brief: Any):
    asked = refuse(brief, "GetBucketVersioning", "SlowDown", 503)

    with pytest.raises(UnavailableError, match="SlowDown"):
        read_versioning(BUCKET)
    assert len(asked) == 1


def test_a_read_that_takes_too_long_is_given_up(brief: Any):
    def time_out(request: Any, **_: Any) -> None:
        raise ReadTimeoutError(endpoint_url=request.url)

    brief.meta.events.register_first("before-send.s3.GetBucketVersioning", time_out)

    with pytest.raises(UnavailableError, match="timeout"):
        read_versioning(BUCKET)
    assert (brief.meta.config.connect_timeout, brief.meta.config.read_timeout) == (1, 1)


def test_a_status_that_nobody_knows_is_not_taken_for_none(brief: Any):
    answer(
        brief,
        "GetBucketVersioning",
        "<VersioningConfiguration><Status>Frozen</Status></VersioningConfiguration>",
    )

    with pytest.raises(KeyError):
        read_versioning(BUCKET)


def test_the_tags_that_say_most_are_read(s3: Any):
    tags = [{"Key": "owner", "Value": "hr"}, {"Key": "cost-center", "Value": "4711"}]
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})

    assert read_tags(BUCKET) == ("owner=hr",)


@pytest.mark.parametrize("bucket", [BUCKET, "deleted-meanwhile", "hr--euw1-az1--x-s3"], ids=str)
def test_a_bucket_without_tags_has_none(bucket: str):
    assert read_tags(bucket) == ()
