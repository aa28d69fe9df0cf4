from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.posture.bucket_state import BLOCK_ALL, AccessPoint, Block
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import EVERYBODY
from s3watch.posture.remediation import (
    after_correction,
    describe_correction,
    is_made,
    plan,
    was_read,
)
from s3watch.posture.review_state import Correction, ReviewState, earlier_opening_of

from tests.support.bucket_states import ANY_ACCOUNT, EVERYONE, OTHER, OWNER, allow, make_acl, make_state

NOW = 1795162443.0  # 2026-11-20T08:14:03Z
HOUR = 3600.0
NO_VERDICT = "AWS's policy status is not known to call it public"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
RESTRICT, IGNORE = Block(restrict_public_buckets=True), Block(ignore_public_acls=True)

PRIVATE = make_state()
PUBLIC = make_state(allow(), policy_public=True)
SHARED = make_state(allow({"AWS": OTHER}), policy_public=False)
LISTED = make_state(acl=make_acl((EVERYONE, "READ"), (LOG_DELIVERY, "WRITE"), ("2" * 64, "READ")))
DELEGATING = allow(Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}})
POINT = AccessPoint("pay", make_state(allow()).policy, policy_public=True)
BY_POINT = make_state(DELEGATING, policy_public=False, access_points=(POINT,))


def planned(mode, state, known=None, now=NOW):
    return plan(mode, state, evaluate(state), known or ReviewState("hr-data"), "cause", now)


@pytest.mark.parametrize(
    ("mode", "state", "kind"),
    [
        pytest.param("off", PUBLIC, None, id="off"),
        pytest.param("block", PUBLIC, "block", id="block, by its policy"),
        pytest.param("block", LISTED, "block", id="block, by its list"),
        pytest.param("block", BY_POINT, "block", id="block, by an access point"),
        pytest.param("block", SHARED, None, id="block, to another account only"),
        pytest.param("acl", LISTED, "acl", id="acl, by its list"),
        pytest.param("acl", PUBLIC, None, id="acl, by its policy"),
        pytest.param("acl", PRIVATE, None, id="acl, private"),
    ],
)
def test_only_public_access_is_corrected(mode, state, kind):
    correction, reason = planned(mode, state)

    assert (correction and correction.kind, reason) == (kind, "")


@pytest.mark.parametrize(
    ("state", "before", "left"),
    [
        pytest.param(PUBLIC, None, RESTRICT, id="by its policy"),
        pytest.param(LISTED, None, IGNORE, id="by its list"),
        pytest.param(BY_POINT, None, RESTRICT, id="by an access point"),
        pytest.param(LISTED, Block(), IGNORE, id="none of its settings on"),
        pytest.param(LISTED, RESTRICT, RESTRICT | IGNORE, id="another setting on"),
    ],
)
def test_of_block_public_access_only_what_closes_the_opening_is_turned_on(state, before, left):
    correction, _ = planned("block", replace(state, block=before))

    assert correction.left == left
    assert bool(correction.replaced) is (before is not None)


def test_of_an_acl_only_grants_to_everybody_are_removed():
    correction, _ = planned("acl", LISTED)
    closed = after_correction(LISTED, correction)

    assert correction.replaced == {"Grants": make_acl((EVERYONE, "READ"))["Grants"][1:]}
    assert closed.acl == make_acl((LOG_DELIVERY, "WRITE"), ("2" * 64, "READ"))


