"""Corrections in moto: what was open is closed, all else stays, and undoing gives what was there before."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.aws import corrections
from s3watch.aws.buckets import read_acl
from s3watch.errors import RefusedError
from s3watch.posture.bucket_state import BLOCK_ALL, Block
from s3watch.posture.exposure import evaluate
from s3watch.posture.remediation import after_correction, is_made, plan
from s3watch.posture.review_state import Correction, ReviewState

from tests.support.bucket_states import ANY_ACCOUNT, EVERYONE, allow, make_policy
from tests.support.reviewed_bucket import BUCKET, read
from tests.support.sensitive import NOW

LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
PARTNER = "2" * 64
PERMISSIONS = ("READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL")

grantees = st.sampled_from(
    [{"Type": "Group", "URI": uri} for uri in (EVERYONE, ANY_ACCOUNT, LOG_DELIVERY)]
    + [{"Type": "CanonicalUser", "ID": PARTNER}]
)
acls = st.lists(
    st.fixed_dictionaries({"Grantee": grantees, "Permission": st.sampled_from(PERMISSIONS)}),
    unique_by=lambda grant: (*sorted(grant["Grantee"].items()), grant["Permission"]), max_size=8,
)  # fmt: skip
# With BlockPublicAcls on, S3 takes no public ACL, also none that is put back: see docs/operations.md.
blocks = st.none() | st.builds(Block, st.just(value=False), st.booleans(), st.booleans(), st.booleans())
policies = st.sampled_from(["", make_policy(allow()), make_policy(allow({"AWS": "444455556666"}))])


def put(s3: Any, acl: list[Any], block: Block | None, policy: str) -> None:
    """Bring the bucket into this state, with the owner's own grant: moto cannot read an ACL without any."""
    owner = read_acl(BUCKET)["Owner"]
    own = {"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"}
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_acl(Bucket=BUCKET, AccessControlPolicy={"Owner": owner, "Grants": [own, *acl]})
    s3.delete_bucket_policy(Bucket=BUCKET)
    if policy:
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    if block:
        settings = msgspec.to_builtins(block)
        s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=settings)


def settled() -> Any:
    """The bucket's state; an ACL has no order."""
    state = read()
    return replace(state, acl={**state.acl, "Grants": sorted(state.acl["Grants"], key=str)})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(acls, blocks, policies, st.sampled_from(["acl", "block"]))
def test_correcting_closes_and_undoing_gives_the_state_before(s3, acl, block, policy, mode):
    put(s3, acl, block, policy)
    before = settled()
    correction = plan(mode, before, evaluate(before), ReviewState(BUCKET), "cause", NOW).correction
    assume(correction)
    corrections.correct(BUCKET, correction)
    closed = settled()
    corrections.restore(BUCKET, correction)

    assert settled() == before
    assert closed == after_correction(before, correction)
    assert is_made(closed, correction)
    assert set(evaluate(closed).grants) < set(evaluate(before).grants)


def test_only_grants_to_everyone_are_removed_from_an_acl(s3):
    kept = [
        {"Grantee": {"Type": "Group", "URI": LOG_DELIVERY}, "Permission": "WRITE"},
        {"Grantee": {"Type": "CanonicalUser", "ID": PARTNER}, "Permission": "READ"},
    ]
    public = [{"Grantee": {"Type": "Group", "URI": EVERYONE}, "Permission": "READ"}]
    put(s3, kept + public, None, "")
    corrections.correct(BUCKET, Correction("cause", "acl", {"Grants": public}, NOW))

    assert read().acl["Grants"][1:] == kept


def test_what_changed_since_the_review_read_the_acl_stays(s3):
    public = [{"Grantee": {"Type": "Group", "URI": EVERYONE}, "Permission": "READ"}]
    since = [{"Grantee": {"Type": "CanonicalUser", "ID": PARTNER}, "Permission": "READ"}]
    put(s3, public + since, None, "")
    correction = Correction("cause", "acl", {"Grants": public}, NOW)
    corrections.correct(BUCKET, correction)
    closed = read().acl["Grants"][1:]
    corrections.restore(BUCKET, correction)

    assert (closed, read().acl["Grants"][1:]) == (since, since + public)


def test_a_grant_that_somebody_put_back_by_hand_is_not_added_again(s3):
    public = [
        {"Grantee": {"Type": "Group", "URI": EVERYONE}, "Permission": permission}
        for permission in ("READ", "READ_ACP")
    ]
    put(s3, public, None, "")
    correction = Correction("cause", "acl", {"Grants": public}, NOW)
    corrections.correct(BUCKET, correction)
    put(s3, public[1:], None, "")
    corrections.restore(BUCKET, correction)

    assert read().acl["Grants"][1:] == public[::-1]


def test_a_block_that_was_not_there_is_deleted_by_undoing(s3):
    correction = Correction("cause", "block", {}, NOW, left=Block(restrict_public_buckets=True))
    corrections.correct(BUCKET, correction)
    closed = read().block
    corrections.restore(BUCKET, correction)

    assert (closed, read().block) == (Block(restrict_public_buckets=True), None)


def test_a_correction_of_an_earlier_version_is_undone_as_it_was_made(s3):
    put(s3, [{"Grantee": {"Type": "CanonicalUser", "ID": PARTNER}, "Permission": "READ"}], None, "")
    before = read_acl(BUCKET)
    s3.put_bucket_acl(Bucket=BUCKET, ACL="private")
    corrections.restore(BUCKET, Correction("cause", "acl", before, NOW))
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=msgspec.to_builtins(BLOCK_ALL))
    corrections.restore(BUCKET, Correction("cause", "block", msgspec.to_builtins(Block()), NOW))

    assert all(grant in read_acl(BUCKET)["Grants"] for grant in before["Grants"])
    assert read().block == Block()


@pytest.mark.parametrize("call", [corrections.correct, corrections.restore], ids=["correct", "restore"])
def test_the_acl_of_a_bucket_that_is_gone_is_refused(s3, call):
    s3.delete_bucket(Bucket=BUCKET)

    with pytest.raises(RefusedError, match="no bucket hr-data"):
        call(BUCKET, Correction("cause", "acl", {"Grants": []}, NOW))
