from __future__ import annotations

from typing import Any

import pytest
from s3watch.ledger.principals import accountable, group_key, turns_of

from tests.support.cloudtrail import OTHER, SSO_PATH, make_record, make_role, make_user
from tests.support.sensitive import NOW, first_access


def key_of(**changes: Any) -> Any:
    return group_key(first_access(make_record(bucket="elsewhere", **changes)), NOW)


def claiming(name: str) -> dict[str, Any]:
    identity = make_role("Analyst")
    identity["sessionContext"]["sourceIdentity"] = name
    return identity


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        (make_user("bob"), "111122223333/user/bob"),
        (make_user("bob", OTHER), f"{OTHER}/{OTHER}:user/bob"),
        (claiming("carol"), "111122223333/role/Analyst"),
        (
            make_role("AWSReservedSSO_HR_01", "alice@example.com", path=SSO_PATH),
            "111122223333/alice@example.com",
        ),
    ],
    ids=["a user", "of another account", "who claims to be carol", "a verified person"],
)
def test_who_is_accountable(identity: dict[str, Any], name: str):
    assert accountable(first_access(make_record(userIdentity=identity))) == name


def test_a_claimed_name_makes_another_group_but_the_same_turns_and_overflow():
    one, other = key_of(userIdentity=claiming("carol")), key_of(userIdentity=claiming("dave"))

    assert (one.group != other.group, one.turns, one.overflow) == (True, other.turns, other.overflow)


def test_turns_are_counted_by_the_hour():
    assert len({turns_of("bob", NOW + seconds) for seconds in (0, 60, 3600)}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"userIdentity": make_user("bob")},
        {"errorCode": "AccessDenied"},
        {"eventTime": "2026-11-20T13:00Z"},
    ],
    ids=["another caller", "another outcome", "another window"],
)
def test_another_group_for(changes: dict[str, Any]):
    assert key_of().group != key_of(**changes).group
