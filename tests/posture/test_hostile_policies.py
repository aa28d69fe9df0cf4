from __future__ import annotations

from typing import Any

import pytest
from s3watch.posture.bucket_state import AccessPoint
from s3watch.posture.exposure import MOST_CHARACTERS, evaluate
from s3watch.posture.review import compare

from tests.support.bucket_states import make_state
from tests.support.effort import effort_of
from tests.support.hostile_policies import HOSTILE, MOST_BYTES, as_policy

MOST_POINTS = 200  # that a review reads


def make_points(policy: str, count: int) -> tuple[AccessPoint, ...]:
    return tuple(AccessPoint(f"p{number}", policy) for number in range(count))


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_a_bucket_and_two_hundred_access_points_of_hostile_policies_take_less_than_two_seconds(statements):
    policy = as_policy(statements)
    state = make_state(policy=policy, access_points=make_points(policy, MOST_POINTS))

    assert 12_000 < len(policy) < MOST_BYTES
    assert effort_of(lambda: evaluate(state)) < 1300  # of 1.5 ms


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_short_policies_of_access_points_behind_a_hostile_one_of_the_bucket_take_less_than_two_seconds(
    statements,
):
    points = make_points(as_policy([{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]), MOST_POINTS)
    state = make_state(policy=as_policy(statements), access_points=points)

    assert effort_of(lambda: evaluate(state)) < 1300  # of 1.5 ms


def as_denials(statements: list[Any], **changes: Any) -> str:
    return as_policy([each | {"Effect": "Deny"} | changes for each in statements])


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_what_two_hundred_access_points_and_their_bucket_deny_is_compared_in_a_third_of_a_second(statements):
    before = make_state(
        policy=as_denials(statements), access_points=make_points(as_denials(statements[:6]), MOST_POINTS)
    )
    after = make_state(
        policy=as_denials(statements, Resource="x?"),
        access_points=make_points(as_denials(statements[:6], Resource="x?"), MOST_POINTS),
    )
    known, found = compare(None, evaluate(before)).after, evaluate(after)

    assert effort_of(lambda: compare(known, found)) < 200  # of 1.5 ms
    assert compare(known, found).lost


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_access_points_that_are_too_much_for_one_review_are_named(statements):
    policy = as_policy(statements)
    posture = evaluate(make_state(access_points=make_points(policy, MOST_POINTS)))

    assert MOST_POINTS - len(posture.unread) == MOST_CHARACTERS // len(policy)
    assert all(part.startswith("access point p") for part in posture.unread)