@pytest.mark.parametrize(
    ("mode", "state", "reason"),
    [
        pytest.param(
            "block", make_state(allow()), NO_VERDICT, id="no verdict of AWS"
        ),
        pytest.param(
            "block", make_state(allow(), policy_public=False), NO_VERDICT,
            id="another verdict of AWS",
        ),
        pytest.param(
            "block", make_state(policy_public=True), NO_VERDICT,
            id="a policy that only AWS calls public",
        ),
        pytest.param(
            "block",
            make_state(DELEGATING, access_points=(AccessPoint("pay", POINT.policy),)),
            NO_VERDICT, id="no verdict of AWS on an access point",
        ),
        *(
            pytest.param(
                "block", make_state(allow(), policy_public=True, **{how: (part,)}), f"could not read {part}",
                id=f"{part} {how}",
            )
            for part in ("bucket policy", "Block Public Access", "the account's Block Public Access")
            for how in ("unread", "failed")
        ),
        pytest.param(
            "acl", make_state(acl=make_acl((EVERYONE, "READ")), unread=("object ownership",)),
            "could not read object ownership", id="no ownership",
        ),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_told_and_not_corrected(mode, state, reason):
    assert planned(mode, state) == (None, f"not corrected: {reason}")


def corrected(times, **changes):
    """The state of a bucket that was corrected this often within the last hour."""
    known = ReviewState("hr-data")
    for number in range(times):
        made = Correction(
            f"cause {number}", "block", {}, NOW, opening=planned("block", PUBLIC)[0].opening, **changes
        )
        known = known.with_attempt(made, NOW)
    return known


def test_at_most_three_attempts_a_day_are_made():
    reasons = [planned("block", PUBLIC, corrected(times)).reason for times in (2, 3)]

    assert reasons == ["", "not corrected: 3 corrections today did not last"]
    assert planned("block", PUBLIC, corrected(3), NOW + 24 * HOUR).correction


def test_an_undone_correction_is_not_repeated_for_a_day():
    known = corrected(1, undone=NOW)
    plans = [planned("block", PUBLIC, known, NOW + hours * HOUR) for hours in (1, 25)]

    assert [bool(each.correction) for each in plans] == [False, True]


def test_an_undone_correction_is_made_for_another_object_that_the_words_do_not_name():
    website, payroll = (
        make_state(
            allow(Resource=[f"arn:aws:s3:::hr-data/{name}/*" for name in ("css", "fonts", "img", last)]),
            policy_public=True,
        )
        for last in ("website", "payroll")
    )
    opening = planned("block", website)[0].opening
    made = Correction("cause", "block", {}, NOW, opening=opening, undone=NOW)
    known = ReviewState("hr-data").with_attempt(made, NOW)

    assert planned("block", website, known).correction is None
    assert planned("block", payroll, known).correction


def test_an_undo_of_what_an_earlier_version_corrected_is_honoured():
    opening = earlier_opening_of(evaluate(PUBLIC))
    made = Correction("cause", "block", {}, NOW, opening=opening, undone=NOW)

    assert planned("block", PUBLIC, ReviewState("hr-data").with_attempt(made, NOW)).correction is None


def test_an_undone_correction_is_not_repeated_because_somebody_else_was_let_in_too():
    shared = make_state(allow(), allow({"AWS": OTHER}), policy_public=True)

    assert planned("block", shared, corrected(1, undone=NOW)).correction is None


def test_an_undone_correction_does_not_excuse_another_opening():
    assert planned("block", LISTED, corrected(1, undone=NOW)).correction


# laws

states = st.builds(
    make_state,
    st.sampled_from([allow(), allow({"AWS": OTHER}), allow("*", "s3:ListBucket"), DELEGATING]),
    policy_public=st.sampled_from([None, True, False]),
    acl=st.lists(
        st.tuples(
            st.sampled_from([EVERYONE, ANY_ACCOUNT, LOG_DELIVERY, "2" * 64]),
            st.sampled_from(["READ", "WRITE"]),
        ),
        max_size=4,
    ).map(lambda grants: make_acl(*grants)),
    block=st.none() | st.builds(Block, st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    access_points=st.sampled_from([(), (POINT,), (AccessPoint("pay", POINT.policy),)]),
    unread=st.sampled_from([(), ("ACL",), ("bucket policy",), ("Block Public Access",)]),
)  # fmt: skip


@given(states, st.sampled_from(["acl", "block"]))
def test_a_correction_closes_something_and_opens_nothing(state, mode):
    correction, _ = planned(mode, state)
    if correction:
        closed = after_correction(state, correction)

        assert set(evaluate(closed).grants) < set(evaluate(state).grants)
        assert is_made(closed, correction)
        assert not is_made(state, correction)
        assert was_read(state, correction)


@given(states)
def test_correcting_an_acl_takes_nothing_from_anybody_by_name(state):
    correction, _ = planned("acl", state)
    if correction:
        before, after = (
            {grant for grant in evaluate(each).grants if grant.grantee != EVERYBODY}
            for each in (state, after_correction(state, correction))
        )

        assert before == after


# words

DRY = "dry run, nothing was changed"


@pytest.mark.parametrize(
    ("correction", "dry_run", "lines"),
    [
        pytest.param(
            Correction("cause", "acl", {"Grants": []}, NOW), False,
            ("removed the grants to everyone from the ACL",
             "to revert this: s3watch remediation revert hr-data"), id="acl",
        ),
        pytest.param(
            Correction("cause", "block", {"IgnorePublicAcls": True}, NOW, left=RESTRICT | IGNORE), False,
            ("turned on RestrictPublicBuckets of the bucket's Block Public Access",
             "to revert this: s3watch remediation revert hr-data"), id="block",
        ),
        pytest.param(
            Correction("cause", "block", {}, NOW, left=IGNORE), True,
            (f"{DRY}: would turn on IgnorePublicAcls of the bucket's Block Public Access",),
            id="block, dry run",
        ),
        pytest.param(
            Correction("cause", "acl", {"Grants": []}, NOW), True,
            (f"{DRY}: would remove the grants to everyone from the ACL",),
            id="acl, dry run",
        ),
    ],
)  # fmt: skip
def test_a_correction_is_described_in_words(correction, dry_run, lines):
    assert describe_correction(correction, "hr-data", dry_run=dry_run) == lines


@pytest.mark.parametrize(
    ("unread", "read"), [((), True), (("Block Public Access",), False), (("ACL",), True)], ids=str
)
def test_whether_a_corrected_setting_was_read(unread, read):
    correction = Correction("cause", "block", {}, NOW)

    assert was_read(make_state(unread=unread), correction) is read
    assert was_read(make_state(failed=unread), correction) is read
    assert correction.closed == BLOCK_ALL
