from __future__ import annotations

import json
from typing import Any

import pytest
from s3watch.posture import bucket_state as parts
from s3watch.posture.bucket_state import AccessPoint
from s3watch.posture.statements.policies import find_broken, find_denials, find_ids, parse_policy
from s3watch.posture.statements.statement import PolicyStatements

from tests.support.bucket_states import allow, make_policy, make_state

DENY = allow(Effect="Deny", Resource="arn:aws:s3:::hr-data/*")
BROKEN = AccessPoint("web", policy="{")


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("", {}), ("{", None), ("[" * 100_000, None), ('{"Id": 111122223333}', {"Id": "111122223333"})],
    ids=["none", "no JSON", "nested too deep", "a number is text"],
)
def test_a_policy_is_parsed(text: str, parsed: Any):
    assert parse_policy(text) == parsed


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"policy": "{"}, [parts.POLICY]),
        ({"access_grants_policy": "{"}, [parts.ACCESS_GRANTS_POLICY]),
        ({"access_points": (BROKEN,)}, [parts.ACCESS_POINTS]),
        ({"multi_region_access_points": (BROKEN,)}, [parts.MULTI_REGION_ACCESS_POINTS]),
        ({}, []),
    ],
    ids=["the bucket's", "access grants'", "an access point's", "a Multi-Region Access Point's", "none"],
)
def test_a_policy_that_is_no_json_is_named_by_its_part(changes: dict[str, Any], broken: list[str]):
    assert list(find_broken(make_state(**changes))) == broken


def test_what_was_not_read_denies_nothing_that_is_known():
    read = make_state(DENY)
    unread = make_state(DENY, unread=frozenset({parts.POLICY}))

    assert [(each.policy, len(each.statements)) for each in find_denials(read)] == [(parts.POLICY, 1)]
    assert list(find_denials(unread)) == []


def test_of_the_two_policies_of_a_multi_region_access_point_the_one_on_its_way_counts():
    points = (AccessPoint("web", policy=make_policy(DENY)), AccessPoint("web", policy=make_policy()))
    found = list(find_denials(make_state(multi_region_access_points=points)))

    by = f"{parts.MULTI_REGION_ACCESS_POINT} web"
    assert [each for each in found if each.policy == by] == [PolicyStatements(by, ())]


def test_ids_are_found_in_the_policies_of_access_points_too():
    named = allow({"AWS": "AROAEXAMPLE1234567890"})
    point = AccessPoint("web", policy=json.dumps({"Statement": [named]}))

    assert find_ids(make_state(access_points=(point,))) == {"AROAEXAMPLE1234567890"}
