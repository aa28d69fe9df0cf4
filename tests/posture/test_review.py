from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.posture.bucket_state import AccessPoint
from s3watch.posture.digest import Digest, marks_of, summarize
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.review import compare, describe_after, describe_before
from s3watch.posture.review_rules import INCOMPLETE, WEAKENED

from tests.support.bucket_states import OTHER, allow, make_policy, make_state

PUBLIC = Posture((Grant(EVERYBODY, "read", "bucket policy"),))
LISTED = Posture((Grant(EVERYBODY, "list", "ACL"),))
SHARED = Posture((Grant(OTHER, "read", "bucket policy"),))
BY_POINT = Posture((Grant(OTHER, "read", "access point pay"),))
BY_SERVICE = Posture((Grant(OTHER, "read", "access point pay, through cloudfront.amazonaws.com"),))
PRIVATE = Posture()


def known(posture):
    return posture if posture is None else summarize(posture)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        pytest.param(PRIVATE, PUBLIC, "bucket-opened", id="opened to everyone"),
        pytest.param(None, PUBLIC, "bucket-opened", id="open at the first review"),
        pytest.param(PRIVATE, SHARED, "bucket-shared", id="opened to an account"),
        pytest.param(LISTED, PUBLIC, "bucket-opened", id="opened to everyone for more"),
        pytest.param(PUBLIC, PRIVATE, "bucket-closed", id="closed"),
        pytest.param(PRIVATE, Posture(unread=("ACL",)), "bucket-unreadable", id="no longer readable"),
        pytest.param(None, Posture(unread=("ACL",)), "bucket-review-incomplete", id="never readable"),
        pytest.param(
            PRIVATE, Posture(unread=("access points",)), "bucket-review-incomplete",
            id="the control API refuses",
        ),
        pytest.param(
            PRIVATE, Posture(unread=("access point pay",)), "bucket-review-incomplete",
            id="an access point refuses",
        ),
        pytest.param(Posture(unread=("ACL",)), Posture(unread=("ACL",)), None, id="still unreadable"),
        pytest.param(Posture(unread=("ACL",)), PRIVATE, None, id="readable again, and nothing new"),
        pytest.param(Posture(unread=("ACL",)), LISTED, "bucket-opened", id="readable again, and open"),
        pytest.param(PUBLIC, PUBLIC, None, id="unchanged"),
        pytest.param(None, PRIVATE, None, id="closed at the first review"),
        pytest.param(PRIVATE, Posture(ineffective=PUBLIC.grants), None, id="opened without effect"),
    ],
)  # fmt: skip
def test_a_difference_is_reported_by_a_rule(before, after, rule):
    found = compare(known(before), after).rule

    assert (found and found.rule) == rule


@pytest.mark.parametrize(
    ("before", "unread", "rule"),
    [
        pytest.param(LISTED, "ACL", None, id="the part itself"),
        pytest.param(LISTED, "bucket policy", "bucket-closed", id="another part"),
        pytest.param(BY_POINT, "access points", None, id="all access points"),
        pytest.param(BY_POINT, "further access points", None, id="access points beyond the limit"),
        pytest.param(BY_POINT, "access point pay", None, id="this access point"),
        pytest.param(BY_SERVICE, "access point pay", None, id="this access point, through a service"),
        pytest.param(BY_POINT, "access point payroll", "bucket-closed", id="one with a longer name"),
        pytest.param(BY_POINT, "access point p", "bucket-closed", id="one with a shorter name"),
    ],
)
def test_what_could_not_be_read_counts_as_unchanged(before, unread, rule):
    difference = compare(summarize(Posture(before.grants, unread=(unread,))), Posture(unread=(unread,)))

    assert (difference.rule and difference.rule.rule) == rule
    assert (difference.after.marks == marks_of(before.grants)) is (rule is None)


def test_a_part_that_fails_once_is_not_told_and_one_that_fails_twice_is():
    once = compare(summarize(LISTED), PRIVATE, ["ACL"])
    twice = compare(once.after, PRIVATE, ["ACL"])
    thrice = compare(twice.after, PRIVATE, ["ACL"])

    assert [each.rule and each.rule.rule for each in (once, twice, thrice)] == [
        None, "bucket-review-incomplete", None,
    ]  # fmt: skip
    assert thrice.after.sample == LISTED.grants


