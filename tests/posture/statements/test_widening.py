"""More for the same grantee is told by a review, once; less, and the same in other words, is silent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.posture.digest import Digest, earlier_marks_of, summarize
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import Posture
from s3watch.posture.review import Difference, compare, describe_after, describe_before

from tests.posture.test_policy_laws import STRANGERS, statements
from tests.support.bucket_states import OTHER, OWNER, allow, make_state
from tests.support.naive_policies import allows

BUCKET = "arn:aws:s3:::hr-data"
ROLE = {"AWS": f"arn:aws:iam::{OTHER}:role/etl"}
PARTNER = {"AWS": f"arn:aws:iam::{OTHER}:root"}
FROM_VPC = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
SETTINGS = ["s3:GetObject", "s3:PutReplicationConfiguration", "s3:PutLifecycleConfiguration"]


def places(*names: str, who: Any = PARTNER) -> dict[str, Any]:
    return allow(who, Resource=[f"{BUCKET}/{name}/*" for name in names])


def own(*names: str) -> dict[str, Any]:
    """The partner with roles of the owner's account."""
    return allow({"AWS": [*PARTNER.values(), *(f"arn:aws:iam::{OWNER}:role/{name}" for name in names)]})


def review(before: Any, now: Any) -> Difference:
    known, found = (make_state(*(each if isinstance(each, list) else [each])) for each in (before, now))
    return compare(summarize(evaluate(known)), evaluate(found))


MORE = {
    "a role, now its whole account": (allow(ROLE), allow(PARTNER)),
    "no condition on the network": (allow(PARTNER, Condition=FROM_VPC), allow(PARTNER)),
    "another endpoint": (
        allow(PARTNER, Condition=FROM_VPC),
        allow(PARTNER, Condition={"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}),
    ),
    "settings beside objects": (allow(PARTNER), allow(PARTNER, SETTINGS)),
    "other settings": (allow(PARTNER, "s3:GetObjectTagging"), allow(PARTNER, SETTINGS[1:])),
    "a hidden place": (places("css", "img", "js", "website"), places("css", "img", "js", "payroll")),
    "a hidden place for everyone": (
        places("css", "img", "js", "website", who="*"), places("css", "img", "js", "payroll", who="*"),
    ),
    "all but one account": (
        {**allow(NotPrincipal=PARTNER, Resource=f"{BUCKET}/css/*")}, {**allow(NotPrincipal=PARTNER)},
    ),
    "settings for all but one account": (
        allow(NotPrincipal=PARTNER), allow(NotPrincipal=PARTNER, action=SETTINGS),
    ),
    "a second statement": (places("css"), [places("css"), places("payroll")]),
    "fewer objects spared": (
        {**allow(PARTNER, NotResource=[f"{BUCKET}/payroll/*"]), "Resource": []},
        {**allow(PARTNER, NotResource=[f"{BUCKET}/x"]), "Resource": []},
    ),
}  # fmt: skip
SAME_OR_LESS = {
    "the whole account, now a role": (allow(PARTNER), allow(ROLE)),
    "a condition more": (allow(PARTNER), allow(PARTNER, Condition=FROM_VPC)),
    "a verb less in words": (allow(PARTNER, SETTINGS), allow(PARTNER)),
    "a place less": (places("css", "img", "js", "website"), places("css", "img")),
    "places for all": (allow(PARTNER), places("css")),
    "another order": (places("css", "img"), places("img", "css")),
    "two statements for one": (places("css", "img"), [places("img"), places("css")]),
    "one statement for two": ([places("img"), places("css")], places("css", "img")),
    "another name": (allow(PARTNER), allow(PARTNER, Sid="Partner")),
    "another role of the owner's": (own("etl"), own("etl", "app")),
}


@pytest.mark.parametrize(("before", "now"), MORE.values(), ids=MORE)
def test_more_for_the_same_grantee_is_told_once(before, now):
    difference = review(before, now)
    again = compare(difference.after, difference.found)

    assert difference.rule.rule in ("bucket-shared", "bucket-opened")
    assert describe_before(difference) != describe_after(difference)
    assert (again.rule, again.gained) == (None, ())


@pytest.mark.parametrize(("before", "now"), SAME_OR_LESS.values(), ids=SAME_OR_LESS)
def test_less_and_the_same_in_other_words_is_silent(before, now):
    difference = review(before, now)

    assert (difference.gained, difference.gains) == ((), ())
    assert difference.rule is None or difference.rule.rule == "bucket-closed"


def test_a_swapped_place_of_everyone_is_an_opening():
    assert review(*MORE["a hidden place for everyone"]).rule.rule == "bucket-opened"


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        pytest.param(
            "no condition on the network",
            f"bucket policy allowed s3:GetObject to account {OTHER} if the VPC endpoint is vpce-1",
            f"the bucket policy allows s3:GetObject to account {OTHER}", id="a condition",
        ),
        pytest.param(
            "a hidden place",
            f"bucket policy allowed s3:GetObject to account {OTHER} on website/*, css/*, img/* and 1 more",
            f"the bucket policy allows s3:GetObject to account {OTHER} on payroll/*, css/*, img/* and 1 more",
            id="places",
        ),
        pytest.param(
            "a hidden place for everyone",
            "bucket policy allowed s3:GetObject to everyone on website/*, css/*, img/* and 1 more",
            "the bucket policy allows s3:GetObject to everyone on payroll/*, css/*, img/* and 1 more",
            id="everyone",
        ),
    ],
)  # fmt: skip
def test_where_before_and_after_would_read_the_same_the_statement_says_what_is_more(change, before, after):
    difference = review(*MORE[change])

    assert (describe_before(difference)[0], describe_after(difference)[1]) == (before, after)


