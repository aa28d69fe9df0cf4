"""What is counted as passed on is what EventBridge passes on, judged by two implementations of it."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from s3watch.watched import add_watched
from s3watch_cli.cost.bus_patterns import passes
from s3watch_cli.event_scope.patterns import derive

from tests.support import event_patterns, event_scopes
from tests.support.cloudtrail import ANONYMOUS, OTHER, make_record, make_resources, make_role, make_user
from tests.support.event_scopes import HOME, PACK, WATCHED, make_event_of

CALLERS = (make_role("payroll-app"), make_role("payroll-app", account=OTHER), make_user("bob"), ANONYMOUS)
KEYS = ("payroll/q3.csv", "public/x", "x.PEM", "x.\N{KELVIN SIGN}ey", "x.KEY", "id_rsa")
NAMES = ("GetObject", "PutObject", "ListObjects", "DeleteObject", "CopyObject")
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"errorCode": "AccessDenied"},
    {"requestParameters": None},
    {"resources": []},
    {"resources": make_resources("elsewhere", "x", OTHER)},
    {"additionalEventData": {"SignatureVersion": "SigV2"}},
)
RECORDS = [
    make_record(bucket=bucket, key=key, eventName=name, userIdentity=who, **changes)
    for bucket, key, name, who, changes in product(("hr-data", "elsewhere"), KEYS, NAMES, CALLERS, CHANGES)
]


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
def test_both_implementations_pass_on_the_same(scope):
    patterns = derive(add_watched(PACK, WATCHED), WATCHED, scope, HOME).patterns
    events = [make_event_of(record) for record in RECORDS]

    counted = [passes(event["detail"], patterns) for event in events]
    assert counted == [any(event_patterns.passes(event, each) for each in patterns) for event in events]
    assert {True, False} == set(counted)
    some = slice(None, None, 11)  # the local AWS's takes longer
    assert counted[some] == [
        any(event_scopes.passes_locally(event, each) for each in patterns) for event in events[some]
    ]


@pytest.mark.parametrize(
    ("wanted", "value", "holds"),
    [
        pytest.param(["a"], "a", True, id="equal"),
        pytest.param(["a"], ["b", "a"], True, id="one of a list"),
        pytest.param([None], None, True, id="null"),
        pytest.param([{"exists": False}], {"b": 1}, True, id="an object is no leaf"),
        pytest.param([{"exists": True}], [], False, id="nor is an empty list"),
        pytest.param([{"anything-but": ["a"]}], ["a", "b"], True, id="another value beside"),
        pytest.param([{"prefix": {"equals-ignore-case": "Pay"}}], "pAyroll", True, id="in any case"),
        pytest.param([{"suffix": "roll"}], "roll/", False, id="no suffix"),
        pytest.param([{"prefix": "a"}], 1, False, id="no text"),
    ],
)
def test_an_operator_is_as_documented(wanted, value, holds):
    pattern, event = {"detail": {"a": wanted}}, {"detail": {"a": value}}

    assert passes(event["detail"], [pattern]) is holds
    assert event_patterns.passes(event, pattern) is holds


def test_an_operator_of_other_patterns_is_refused():
    with pytest.raises(ValueError, match="the operator wildcard"):
        passes(json.loads('{"a": "b"}'), [{"detail": {"a": [{"wildcard": "*"}]}}])
