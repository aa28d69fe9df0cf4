from __future__ import annotations

import pytest
from s3watch.posture.digest import Digest, marks_of, summarize
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.review import compare, describe_after, describe_before
from s3watch.posture.review_rules import INCOMPLETE

from tests.support.bucket_states import OTHER

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
    assert describe_before(None) == ("not known: this is the first review",)


def test_a_description_says_how_many_grants_it_leaves_out():
    many = Posture(tuple(Grant(f"{number:012}", "read", "bucket policy") for number in range(100)))
    lines = describe_before(summarize(many))

    assert (len(lines), lines[-1]) == (31, "and 70 further grants")


def test_a_description_is_bounded_whatever_was_found():
    grant = Grant("!" * 9_000, "read", "bucket policy")
    many = tuple(Grant(f"{number:012}", "read", "ACL") for number in range(500))
    found = Posture((grant, *many), many, tuple(f"access point {number}" for number in range(900)))
    lines = describe_after(compare(None, found))

    assert (len(lines), max(map(len, lines))) == (61, 145)


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