@pytest.mark.parametrize(
    ("posture", "lines"),
    [
        pytest.param(PRIVATE, ("nobody outside the account",), id="closed"),
        pytest.param(PUBLIC, ("everyone may read (bucket policy)",), id="open"),
        pytest.param(
            Posture(ineffective=PUBLIC.grants, unread=("ACL",)),
            (
                "nobody outside the account",
                "everyone may read (bucket policy, without effect)",
                "could not be read: ACL",
            ),
            id="ineffective and unread",
        ),
        pytest.param(
            Posture(unresolved=("AROADBQP57FF2AEXAMPLE",)),
            (
                "nobody outside the account",
                "nobody by the id AROADBQP57FF2AEXAMPLE: deleted, or not resolved yet",
            ),
            id="a principal that is nobody",
        ),
    ],
)
def test_a_posture_is_described_in_words(posture, lines):
    assert describe_after(compare(Digest(), posture)) == lines


def test_before_the_first_review_nothing_is_known():
    assert describe_before(compare(None, PRIVATE)) == ("not known: this is the first review",)


def test_a_description_says_how_many_grants_it_leaves_out():
    many = Posture(tuple(Grant(f"{number:012}", "read", "bucket policy") for number in range(100)))
    lines = describe_before(compare(summarize(many), many))

    assert (len(lines), lines[-1]) == (31, "and 70 further grants")


def test_a_description_is_bounded_whatever_was_found():
    grant = Grant("!" * 9_000, "read", "bucket policy")
    many = tuple(Grant(f"{number:012}", "read", "ACL") for number in range(500))
    found = Posture((grant, *many), many, tuple(f"access point {number}" for number in range(900)))
    lines = describe_after(compare(None, found))

    assert (len(lines), max(map(len, lines))) == (61, 155)


POINTS = tuple(f"access point p{number}" for number in range(200))


def test_each_of_many_refused_parts_is_told_once():
    first = compare(summarize(PRIVATE), Posture(unread=POINTS))
    second = compare(first.after, Posture(unread=POINTS))
    third = compare(second.after, Posture(unread=(*POINTS, "access point new")))

    assert [len(each.unread) for each in (first, second, third)] == [200, 0, 1]
    assert (second.rule, third.rule) == (None, INCOMPLETE)


def test_each_of_many_parts_that_fail_twice_is_told_once():
    first = compare(summarize(PRIVATE), PRIVATE, POINTS)
    second = compare(first.after, PRIVATE, POINTS)
    third = compare(second.after, PRIVATE, POINTS)

    assert [len(each.unread) for each in (first, second, third)] == [0, 200, 0]


def test_a_part_with_an_endless_name_is_told_once():
    endless = Posture(unread=("access point " + "p" * 500,))
    first = compare(summarize(PRIVATE), endless)

    assert compare(first.after, endless).rule is None


def test_a_description_says_how_many_unread_parts_it_leaves_out():
    lines = describe_after(compare(Digest(), Posture(unread=POINTS)))

    assert lines[-1] == "could not be read: 150 further parts"


def test_whoever_is_new_is_named_before_all_others():
    partners = tuple(Grant(f"4444555500{number:02d}", "read", "bucket policy") for number in range(40))
    eve = Grant("999999999999", "read", "bucket policy")
    difference = compare(summarize(Posture(partners)), Posture((*partners, eve)))

    assert describe_after(difference)[0] == "account 999999999999 may read (bucket policy)"
    assert describe_after(difference)[-1] == "and 10 further grants"


# what is no longer denied

