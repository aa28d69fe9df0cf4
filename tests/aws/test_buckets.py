"""Bucket settings in moto: read, corrected, restored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws
from s3watch.aws import buckets, clients
from s3watch.errors import UnavailableError
from s3watch.posture.bucket_state import BLOCK_ALL, ENFORCED, AccessPoint, Block, ReplicationDestination
from s3watch.posture.exposure import Posture, evaluate
from s3watch.posture.review import Correction

from tests.support.aws_answers import without_access_grants
from tests.support.bucket_states import allow, make_policy

ACCOUNT = "123456789012"  # moto's
BUCKET = "hr-data"
POLICY = make_policy(allow())
ALL_ON = msgspec.to_builtins(BLOCK_ALL)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    clients.client.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        client.delete_public_access_block(Bucket=BUCKET)
        without_access_grants(clients.client("s3control"))
        yield client
    clients.client.cache_clear()


def read() -> Any:
    return buckets.read(BUCKET, ACCOUNT)


def control() -> Any:
    return boto3.client("s3control")


def test_a_new_bucket_has_only_its_owners_acl(s3):
    state = read()

    assert evaluate(state) == Posture()
    assert (state.policy, state.block, state.account_block, state.access_points) == ("", None, None, ())


def test_every_setting_is_read(s3):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=POLICY)
    s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**ALL_ON, "RestrictPublicBuckets": False}
    )
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": ENFORCED}]}
    )
    control().put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL_ON)
    state = read()

    assert (json.loads(state.policy), state.policy_public) == (json.loads(POLICY), True)
    assert state.block == Block(
        block_public_acls=True,
        ignore_public_acls=True,
        block_public_policy=True,
        restrict_public_buckets=False,
    )
    assert (state.ownership, state.account_block, state.unread) == (ENFORCED, BLOCK_ALL, ())


def test_access_points_are_read_with_their_policies(s3):
    control().create_access_point(AccountId=ACCOUNT, Name="partners", Bucket=BUCKET)
    control().create_access_point(
        AccountId=ACCOUNT, Name="inside", Bucket=BUCKET, VpcConfiguration={"VpcId": "vpc-0a1b2c3d"}
    )
    control().put_access_point_policy(AccountId=ACCOUNT, Name="partners", Policy=POLICY)

    found = {point.name: (point.policy, point.only_from_vpc) for point in read().access_points}

    assert found == {"partners": (POLICY, False), "inside": ("", True)}
    assert all(isinstance(point, AccessPoint) for point in read().access_points)


def test_enabled_replication_is_read(s3):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.create_bucket(Bucket="theirs")
    s3.put_bucket_versioning(Bucket="theirs", VersioningConfiguration={"Status": "Enabled"})
    rules = [
        {"ID": name, "Priority": number, "Status": status, "Filter": {"Prefix": ""},
         "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::theirs"}}
        for number, (name, status) in enumerate({"on": "Enabled", "off": "Disabled"}.items())
    ]  # fmt: skip
    s3.put_bucket_replication(
        Bucket=BUCKET,
        ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/copies", "Rules": rules},
    )

    assert read().replicates_to == (ReplicationDestination("theirs"),)


def test_a_bucket_that_does_not_exist_is_none(s3):
    s3.delete_bucket(Bucket=BUCKET)

    assert read() is None


def refuse(name: str, code: str, monkeypatch: pytest.MonkeyPatch, service: str = "s3") -> None:
    """Make one call fail with an error code."""
    client: Any = clients.client(service)  # type: ignore[call-overload]
    error = client.exceptions.ClientError({"Error": {"Code": code, "Message": ""}}, name)

    def raise_error(**_: Any) -> None:
        raise error

    monkeypatch.setattr(client, name, raise_error)


def test_a_setting_that_may_not_be_read_is_listed_and_hides_no_other(s3, monkeypatch):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    refuse("get_bucket_policy", "AccessDenied", monkeypatch)
    refuse("get_bucket_policy_status", "AccessDenied", monkeypatch)
    posture = evaluate(read())

    assert (posture.unread, posture.public) == (("bucket policy",), True)


def test_a_failure_of_s3_control_is_listed_as_unread(s3, monkeypatch):
    refuse("list_access_points", "SlowDown", monkeypatch, "s3control")
    refuse("get_public_access_block", "SlowDown", monkeypatch, "s3control")

    assert read().unread == ("the account's Block Public Access", "access points")


def test_a_failure_of_s3_is_unavailable(s3, monkeypatch):
    refuse("get_bucket_policy", "SlowDown", monkeypatch)

    with pytest.raises(UnavailableError, match="SlowDown"):
        read()


@pytest.mark.parametrize("canned", ["public-read", "public-read-write", "authenticated-read"])
def test_a_public_acl_is_reset_and_restored(s3, canned):
    s3.put_bucket_acl(Bucket=BUCKET, ACL=canned)
    before = read()
    buckets.correct(BUCKET, "acl")
    corrected = read()
    buckets.restore(BUCKET, Correction("cause", "acl", before.acl, evaluate(before), 0))

    assert [evaluate(state).public for state in (before, corrected, read())] == [True, False, True]
    assert read().acl == before.acl


@pytest.mark.parametrize(
    "before",
    [
        pytest.param({}, id="none before"),
        pytest.param(ALL_ON | {"IgnorePublicAcls": False}, id="some before"),
    ],
)
def test_block_public_access_is_turned_on_and_restored(s3, before):
    if before:
        s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=before)
    was = read().block
    buckets.correct(BUCKET, "block")
    corrected = read().block
    buckets.restore(BUCKET, Correction("cause", "block", before, Posture(), 0))

    assert (corrected, read().block) == (BLOCK_ALL, was)
