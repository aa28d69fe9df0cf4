from __future__ import annotations

import pytest
from s3watch.health.parts import Made, Parts, Subscription, Trail
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


def seen(started: float, stopped: float = 0) -> Parts:
    return Parts(Trail("s3watch", started=started, stopped=stopped))


RESTARTED = seen(NOW - 600, stopped=NOW - 1800)


def test_a_gap_that_has_ended_is_told_once_with_its_dates_and_is_no_open_problem():
    before = compare(Health(), [], seen(NOW - 86400), NOW - 3600).after
    change = compare(before, [], RESTARTED, NOW)

    (told,) = change.begun
    assert told.what == (
        "the trail s3watch recorded nothing from 2026-11-20 07:44:03 to 08:04:03 UTC:"
        " what happened then is in no alert"
    )
    assert change.after.open == ()
    assert compare(change.after, [], RESTARTED, NOW + 3600).begun == ()


def test_a_gap_is_kept_for_a_day():
    before = compare(Health(), [], seen(NOW - 86400), NOW - 3600).after
    kept = [compare(before, [], RESTARTED, NOW).after]
    kept += [compare(kept[0], [], RESTARTED, NOW + hours * 3600).after for hours in (23, 24)]

    assert [len(each.gaps) for each in kept] == [1, 1, 0]


def test_a_trail_that_could_not_be_read_meanwhile_is_compared_with_when_it_could():
    before = compare(Health(), [], seen(NOW - 86400), NOW - 7200).after
    unread = Parts(Trail("s3watch"), unreadable=("CloudTrail: AccessDenied",))
    meanwhile = compare(before, [], unread, NOW - 3600).after

    assert len(compare(meanwhile, [], RESTARTED, NOW).begun) == 1


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
    [("role:the policy b of the role a", False), ("changed:a", True), ("logging:a", True)],
    ids=["role", "function", "another"],
)
def test_while_iam_cannot_be_read_only_what_roles_have_does_not_end(key: str, *, ended: bool):
    parts = Parts(Trail("s3watch"), unreadable=("IAM: AccessDenied",))
    before = Health(open=(Open(key, "changed", NOW),), made=Made(NOW, by_role={"a": {}}))
    change = compare(before, [], parts, NOW)

    assert bool(change.ended) == ended


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "answering"])
@pytest.mark.parametrize("part", ["IAM", "IAM, the role a"])
def test_that_iam_refuses_roles_does_not_end_because_it_is_busy(part: str, *, busy: bool):
    before = Health(open=(Open(f"unreadable:{part}", "refused", NOW - 3600),))
    change = compare(before, [], Parts(Trail("s3watch"), busy=("IAM",) if busy else ()), NOW)

    assert change.ended == (() if busy else before.open)


def test_a_subscription_that_is_gone_is_told_once():
    left = Parts(Trail("s"), subscriptions=(Subscription("alerts", "email", "a@example.com", True),))
    before = Health(subscribed=("alerts a@example.com", "alerts b@example.com"))
    change = compare(before, [], left, NOW)

    assert [each.what for each in change.begun] == ["b@example.com is not subscribed to alerts any more"]
    assert compare(change.after, [], left, NOW).begun == ()
    assert change.after.open == ()
