from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.health.own_changes import find_changes, keep_made
from s3watch.health.parts import Made, Parts, Trail
from s3watch.health.state import Health, Open, compare

NOW = 1795162443.0
ROLE = "s3watch-DetectRole-1A2B"
POLICY = f"the policy detect of the role {ROLE}"
DETECT, RULE = "the function s3watch-detect", "the rule s3watch-S3Rule of EventBridge"
DEPLOYED = Made(NOW - 7200, {DETECT: "0a", RULE: "1b"})
UPDATING = Made(0, {DETECT: "2c", RULE: "1b"})
REDEPLOYED = Made(NOW, {DETECT: "2c", RULE: "1b"})
FIRST = replace(DEPLOYED, by_role={ROLE: {POLICY: "0a"}})
OTHER = {"other": {"the trust policy of the role other": "1b"}}


def with_roles(made: Made, by_role: dict[str, dict[str, str]]) -> Made:
    return replace(made, by_role=by_role)


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
    ],
    ids=["the same", "changed", "lost", "got"],
)
def test_what_a_role_has_got_or_lost_without_deploying_is_a_problem(before, now, what):
    found = find_changes(with_roles(DEPLOYED, {ROLE: before}), with_roles(DEPLOYED, {ROLE: now}))

    assert [problem.what for problem in found] == what


@pytest.mark.parametrize(
    ("before", "now"),
    [(FIRST, with_roles(DEPLOYED, OTHER)), (with_roles(DEPLOYED, OTHER), FIRST)],
    ids=["not read now", "not read before"],
)
def test_a_role_that_one_check_has_not_read_hides_only_itself(before, now):
    assert list(find_changes(before, now)) == []
    now = with_roles(now, {**now.by_role, **OTHER})
    before = with_roles(before, {**before.by_role, "other": {}})

    assert [problem.key for problem in find_changes(before, now)] == [
        "role:the trust policy of the role other"
    ]


def test_roles_that_could_be_read_no_sooner_are_compared_from_then_on():
    both = with_roles(DEPLOYED, {**FIRST.by_role, **OTHER})

    assert keep_made(DEPLOYED, FIRST) == FIRST
    assert keep_made(FIRST, with_roles(DEPLOYED, {ROLE: {POLICY: "2c"}, **OTHER})) == both
    assert keep_made(FIRST, DEPLOYED) == FIRST


def test_what_was_told_of_a_role_does_not_end_while_nobody_reads_it_again():
    told = Open(f"role:{POLICY}", "changed", NOW)
    before = Health(open=(told,), made=FIRST)
    unread, read = (Parts(Trail("s3watch"), made=made) for made in (DEPLOYED, FIRST))
    redeployed = Parts(Trail("s3watch"), made=REDEPLOYED)

    assert compare(before, [], unread, NOW).after.open == (told,)
    assert [compare(before, [], parts, NOW).ended for parts in (read, redeployed)] == [(told,), (told,)]


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
