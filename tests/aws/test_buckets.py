"""Bucket settings in moto, read as a review reads them."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from s3watch.aws import clients
from s3watch.posture.bucket_state import BLOCK_ALL, ENFORCED, Block
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import Posture
from s3watch.posture.statements.statement import PolicyStatements

from tests.support.aws_answers import access_grants_policy, answer, list_access_grants, refuse
from tests.support.bucket_states import OTHER, allow, make_policy
from tests.support.reviewed_bucket import ACCOUNT, BUCKET, read

POLICY = make_policy(allow())
ALL_ON = msgspec.to_builtins(BLOCK_ALL)
OWN_PARTS = {
    "GetBucketAcl": "ACL",
    "GetBucketPolicy": "bucket policy",
    "GetBucketPolicyStatus": "bucket policy",
    "GetPublicAccessBlock": "Block Public Access",
    "GetBucketOwnershipControls": "object ownership",
    "GetBucketReplication": "replication",
}


def test_a_new_bucket_has_only_its_owners_acl(s3):
    state = read()

    assert evaluate(state) == Posture(denials=(PolicyStatements("bucket policy"),))
    assert (state.policy, state.block, state.account_block, state.access_points) == ("", None, None, ())


def test_every_setting_is_read(s3, control):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=POLICY)
    s3.put_public_access_block(
        Bucket=BUCKET, PublicAccessBlockConfiguration={**ALL_ON, "RestrictPublicBuckets": False}
    )
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": ENFORCED}]}
    )
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL_ON)
    state = read()

    assert (json.loads(state.policy), state.policy_public) == (json.loads(POLICY), True)
    assert state.block == Block(block_public_acls=True, ignore_public_acls=True, block_public_policy=True)
    assert (state.ownership, state.account_block) == (ENFORCED, BLOCK_ALL)
    assert (state.unread, state.failed, state.reasons) == ((), (), ())


def test_a_bucket_that_does_not_exist_is_none(s3):
    s3.delete_bucket(Bucket=BUCKET)

    assert read() is None


# parts that cannot be read


@pytest.fixture
def client(s3, monkeypatch):
    """The client that reviews use; it does not wait between its attempts."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    return clients.client("s3")


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        *((operation, "AllAccessDisabled") for operation in OWN_PARTS),
        *(("GetBucketPolicy", code) for code in ("AccessDenied", "MethodNotAllowed", "ANewErrorCode")),
    ],
    ids=str,
)
def test_a_part_that_is_refused_for_whatever_reason_is_named_and_no_other_is_unread(client, operation, code):
    refuse(client, operation, code)
    state = read()

    assert (state.unread, state.failed) == ((OWN_PARTS[operation],), ())
    assert code in state.reasons[0]


@pytest.mark.parametrize(
    ("operation", "status"),
    [*((operation, 503) for operation in OWN_PARTS), ("GetBucketPolicy", 429), ("GetBucketPolicy", 500)],
)
def test_a_part_that_fails_is_named_and_no_other_is_unread(client, operation, status):
    refuse(client, operation, "Odd", status)
    state = read()

    assert (state.unread, state.failed) == ((), (OWN_PARTS[operation],))


@pytest.mark.parametrize(
    ("operation", "shape"),
    [
        pytest.param("GetBucketAcl", "<AccessControlPolicy/>", id="an ACL without an owner"),
        pytest.param(
            "GetBucketOwnershipControls", "<OwnershipControls><Rule/></OwnershipControls>",
            id="ownership without a rule",
        ),
        pytest.param("GetBucketAcl", "no XML at all", id="no XML"),
    ],
)  # fmt: skip
def test_an_answer_of_a_strange_shape_is_a_part_that_cannot_be_read(client, operation, shape):
    answer(client, operation, shape)
    state = read()

    assert (*state.unread, *state.failed) == (OWN_PARTS[operation],)


def test_what_can_be_read_is_evaluated_although_something_else_cannot(s3, client):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    refuse(client, "GetBucketPolicy", "AccessDenied")
    posture = evaluate(read())

    assert (posture.unread, posture.public) == (("bucket policy",), True)


@pytest.mark.parametrize("operation", ["GetPublicAccessBlock", "ListAccessPoints"])
def test_a_failure_of_s3_control_is_named(client, control, operation):
    refuse(control, operation, "SlowDown", 503)
    state = read()

    assert (state.unread, len(state.failed)) == ((), 1)


# buckets of other accounts


@pytest.fixture
def foreign(s3, client):
    """A bucket of another account: S3 lists it nowhere, and refuses its settings."""
    for operation in OWN_PARTS:
        refuse(client, operation, "AccessDenied")
    return "theirs"


def test_the_bucket_of_another_account_is_not_reviewed(foreign):
    assert read(foreign) is None


def test_an_own_bucket_that_refuses_everything_is_reviewed_and_says_so(foreign):
    assert set(read().unread) == set(OWN_PARTS.values())


def test_a_bucket_is_not_taken_for_another_accounts_if_that_cannot_be_found_out(client, foreign):
    refuse(client, "ListBuckets", "AccessDenied")

    assert set(read(foreign).unread) == set(OWN_PARTS.values())


