from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from s3watch.detection.exceptions import Exceptions, Silencing, days_left, ending
from s3watch.ruleset import RuleException

from tests.support.cloudtrail import SSO_PATH, make_record, make_role, make_user
from tests.support.sensitive import UNEXPECTED, make_hits

BEFORE, AFTER = "2026-11-20", "2026-12-31"


def make_exception(**changes: Any) -> RuleException:
    stated = {"rule": "unexpected-access", "owner": "hr@example.com", "reason": "migration", "until": AFTER}
    return RuleException(**(stated | changes))


def rules_left(exception: RuleException, record: dict[str, Any], today: str = BEFORE) -> list[str]:
    (hit,) = make_hits(record)
    left = Exceptions([exception]).apply(hit, today, [])
    return [detection.rule for detection in left.detections] if left else []


@pytest.mark.parametrize(
    ("exception", "left"),
    [
        (make_exception(actors=("role/Analyst",)), []),
        (make_exception(actors=("role/An*",)), []),
        (make_exception(actors=("role/Other",)), ["unexpected-access"]),
        (make_exception(actors=("111122223333:role/Analyst",)), []),
        (make_exception(actors=("444455556666:role/Analyst",)), ["unexpected-access"]),
        (make_exception(objects=("s3://hr-data/payroll/*",)), []),
        (make_exception(objects=("s3://hr-data",)), []),
        (make_exception(objects=("s3://hr-data/contracts/*",)), ["unexpected-access"]),
        (make_exception(actors=("role/Analyst",), objects=("s3://else",)), ["unexpected-access"]),
        (make_exception(rule="denied-access"), ["unexpected-access"]),
    ],
    ids=[
        "actor",
        "pattern",
        "other actor",
        "actor of this account",
        "actor of another account",
        "object",
        "bucket",
        "other object",
        "only both together",
        "other rule",
    ],
)
def test_an_exception_silences_what_it_names_and_nothing_else(exception: RuleException, left: list[str]):
    assert rules_left(exception, make_record()) == left


SSO = "AWSReservedSSO_HR_0123456789abcdef"


def test_an_exception_for_a_person_applies_to_identity_centers_user():
    alice = make_record(userIdentity=make_role(SSO, "alice@example.com", path=SSO_PATH))

    assert rules_left(make_exception(actors=("alice@example.com",)), alice) == []


def test_an_exception_for_a_role_of_identity_center_does_not_apply_to_one_that_is_only_named_like_it():
    records = [make_record(userIdentity=make_role(SSO, "alice", path=path)) for path in (SSO_PATH, "/")]

    assert [rules_left(make_exception(actors=("role/AWSReservedSSO_HR_*",)), each) for each in records] == [
        [],
        ["unexpected-access"],
    ]


@pytest.mark.parametrize("name", ["alice@example.com", "role/payroll-app"], ids=["a person", "a role"])
def test_an_exception_does_not_apply_to_an_unverified_name(name):
    identity = make_role("evil")
    identity["sessionContext"]["sourceIdentity"] = name

    assert rules_left(make_exception(actors=(name,)), make_record(userIdentity=identity)) != []


def test_an_exception_ends_on_its_end_date():
    assert rules_left(make_exception(), make_record(), today=AFTER) == ["unexpected-access"]


def test_an_exception_leaves_the_other_detections_of_a_hit():
    anonymous = make_record(userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"})

    assert rules_left(make_exception(), anonymous) == ["anonymous-access"]


def test_what_is_silenced_is_told_by_exception_each_detection_alone():
    exception, silenced = make_exception(), list[Silencing]()
    hits = make_hits(make_record(), make_record(userIdentity=make_user()))
    for hit in hits:
        Exceptions([exception]).apply(hit, BEFORE, silenced)

    assert [(each.by, each.name, each.hit.access) for each in silenced] == [
        (exception, "1 unexpected-access (hr@example.com)", hit.access) for hit in hits
    ]
    assert [each.hit.detections for each in silenced] == [(UNEXPECTED,)] * 2


TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("until", "left", "is_told"),
    [("2026-12-16", 15, False), ("2026-12-15", 14, True), ("2026-12-02", 1, True), ("2026-12-01", 0, False)],
    ids=["in fifteen days", "in fourteen", "tomorrow", "today it has"],
)
def test_an_exception_that_ends_soon_is_told_and_none_that_has(until: str, left: int, *, is_told: bool):
    exception = make_exception(until=until)

    assert (days_left(exception, TODAY), ending([exception], TODAY)) == (left, (exception,) * is_told)


def test_the_next_to_end_comes_first():
    later, sooner = make_exception(until="2026-12-10"), make_exception(until="2026-12-05")

    assert ending([later, sooner], TODAY) == (sooner, later)