def test_where_the_words_for_grants_suffice_they_are_all():
    difference = review(places("css"), allow(PARTNER, ["s3:GetObject", "s3:PutObject"]))

    assert describe_after(difference) == (f"account {OTHER} may read and write (bucket policy)",)


def test_of_principals_only_those_that_gain_are_new():
    two = {"AWS": [OTHER, "777788889999"]}
    difference = review([allow(two), allow({"AWS": OTHER}, "s3:PutObject")], [allow(two, "s3:*")])

    assert {grant.grantee for grant in difference.gained} == {*two["AWS"]}
    assert {grant.grantee for grant in review(allow({"AWS": OTHER}), allow(two)).gained} == {"777788889999"}


def test_of_policies_too_long_to_keep_any_change_is_told():
    long = [places(*(f"{number:04}{'x' * 80}" for number in range(450)))]
    difference = review(long, [*long, places("css")])

    assert describe_after(difference)[1] == "the bucket policy does not allow the same as before"
    assert compare(difference.after, difference.found).rule is None


def test_no_made_up_accounts_in_conditions_hide_a_principal():
    made_up = {"StringEquals": {"aws:PrincipalAccount": [f"{number:012}" for number in range(60)]}}
    difference = review([], [allow(Condition=made_up), allow(PARTNER, "s3:*")])

    assert describe_after(difference)[0].startswith(f"account {OTHER} may read, list, write")
    assert any(grant.grantee == OTHER for grant in difference.after.sample)


# upgrades


def as_kept_earlier(posture: Posture) -> Digest:
    """What versions kept that compared no statements."""
    kept = replace(summarize(posture), allowances=(), allowance_marks=b"")
    return replace(kept, marked=b"".join(sorted(earlier_marks_of(posture.grants))))


def test_what_an_earlier_version_kept_is_silent_and_then_statements_are_kept():
    policies = [places("css", "img", "js", "website"), allow({"AWS": "777788889999"})]
    found = evaluate(make_state(*policies))
    first = compare(as_kept_earlier(found), found)
    second = compare(first.after, evaluate(make_state(places("css", "img", "js", "payroll"), policies[1])))

    assert (first.rule, second.rule.rule) == (None, "bucket-shared")


def test_what_an_earlier_version_kept_of_a_hidden_policy_is_silent_when_it_is_read_again():
    found = evaluate(make_state(places("css")))
    failed = evaluate(make_state(failed=("bucket policy",)))
    hidden = compare(as_kept_earlier(found), failed, ["bucket policy"])

    assert (hidden.rule, compare(hidden.after, found).rule) == (None, None)


# the law


@st.composite
def changed_policies(draw):
    """Two policies of which the second has elements of others in some of its statements."""
    before = draw(st.lists(statements("Allow"), min_size=1, max_size=3))
    now = []
    for statement in before:
        other = draw(statements("Allow"))
        names = draw(st.lists(st.sampled_from(["Action", "Resource", "Condition"]), max_size=2))
        now.append(statement | {name: other[name] for name in names if name in other})
    return before, draw(st.permutations(now)), draw(st.lists(statements("Deny"), max_size=1))


@given(changed_policies())
def test_whoever_may_do_more_from_outside_is_told(policies):
    before, now, denied = policies
    known, found = (evaluate(make_state(*each, *denied)) for each in (before, now))
    assume(not compare(summarize(known), found).gained)
    for caller in STRANGERS:
        for action in ("s3:GetObject", "s3:PutObject", "s3:PutBucketPolicy"):
            for resource in (f"{BUCKET}/payroll/a.csv", f"{BUCKET}/b.csv", BUCKET):
                if allows([*now, *denied], caller, action, resource):
                    assert allows([*before, *denied], caller, action, resource), caller