# directory buckets

DIRECTORY = "hr--use1-az4--x-s3"
LISTED = f"<ListAllMyDirectoryBucketsResult><Buckets><Bucket><Name>{DIRECTORY}</Name></Bucket></Buckets></ListAllMyDirectoryBucketsResult>"  # noqa: E501
NO_POINTS = "<ListAccessPointsForDirectoryBucketsResult/>"


@pytest.fixture
def directory(client, control):
    """A directory bucket without a policy, which refuses the calls that it does not have.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-APIs.html
    """
    for operation in OWN_PARTS:
        refuse(client, operation, "MethodNotAllowed", 405)
    refuse(client, "GetBucketPolicy", "NoSuchBucketPolicy", 404)
    answer(control, "ListAccessPointsForDirectoryBuckets", NO_POINTS)
    return client


def test_a_directory_bucket_is_read_by_the_calls_it_has(directory):
    asked = answer(
        directory, "GetBucketPolicy", make_policy(allow({"AWS": OTHER}, "s3express:CreateSession"))
    )
    state = read(DIRECTORY)

    assert (state.block, state.ownership, state.acl, state.unread) == (BLOCK_ALL, ENFORCED, {}, ())
    assert asked == [f"https://s3express-control.us-east-1.amazonaws.com/{DIRECTORY}?policy"]
    assert OTHER in state.policy


def test_a_directory_bucket_without_a_policy_lets_nobody_in(directory):
    assert evaluate(read(DIRECTORY)) == Posture(denials=(PolicyStatements("bucket policy"),))


def test_the_access_points_of_a_directory_bucket_are_read(directory, control):
    name = "partners--use1-az4--xa-s3"
    answer(
        control, "ListAccessPointsForDirectoryBuckets",
        f"<ListAccessPointsForDirectoryBucketsResult><AccessPointList><AccessPoint><Name>{name}</Name>"
        "</AccessPoint></AccessPointList></ListAccessPointsForDirectoryBucketsResult>",
    )  # fmt: skip
    refuse(control, "GetAccessPointPolicy", "NoSuchAccessPointPolicy", 404)

    assert [point.name for point in read(DIRECTORY).access_points] == [name]


@pytest.mark.parametrize(
    ("listed", "unread"),
    [
        pytest.param(LISTED, ("bucket policy",), id="our own"),
        pytest.param("<ListAllMyDirectoryBucketsResult/>", None, id="another account's"),
    ],
)
def test_a_directory_bucket_that_refuses_its_policy_is_named_if_it_is_ours(directory, listed, unread):
    refuse(directory, "GetBucketPolicy", "AccessDenied")
    answer(directory, "ListDirectoryBuckets", listed)
    state = read(DIRECTORY)

    assert (state and state.unread) == unread


# answers of any shape

ANSWERS = {
    "GetBucketAcl": "<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList><Grant><Grantee"
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com'
    "/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList>"
    "</AccessControlPolicy>",
    "GetBucketPolicy": POLICY,
    "GetBucketPolicyStatus": "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>",
    "GetPublicAccessBlock": "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
    "</PublicAccessBlockConfiguration>",
    "GetBucketOwnershipControls": "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership>"
    "</Rule></OwnershipControls>",
    "GetBucketReplication": "<ReplicationConfiguration><Rule><Status>Enabled</Status><Destination><Bucket>"
    "arn:aws:s3:::theirs</Bucket></Destination></Rule></ReplicationConfiguration>",
}
CONTROL_ANSWERS = {
    "ListAccessPoints": "<ListAccessPointsResult><AccessPointList><AccessPoint><Name>pay</Name></AccessPoint>"
    "</AccessPointList></ListAccessPointsResult>",
    "GetAccessPointPolicy": f"<GetAccessPointPolicyResult><Policy>{escape(POLICY)}</Policy>"
    "</GetAccessPointPolicyResult>",
    "GetAccessPoint": "<GetAccessPointResult><Name>pay</Name><PublicAccessBlockConfiguration>"
    "<BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration></GetAccessPointResult>",
    "ListAccessGrants": list_access_grants(("arn:aws:iam::444455556666:user/eve", "READ", "s3://hr-data/*")),
    "GetAccessGrantsInstanceResourcePolicy": access_grants_policy(POLICY),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60)
@given(
    st.sampled_from([*ANSWERS, *CONTROL_ANSWERS]), st.integers(0), st.integers(0, 60), st.text(max_size=20)
)
def test_no_answer_of_any_shape_keeps_a_bucket_from_its_review(client, control, operation, at, cut, text):
    for one, answers in ((client, ANSWERS), (control, CONTROL_ANSWERS)):
        for name, document in answers.items():
            start = at % len(document)
            broken = document[:start] + text + document[start + cut :]
            answer(one, name, broken if name == operation else document)
    state = read()

    assert state is not None
    assert evaluate(state).public or operation in ("GetBucketAcl", "GetBucketPolicy", "GetBucketPolicyStatus")
