from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.bucket_state import BLOCK_ALL, Block, State

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


def test_a_private_acl_has_no_grants_and_keeps_its_owner():
    state = State("hr-data", "1", acl={"Owner": {"ID": "o"}, "Grants": [{"Grantee": {"URI": EVERYONE}}]})

    assert state.with_private_acl().acl == {"Owner": {"ID": "o"}, "Grants": []}


def test_blocking_access_turns_on_every_setting_of_the_bucket():
    assert State("hr-data", "1").with_access_blocked().effective_block == BLOCK_ALL
