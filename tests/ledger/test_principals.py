from __future__ import annotations

from typing import Any

import pytest
from s3watch.ledger.principals import accountable, group_key, turns_of
from s3watch.ruleset import Label
from s3watch.times import WEEKS, WINDOW

from tests.support.cloudtrail import ANONYMOUS, OTHER, OWNER, SSO_PATH, make_record, make_role, make_user
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


STRANGERS = {"anonymous": ANONYMOUS, "another account": make_user("eve", OTHER)}
DAYS_LATER = {"eventTime": "2026-11-24T23:00:00Z"}


@pytest.mark.parametrize("identity", STRANGERS.values(), ids=STRANGERS)
def test_what_strangers_reach_is_one_group_for_weeks(identity: dict[str, Any]):
    one, later = key_of(userIdentity=identity), key_of(userIdentity=identity, **DAYS_LATER)

    assert (one.group, one.overflow, one.window) == (later.group, later.overflow, WEEKS)


@pytest.mark.parametrize("identity", STRANGERS.values(), ids=STRANGERS)
def test_what_strangers_are_denied_is_one_group_for_hours(identity: dict[str, Any]):
    denied = {"userIdentity": identity, "errorCode": "AccessDenied"}

    assert key_of(**denied).window == WINDOW
    assert key_of(**denied).group != key_of(**denied, **DAYS_LATER).group


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


def federated(name: str, **issuer: str) -> dict[str, Any]:
    """A session that GetFederationToken made, as CloudTrail records it, or an access log without issuer."""
    return {
        "type": "FederatedUser", "principalId": f"{OWNER}:{name}", "accountId": OWNER,
        "arn": f"arn:aws:sts::{OWNER}:federated-user/{name}", "sessionContext": {"sessionIssuer": issuer},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ({"type": "IAMUser", "userName": "mallory"}, "111122223333/user/mallory"),
        ({"type": "Root"}, "111122223333/root"),
        ({}, "111122223333/federated"),
    ],
    ids=["a user", "root", "somebody"],
)
def test_who_is_accountable_for_federated_users_of_any_name(issuer: dict[str, str], name: str):
    records = [make_record(userIdentity=federated(each, **issuer)) for each in ("carol", "dave")]

    assert {accountable(first_access(record)) for record in records} == {name}


def test_an_alert_about_a_bucket_goes_to_the_owners_of_all_that_it_holds_the_most_severe_first():
    access = first_access(make_record(eventName="PutBucketPolicy", key=None))
    access.labels = ()
    access.bucket_labels = (
        Label("notes", severity="low", owner="notes@example.com"),
        Label("payroll", severity="high", owner="hr-security@example.com"),
        Label("bonus", severity="high", owner="hr-security@example.com"),
        Label("nobody's", severity="critical"),
    )

    assert group_key(access, NOW).owner == "hr-security@example.com, notes@example.com"
