from __future__ import annotations

import pytest
from s3watch.health.parts import Parts, Subscription, Trail
from s3watch.health.problems import Problem
from s3watch.health.state import Health, Open, compare

NOW = 1795162443.0
WELL = Parts(Trail("s3watch"))
STOPPED, DISABLED = Problem("trail", "stopped", "start it"), Problem("rule:a", "disabled", "enable it")
OPEN = Open("trail", "stopped", NOW - 3600)


def test_what_is_found_for_the_first_time_begins():
    change = compare(Health(), [STOPPED], WELL, NOW)

    assert (change.begun, change.ended) == ((STOPPED,), ())
    assert change.after.open == (Open("trail", "stopped", NOW),)


def test_what_lasts_is_not_told_again():
    change = compare(Health(open=(OPEN,)), [STOPPED, DISABLED], WELL, NOW)

    assert (change.begun, change.ended) == ((DISABLED,), ())
    assert change.after.open == (OPEN, Open("rule:a", "disabled", NOW))


def test_what_is_not_found_any_more_has_ended():
    change = compare(Health(open=(OPEN,)), [], WELL, NOW)

    assert (change.begun, change.ended, change.after.open) == ((), (OPEN,), ())


@pytest.mark.parametrize(
    ("service", "ended"), [("CloudTrail", ()), ("SNS", (OPEN,))], ids=["of the same service", "of another"]
)
def test_a_problem_does_not_end_while_its_part_cannot_be_read(service: str, ended: tuple[Open, ...]):
    parts = Parts(Trail("s3watch"), unreadable=(f"{service}: AccessDenied",))
    change = compare(Health(open=(OPEN,), subscribed=("alerts a",)), [], parts, NOW)

    assert change.ended == ended
    assert change.after.subscribed == (("alerts a",) if service == "SNS" else ())


@pytest.mark.parametrize(
    ("key", "ended"),
    [("role:a", False), ("changed:a", True), ("logging:a", True)],
    ids=["role", "function", "another"],
)
def test_while_iam_cannot_be_read_only_what_roles_have_does_not_end(key: str, *, ended: bool):
    parts = Parts(Trail("s3watch"), unreadable=("IAM: AccessDenied",))
    change = compare(Health(open=(Open(key, "changed", NOW),)), [], parts, NOW)

    assert bool(change.ended) == ended


def test_a_subscription_that_is_gone_is_told_once():
    left = Parts(Trail("s"), subscriptions=(Subscription("alerts", "email", "a@example.com", True),))
    before = Health(subscribed=("alerts a@example.com", "alerts b@example.com"))
    change = compare(before, [], left, NOW)

    assert [each.what for each in change.begun] == ["b@example.com is not subscribed to alerts any more"]
    assert compare(change.after, [], left, NOW).begun == ()
    assert change.after.open == ()
