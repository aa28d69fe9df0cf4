from __future__ import annotations

import pytest
from s3watch.posture.bucket_state import AccessPoint
from s3watch.posture.exposure import evaluate

from tests.support.bucket_states import make_state
from tests.support.effort import effort_of
from tests.support.hostile_policies import HOSTILE, MOST_BYTES, as_policy


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_a_bucket_and_fifty_access_points_of_hostile_policies_take_less_than_two_seconds(statements):
    policy = as_policy(statements)
    points = tuple(AccessPoint(f"p{number}", policy) for number in range(50))

    assert 12_000 < len(policy) < MOST_BYTES
    assert effort_of(lambda: evaluate(make_state(policy=policy, access_points=points))) < 1300  # of 1.5 ms
