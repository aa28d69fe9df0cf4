from __future__ import annotations

from typing import Any

import pytest
from s3watch.facts.acts import GRAVITY, LASTING, describe_act, gravity, name_act, name_destination
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode
from s3watch_cli.rule_tests.example_records import make_record as make_example

from tests.support.bucket_states import allow
from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_record
from tests.support.sensitive import first_access

POLICY = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:*", "Resource": "*"}]}

DESTINATION = {"Bucket": "arn:aws:s3:::elsewhere", "Account": OTHER}
TO_OTHER = {"ReplicationConfiguration": {"Rule": {"Status": "Enabled", "Destination": DESTINATION}}}


def of_trail(name: str) -> dict[str, Any]:
    return make_record(
        eventName=name, eventSource="cloudtrail.amazonaws.com", resources=[],
        requestParameters={"name": "audit"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("record", "act", "described"),
    [
        pytest.param(make_record(), "read", "read", id="a read"),
        pytest.param(make_record(eventName="ListObjects", key=None), "list", "list", id="a listing"),
        pytest.param(make_record(eventName="DeleteObject"), "delete", "delete", id="a deletion"),
        pytest.param(
            make_record(eventName="PutBucketPolicy", key=None, request={"bucketPolicy": POLICY}),
            "opened", f"opened PutBucketPolicy {OTHER} #f5ecea0eb649093c", id="an opening",
        ),
        pytest.param(
            make_record(eventName="PutBucketAcl", key=None, request={"x-amz-acl": "public-read"}),
            "opened", "opened PutBucketAcl everyone #3f23a5bfab15e132", id="an opening to everyone",
        ),
        pytest.param(
            make_record(eventName="PutBucketLifecycle", key=None),
            "protection", "protection PutBucketLifecycle", id="a change of protection",
        ),
        pytest.param(
            make_record(eventName="PutBucketReplication", key=None),
            "replication", "replication PutBucketReplication", id="replication",
        ),
        pytest.param(
            make_record(eventName="PutBucketReplication", key=None, request=TO_OTHER), "replication",
            f"replication PutBucketReplication arn:aws:s3:::elsewhere,{OTHER}",
            id="replication to another account",
        ),
        pytest.param(
            make_record(eventName="PutBucketLogging", key=None),
            "protection", "protection PutBucketLogging", id="a change of logging",
        ),
        pytest.param(of_trail("StopLogging"), "trail-stopped", "trail-stopped StopLogging", id="a stop"),
        pytest.param(of_trail("UpdateTrail"), "trail-change", "trail-change UpdateTrail", id="a narrowing"),
        pytest.param(
            of_trail("RegisterOrganizationDelegatedAdmin"),
            "permission", "permission RegisterOrganizationDelegatedAdmin", id="another administrator",
        ),
        pytest.param(
            of_trail("DeleteEventDataStore"),
            "protection", "protection DeleteEventDataStore", id="the loss of a data store",
        ),
        pytest.param(make_record(eventName="Brew"), "other", "other", id="an unknown call"),
    ],
)  # fmt: skip
def test_the_act_of(record: dict[str, Any], act: str, described: str):
    access = first_access(record)

    assert (name_act(access), describe_act(access)) == (act, described)


@pytest.mark.parametrize(
    ("bucket", "acts"),
    [("elsewhere", ["copy-out CopyObject elsewhere", "write"]), ("hr-data", ["read", "write"])],
    ids=["to another bucket", "within the bucket"],
)
def test_a_copy_is_a_copy_out_only_to_another_bucket(bucket: str, acts: list[str]):
    raw = as_bytes(
        make_record(eventName="CopyObject", bucket=bucket, request={"x-amz-copy-source": "hr-data/a.csv"})
    )

    assert sorted(describe_act(access) for access in extract(decode(raw), raw)) == acts


@pytest.mark.parametrize(
    ("leaves", "act"), [(True, "copy-out"), (False, "read")], ids=["to another label", "within its label"]
)
def test_a_copy_within_the_bucket_is_one_out_of_it_if_it_leaves_its_label(leaves: bool, act: str):
    copy = make_record(eventName="CopyObject", key="b.csv", request={"x-amz-copy-source": "hr-data/a.csv"})
    raw = as_bytes(copy)
    source, _ = extract(decode(raw), raw)
    source.leaves_label = leaves

    assert name_act(source) == act


@pytest.mark.parametrize(
    ("uri", "name"),
    [("s3://collector/q3.csv", "collector"), ("s3://hr-data/public/q3.csv", "public/q3.csv")],
    ids=["another bucket", "the same bucket"],
)
def test_where_a_copy_went_is_named_shortly(uri: str, name: str):
    assert name_destination(uri, "hr-data") == name


def test_a_description_is_bounded():
    accounts = {"AWS": [f"{number:012}" for number in range(99)]}
    many = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": accounts}]}
    access = first_access(make_record(eventName="PutBucketPolicy", key=None, request={"bucketPolicy": many}))

    assert len(describe_act(access)) == 200


def test_the_order_of_acts():
    order = ("list", "read", "write", "copy-out", "delete", "opened")

    assert [gravity(act, "success") for act in order] == [1, 2, 3, 4, 5, 6]
    assert GRAVITY["copy-out"] == GRAVITY["permission"] == LASTING
    assert gravity("opened", "denied") == 0


def opening_to(*accounts: str) -> dict[str, Any]:
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": list(accounts)}, "Action": "s3:*"}]}
    return make_record(eventName="PutBucketPolicy", key=None, request={"bucketPolicy": policy})


def replicating_to(bucket: str) -> dict[str, Any]:
    rule = {"Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{bucket}"}}
    request = {"ReplicationConfiguration": {"Rule": rule}}
    return make_record(eventName="PutBucketReplication", key=None, request=request)


