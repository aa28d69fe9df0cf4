from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.health.own_changes import find_changes, keep_made
from s3watch.health.parts import Made, Parts, Trail
from s3watch.health.state import Health, compare

NOW = 1795162443.0
POLICY = "the policy detect of the role s3watch-DetectRole-1A2B"
DETECT, RULE = "the function s3watch-detect", "the rule s3watch-S3Rule of EventBridge"
DEPLOYED = Made(NOW - 7200, {DETECT: "0a", RULE: "1b"})
UPDATING = Made(0, {DETECT: "2c", RULE: "1b"})
REDEPLOYED = Made(NOW, {DETECT: "2c", RULE: "1b"})


def with_roles(made: Made, roles: dict[str, str] | None) -> Made:
    return replace(made, roles=roles)


@pytest.mark.parametrize(
    ("now", "what"),
    [
        (DEPLOYED, []),
        (Made(NOW - 7200, {DETECT: "2c", RULE: "1b"}), [f"{DETECT} was changed, and nobody deployed that"]),
        (Made(NOW - 7200, {DETECT: "0a"}), [f"{RULE} is not there any more: nobody deployed that"]),
        (Made(NOW - 7200, {DETECT: "0a", RULE: "1b", "another": "3d"}), []),
        (UPDATING, []),
        (REDEPLOYED, []),
    ],
    ids=["the same", "changed", "gone", "one more", "while it is deployed", "deployed again"],
)
def test_what_somebody_changed_without_deploying_is_a_problem(now, what):
    assert [problem.what for problem in find_changes(DEPLOYED, now)] == what


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        ({POLICY: "0a"}, {POLICY: "0a"}, []),
        ({POLICY: "0a"}, {POLICY: "2c"}, [f"{POLICY} was changed, and nobody deployed that"]),
        ({POLICY: "0a"}, {}, [f"{POLICY} is not there any more: nobody deployed that"]),
        ({}, {POLICY: "0a"}, [f"{POLICY} is new: nobody deployed that"]),
        ({POLICY: "0a"}, None, []),
        (None, {POLICY: "0a"}, []),
    ],
    ids=["the same", "changed", "lost", "got", "not read now", "not read before"],
)
def test_what_a_role_has_got_or_lost_without_deploying_is_a_problem(before, now, what):
    found = find_changes(with_roles(DEPLOYED, before), with_roles(DEPLOYED, now))

    assert [problem.what for problem in found] == what


def test_roles_that_could_be_read_no_sooner_are_compared_from_then_on():
    first = with_roles(DEPLOYED, {POLICY: "0a"})

    assert keep_made(DEPLOYED, first) == first
    assert keep_made(first, with_roles(DEPLOYED, {POLICY: "2c"})) == first
    assert keep_made(first, DEPLOYED) == first


def test_before_the_first_check_there_is_nothing_to_compare_with():
    assert list(find_changes(Made(), DEPLOYED)) == []


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (Made(), DEPLOYED, DEPLOYED),
        (DEPLOYED, Made(NOW - 7200, {DETECT: "2c"}), DEPLOYED),
        (DEPLOYED, UPDATING, DEPLOYED),
        (DEPLOYED, REDEPLOYED, REDEPLOYED),
    ],
    ids=["the first check", "changed since", "while it is deployed", "deployed again"],
)
def test_only_a_deployment_changes_what_is_compared_with(before, now, kept):
    assert keep_made(before, now) == kept


def test_nothing_is_taken_over_while_parts_cannot_be_read():
    parts = Parts(Trail("s3watch"), made=Made(), unreadable=("Lambda: AccessDenied",))

    assert compare(Health(made=DEPLOYED), [], parts, NOW).after.made == DEPLOYED
