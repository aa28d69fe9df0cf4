from __future__ import annotations

import pytest
from s3watch.posture.audiences import ANYONE, NOBODY, Kind, Scope, intersect, unite

HR, BANK = Scope(Kind.ACCOUNT, "111122223333"), Scope(Kind.ACCOUNT, "444455556666")
ORGANIZATION = Scope(Kind.ORGANIZATION, "o-a1b2c3")
ROLE, USER = Scope(Kind.PRINCIPAL, "AROAEXAMPLEROLE12345"), Scope(Kind.PRINCIPAL, "AIDAEXAMPLEUSER12345")
OFFICE, DESK = Scope(Kind.NETWORK, "192.0.2.0/24"), Scope(Kind.NETWORK, "192.0.2.7")
ELSEWHERE = Scope(Kind.NETWORK, "203.0.113.0/24")
VPC, ENDPOINT = Scope(Kind.NETWORK, "vpc-0a1b2c3d"), Scope(Kind.NETWORK, "vpce-0a1b2c3d")


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({HR}, {HR, BANK}, {HR}),
        ({HR}, {BANK}, NOBODY),
        ({HR}, {ORGANIZATION}, {HR}),
        ({HR, ORGANIZATION}, {BANK}, {BANK}),
        ({OFFICE}, {ORGANIZATION}, {ORGANIZATION}),
        ({ROLE}, {USER}, {ROLE}),
        ({ROLE, USER}, {USER}, {USER}),
        ({OFFICE}, {DESK}, {DESK}),
        ({OFFICE}, {ELSEWHERE}, NOBODY),
        ({VPC}, {ENDPOINT}, {ENDPOINT}),
        ({HR}, NOBODY, NOBODY),
    ],
    ids=[
        "a set", "two accounts", "an account of an organization", "a union", "an organization at a network",
        "two ids, which may be one principal's", "two ids, of which one is named twice",
        "an address of a network", "two networks", "an endpoint of a VPC", "nobody",
    ],
)  # fmt: skip
def test_who_is_in_both_audiences(one, other, both):
    assert intersect(frozenset(one), frozenset(other)) == both


def test_anyone_intersected_is_the_other():
    assert intersect(ANYONE, frozenset({HR})) == intersect(frozenset({HR}), ANYONE) == {HR}


def test_networks_too_many_to_compare_leave_the_smaller_set():
    many = frozenset(Scope(Kind.NETWORK, f"10.0.{number // 250}.{number % 250}") for number in range(600))

    assert intersect(many, frozenset({OFFICE, DESK})) == {OFFICE, DESK}


def test_anyone_united_with_others_is_anyone():
    assert unite([frozenset({HR}), ANYONE]) is ANYONE
    assert unite([frozenset({HR}), frozenset({BANK})]) == {HR, BANK}