def opening(*statements: dict[str, Any]) -> dict[str, Any]:
    request = {"bucketPolicy": {"Version": "2012-10-17", "Statement": list(statements)}}
    return make_record(eventName="PutBucketPolicy", key=None, request=request)


def acl(permission: str, key: str = "a.csv") -> dict[str, Any]:
    grant = {"Grantee": {"ID": "e" * 64}, "Permission": permission}
    request = {"AccessControlPolicy": {"AccessControlList": {"Grant": [grant]}}}
    return make_record(eventName="PutObjectAcl", key=key, request=request)


def granting(permission: str) -> dict[str, Any]:
    grantee = {"GranteeType": "IAM", "GranteeIdentifier": f"arn:aws:iam::{OTHER}:role/etl"}
    request = {"CreateAccessGrantRequest": {"Grantee": grantee, "Permission": permission}}
    return make_record(eventName="CreateAccessGrant", key=None, request=request)


ROLE = allow(
    {"AWS": f"arn:aws:iam::{OTHER}:role/etl"}, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}
)
WHOLE = allow({"AWS": f"arn:aws:iam::{OTHER}:root"}, "s3:*")
WITHOUT_TLS = {
    "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip
MANY = [f"1000000000{number}" for number in range(10, 40)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (opening_to(*MANY), opening_to(*MANY, "999988887777")),
        (replicating_to("backup"), replicating_to("elsewhere")),
        (opening(ROLE), opening(WHOLE)),
        (opening(WHOLE), opening(ROLE, WHOLE)),
        (opening(WHOLE, WITHOUT_TLS), opening(WHOLE)),
        (acl("READ"), acl("FULL_CONTROL")),
        (granting("READ"), granting("READWRITE")),
    ],
    ids=[
        "one more account than fits",
        "another destination",
        "more for the same account",
        "a statement more",
        "a denial less",
        "another permission",
        "another permission of an access grant",
    ],
)
def test_it_is_another_act_with(one: dict[str, Any], other: dict[str, Any]):
    assert len({describe_act(first_access(record)) for record in (one, other)}) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (opening(WHOLE), opening(WHOLE)),
        (opening(ROLE, WHOLE), opening(WHOLE | {"Sid": "Partner"}, ROLE)),
        (opening(WHOLE), opening(WHOLE, allow({"AWS": f"arn:aws:iam::{OWNER}:role/app"}))),
        (acl("READ"), acl("READ", "b.csv")),
    ],
    ids=[
        "the same again",
        "another order and name",
        "a role of the owner's",
        "the same list of another object",
    ],
)
def test_it_is_the_same_act_with(one: dict[str, Any], other: dict[str, Any]):
    assert len({describe_act(first_access(record)) for record in (one, other)}) == 1


@pytest.mark.parametrize("name", ["CreateChangeSet", "ExecuteChangeSet"], ids=str)
def test_a_deployment_is_one_act_though_it_makes_two_calls(name: str):
    access = first_access(make_example({"base": name}))
    access.stack = "s3watch"

    assert describe_act(access) == "own-part ExecuteChangeSet"
