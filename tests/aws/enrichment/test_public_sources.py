from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from s3watch.aws import clients
from s3watch.aws.enrichment import public_sources
from s3watch.errors import RefusedError
from s3watch.posture.acl import public_grants
from s3watch.posture.bucket_state import BLOCK_ALL, Block

from tests.support.aws_answers import answer, refuse
from tests.support.reviewed_bucket import ACCOUNT, BUCKET

BLOCKED = {"IgnorePublicAcls": True, "RestrictPublicBuckets": True}
STATUS = "<PolicyStatus><IsPublic>{}</IsPublic></PolicyStatus>"


@pytest.fixture(autouse=True)
def brief(s3: Any) -> Iterator[Any]:
    """The client of the sources."""
    clients.brief_client.cache_clear()
    yield clients.brief_client("s3")
    clients.brief_client.cache_clear()


def test_a_buckets_block_is_read_and_none_blocks_nothing(s3: Any):
    before = public_sources.read_bucket_block(BUCKET)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=BLOCKED)

    assert before == Block()
    assert public_sources.read_bucket_block(BUCKET) == Block(
        ignore_public_acls=True, restrict_public_buckets=True
    )


def test_directory_buckets_have_it_always_on_and_are_not_asked(brief: Any):
    asked = refuse(brief, "GetPublicAccessBlock", "AccessDenied")

    assert (public_sources.read_bucket_block("hr--euw1-az1--x-s3"), asked) == (BLOCK_ALL, [])


@pytest.mark.parametrize("said", ["true", "false"])
def test_whether_aws_calls_a_policy_public_is_read(brief: Any, said: str):
    answer(brief, "GetBucketPolicyStatus", STATUS.format(said))

    assert public_sources.read_policy_status(BUCKET) is (said == "true")


def test_no_policy_lets_nobody_in(brief: Any):
    refuse(brief, "GetBucketPolicyStatus", "NoSuchBucketPolicy", 404)

    assert public_sources.read_policy_status(BUCKET) is False


def test_a_status_without_an_answer_is_not_taken_for_closed(brief: Any):
    answer(brief, "GetBucketPolicyStatus", "<PolicyStatus/>")

    with pytest.raises(KeyError):
        public_sources.read_policy_status(BUCKET)


def test_an_acl_is_read_as_posture_takes_it(s3: Any):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")

    assert [each["Permission"] for each in public_grants(public_sources.read_acl(BUCKET))] == ["READ"]


def test_a_bucket_that_was_deleted_meanwhile_lets_nobody_in(brief: Any):
    refuse(brief, "GetBucketPolicyStatus", "NoSuchBucket", 404)

    assert public_sources.read_bucket_block("deleted-meanwhile") == Block()
    assert public_sources.read_policy_status("deleted-meanwhile") is False
    assert public_sources.read_acl("deleted-meanwhile") == {}


def test_an_accounts_block_is_read_and_none_blocks_nothing(control: Any):
    before = public_sources.read_account_block(ACCOUNT)
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=BLOCKED)

    assert before == Block()
    assert public_sources.read_account_block(ACCOUNT).restrict_public_buckets


@pytest.mark.parametrize(
    ("operation", "read"),
    [
        ("GetPublicAccessBlock", public_sources.read_bucket_block),
        ("GetBucketPolicyStatus", public_sources.read_policy_status),
        ("GetBucketAcl", public_sources.read_acl),
    ],
    ids=["block", "policy status", "ACL"],
)
def test_a_denied_read_is_refused_and_not_repeated(brief: Any, operation: str, read: Any):
    asked = refuse(brief, operation, "AccessDenied")

    with pytest.raises(RefusedError, match="AccessDenied"):
        read(BUCKET)
    assert len(asked) == 1
