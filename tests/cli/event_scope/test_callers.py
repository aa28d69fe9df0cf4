from __future__ import annotations

from typing import Any

import pytest
from s3watch_cli.event_scope.callers import by_others, names_callers
from s3watch_cli.event_scope.patterns import LONGEST

from tests.support.cloudtrail import (
    ANONYMOUS,
    OTHER,
    OWNER,
    make_record,
    make_resources,
    make_role,
    make_user,
)
from tests.support.event_patterns import passes
from tests.support.event_scopes import make_event_of


def nest(members: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, leaves in members.items():
        *parents, name = path.split(".")
        at = found
        for parent in parents:
            at = at.setdefault(parent, {})
        at[name] = [leaf.write() for leaf in leaves]
    return {"detail": found}


def is_by_another(callers: set[str], **changes: Any) -> bool:
    event = make_event_of(make_record(**changes))
    return any(passes(event, nest(dict(clause.members))) for clause in by_others(callers, OWNER))


ROLE, USER = {"role/payroll-app"}, {"user/bob"}


@pytest.mark.parametrize(
    ("who", "by_others_than"),
    [
        (make_role("payroll-app"), (False, True, False)),
        (make_user("bob"), (True, False, False)),
        (make_role("Analyst"), (True, True, True)),
        (make_user("ann"), (True, True, True)),
        (make_user("payroll-app"), (True, True, True)),
        (make_role("bob"), (True, True, True)),
        (make_role("payroll-app", account=OTHER), (True, True, True)),
        (make_user("bob", OTHER), (True, True, True)),
        (ANONYMOUS, (True, True, True)),
        ({"type": "Root", "accountId": OWNER}, (True, True, True)),
        ({}, (True, True, True)),
    ],
    ids=["the role", "the user", "another role", "another user", "a user named like the role",
         "a role named like the user", "of another account", "a user of another account", "anonymous", "root",
         "nobody"],
)  # fmt: skip
def test_a_call_is_by_another_than_a_role_a_user_or_both(who, by_others_than):
    assert (
        tuple(is_by_another(each, userIdentity=who) for each in (ROLE, USER, ROLE | USER)) == by_others_than
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": make_resources("hr-data", "x", OTHER)},
        {"recipientAccountId": OTHER},
        {"without": ("recipientAccountId",)},
    ],
    ids=["owned by another account", "received by another account", "of a record that does not say"],
)
def test_in_a_bucket_that_may_be_of_another_account_everybody_is_another(changes):
    assert is_by_another(ROLE, userIdentity=make_role("payroll-app"), **changes)


def test_of_more_names_than_a_pattern_holds_the_last_pass_as_others():
    many = {f"role/{number:064}" for number in range(100)}
    first, last = (make_role(f"{number:064}") for number in (0, 99))

    assert (is_by_another(many, userIdentity=first), is_by_another(many, userIdentity=last)) == (False, True)
    assert all(len(str(nest(dict(clause.members)))) < LONGEST for clause in by_others(many, OWNER))


def test_strangers_are_told_apart_from_those_who_are_named():
    assert [names_callers(clause) for clause in by_others(ROLE, OWNER)] == [*[False] * 5, True, False]
