from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.bucket_state import BLOCK_ALL, Block, State, is_directory

from tests.support.bucket_states import EVERYONE

BLOCKS = st.builds(Block, st.booleans(), st.booleans(), st.booleans(), st.booleans())
ACLS_ONLY = Block(block_public_acls=True, ignore_public_acls=True)
POLICY_ONLY = Block(block_public_policy=True)


@pytest.mark.parametrize(
    ("bucket", "account", "effective"),
    [
        (None, None, Block()),
        (POLICY_ONLY, None, POLICY_ONLY),
        (None, POLICY_ONLY, POLICY_ONLY),
        (
            POLICY_ONLY,
            ACLS_ONLY,
            Block(block_public_acls=True, ignore_public_acls=True, block_public_policy=True),
        ),
        (BLOCK_ALL, Block(), BLOCK_ALL),
    ],
    ids=["none", "the bucket's", "the account's", "each a part", "all of the bucket's"],
)
def test_the_stricter_of_bucket_and_account_applies(bucket, account, effective):
    assert State("hr-data", "1", block=bucket, account_block=account).effective_block == effective


@given(BLOCKS, BLOCKS)
def test_combining_blocks_depends_on_no_order_and_never_loosens(one, other):
    assert one | other == other | one
    assert (one | other) | one == one | other
    assert one | BLOCK_ALL == BLOCK_ALL


def test_an_acl_without_some_grants_keeps_the_others_and_its_owner():
    public, other = {"Grantee": {"URI": EVERYONE}}, {"Grantee": {"ID": "2" * 64}}
    state = State("hr-data", "1", acl={"Owner": {"ID": "o"}, "Grants": [public, other]})

    assert state.without_grants([public]).acl == {"Owner": {"ID": "o"}, "Grants": [other]}


@pytest.mark.parametrize(
    ("name", "directory"),
    [("hr--use1-az4--x-s3", True), ("pay--use1-az4--xa-s3", True), ("hr-data", False), ("x-s3", False)],
    ids=["a directory bucket", "its access point", "a bucket", "one with a short name"],
)
def test_directory_buckets_are_known_by_their_names(name, directory):
    assert is_directory(name) is directory