INSECURE = {
    "Sid": "DenyInsecure", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip
DELETES = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Resource": "*"}
DENYING = make_state(INSECURE, DELETES)
ONE_LESS = make_state(DELETES)


def by_point(*statements, **changes):
    """A bucket with an access point with a policy of these statements."""
    policy = make_policy(*statements) if statements else ""
    return make_state(access_points=(AccessPoint("pay", policy),), **changes)


def by_two(established, proposed):
    """A bucket with a Multi-Region Access Point whose new policy is on its way."""
    points = (AccessPoint("m", make_policy(each)) for each in (established, proposed))
    return make_state(multi_region_access_points=tuple(points))


def review_twice(before, after):
    return compare(summarize(evaluate(before)), evaluate(after), after.failed)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        pytest.param(DENYING, ONE_LESS, "bucket-policy-weakened", id="a statement is gone"),
        pytest.param(DENYING, make_state(), "bucket-policy-weakened", id="the policy is gone"),
        pytest.param(ONE_LESS, DENYING, None, id="a statement more"),
        pytest.param(DENYING, make_state(DELETES, INSECURE), None, id="in another order"),
        pytest.param(DENYING, make_state(DELETES, allow()), "bucket-opened", id="and opened to everyone"),
        pytest.param(DENYING, make_state(DELETES, allow({"AWS": OTHER})), "bucket-shared", id="and shared"),
        pytest.param(
            make_state(INSECURE, allow({"AWS": OTHER})), make_state(), "bucket-policy-weakened",
            id="with all that it allowed",
        ),
        pytest.param(
            DENYING, replace(ONE_LESS, unread=("ACL",)), "bucket-unreadable", id="and a part is hidden"
        ),
        pytest.param(
            DENYING, replace(ONE_LESS, unread=("access points",)), "bucket-policy-weakened",
            id="and another part is refused",
        ),
        pytest.param(by_point(INSECURE), by_point(), "bucket-policy-weakened", id="of an access point"),
        pytest.param(by_point(INSECURE), make_state(), None, id="of an access point that is gone"),
        pytest.param(
            by_two(INSECURE, INSECURE), by_two(INSECURE, DELETES), "bucket-policy-weakened",
            id="of a Multi-Region Access Point, on its way",
        ),
        pytest.param(
            by_two(INSECURE, DELETES), by_two(DELETES, DELETES), None,
            id="of a Multi-Region Access Point, arrived",
        ),
        pytest.param(DENYING, make_state(failed=("bucket policy",)), None, id="of a policy that failed"),
        pytest.param(
            by_point(INSECURE), by_point(failed=("access point pay",)), None, id="of one that failed"
        ),
        pytest.param(by_point(INSECURE), make_state(failed=("access points",)), None, id="of all, failed"),
        pytest.param(
            by_point(INSECURE), by_point(failed=("further access points",)), "bucket-policy-weakened",
            id="of one that was read beside others",
        ),
    ],
)  # fmt: skip
def test_what_is_no_longer_denied_is_reported_by(before, after, rule):
    found = review_twice(before, after).rule

    assert (found and found.rule) == rule


def test_what_the_first_review_finds_is_compared_with_nothing():
    first = compare(None, evaluate(ONE_LESS))

    assert (first.rule, first.lost) == (None, ())


def test_what_earlier_versions_kept_is_silent_and_then_denials_are_kept():
    first = compare(summarize(PRIVATE), evaluate(ONE_LESS))
    second = compare(first.after, evaluate(make_state()))

    assert (first.rule, second.rule) == (None, WEAKENED)


def test_what_is_no_longer_denied_is_told_once():
    first = review_twice(DENYING, ONE_LESS)
    second = compare(first.after, evaluate(ONE_LESS))
    third = compare(second.after, evaluate(make_state()))

    assert [each.rule for each in (first, second, third)] == [WEAKENED, None, WEAKENED]
    assert len(third.lost) == 1


def test_what_is_no_longer_denied_is_told_when_its_policy_can_be_read_again():
    hidden = review_twice(DENYING, make_state(unread=("bucket policy",)))

    assert compare(hidden.after, evaluate(ONE_LESS)).rule is WEAKENED


def test_what_is_no_longer_denied_is_described_before_and_after():
    difference = review_twice(DENYING, make_state(DELETES | {"Action": "s3:DeleteBucket"}))

    assert describe_before(difference) == (
        "bucket policy denied s3:* without TLS (statement DenyInsecure)",
        "bucket policy denied s3:Delete* (statement Keep)",
        "nobody outside the account",
    )
    assert describe_after(difference) == (
        "the bucket policy no longer denies s3:* without TLS (statement DenyInsecure)",
        "the bucket policy denies only s3:DeleteBucket (statement Keep)",
        "nobody outside the account",
    )


def test_whoever_is_let_in_is_named_before_what_is_no_longer_denied():
    lines = describe_after(review_twice(DENYING, make_state(DELETES, allow({"AWS": OTHER}))))

    assert lines == (
        f"account {OTHER} may read (bucket policy)",
        "the bucket policy no longer denies s3:* without TLS (statement DenyInsecure)",
    )


def test_of_many_statements_that_are_gone_some_are_named_and_all_are_counted():
    many = [DELETES | {"Sid": f"Deny{number}", "Action": f"s3:Get{number}"} for number in range(9)]
    difference = review_twice(make_state(*many), make_state())

    assert (len(difference.lost), describe_after(difference)[4:]) == (
        9, ("and 5 others", "nobody outside the account"),
    )  # fmt: skip


def test_of_a_policy_with_too_much_to_keep_any_change_is_told():
    long = [DELETES | {"Action": f"s3:{number:050}"} for number in range(400)]
    difference = review_twice(make_state(*long), make_state(*long[1:]))

    assert describe_after(difference)[0] == "the bucket policy does not deny the same as before"
    assert difference.rule is WEAKENED
