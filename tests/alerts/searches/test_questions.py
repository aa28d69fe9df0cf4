from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import Review
from s3watch.alerts.searches.questions import Search, period, searches, split_name
from s3watch.text import span

from tests.support.sample_alerts import OTHER, OWNER, STORIES, make_alert, make_evidence


@pytest.mark.parametrize(
    ("identity", "value"),
    [
        ({"principal": "role/etl"}, f"{OWNER}:role/etl"),
        ({"principal": f"{OTHER}:user/bob", "caller_account": OTHER}, f"{OTHER}:user/bob"),
        ({"principal": OTHER, "caller_account": OTHER}, OTHER),
        ({"principal": "root"}, f"{OWNER}:root"),
        ({"principal": "federated/alice"}, f"{OWNER}:federated/alice"),
        ({"principal": "service/macie.amazonaws.com", "caller_account": ""}, "service/macie.amazonaws.com"),
        ({"principal": "anonymous", "caller_account": ""}, "203.0.113.7"),
        ({"principal": "anonymous", "caller_account": "", "ip": ""}, "anonymous"),
        ({"principal": "unknown", "caller_account": ""}, "203.0.113.7"),
    ],
    ids=[
        "role", "foreign user", "foreign account", "root", "federated", "service", "anonymous",
        "anonymous, from nowhere", "unknown",
    ],
)  # fmt: skip
def test_an_actor_is_searched_by_the_name_that_alerts_show(identity: dict[str, Any], value: str):
    evidence = make_evidence(**identity, actor=identity["principal"])

    assert searches(make_alert(evidence))[0].value == value


@pytest.mark.parametrize(
    ("person", "trusted"),
    [
        ({}, True),
        ({"actor_verified": False, "claim_source": "source identity"}, False),
    ],
    ids=["of Identity Center", "a claim"],
)
def test_a_person_is_searched_in_every_account_and_session(person: dict[str, Any], trusted: bool):
    [first, _] = searches(make_alert(make_evidence(**person)))

    assert first == Search("what else this actor did", "actor", "alice@example.com", trusted=trusted)


def test_an_alert_about_all_sessions_of_a_principal_is_searched_by_that():
    assert searches(STORIES["overflow"])[0].value == f"{OWNER}:user/eve"


@pytest.mark.parametrize(
    ("where", "search"),
    [
        ({}, Search("who else touched this object", "object", "s3://hr-data/payroll/2026/q3.csv")),
        ({"key": ""}, Search("who else used this bucket", "object", "s3://hr-data")),
        ({"key": "x" * 1025}, Search("who else used this bucket", "object", "s3://hr-data")),
        (
            {"bucket": "", "key": "", "event_name": "StopLogging"},
            Search("who else did the same", "call", "StopLogging"),
        ),
    ],
    ids=["an object", "a bucket", "a key that is too long for S3", "neither"],
)
def test_what_was_touched_is_searched_as_alerts_show_it(where: dict[str, Any], search: Search):
    assert searches(make_alert(make_evidence(**where)))[1] == search


def test_what_was_found_without_a_call_is_by_nobody():
    review = Review("found", finder="AWS Config")
    found = make_evidence(actor="AWS Config", principal="AWS Config", review=review, ip="", key="")

    assert [search.question for search in searches(make_alert(found))] == ["who else used this bucket"]


def test_a_roll_up_is_searched_by_actor_only():
    assert [search.question for search in searches(STORIES["rollup"])] == ["what else this actor did"]


def test_the_search_covers_an_hour_before_and_after_the_accesses():
    assert span(*period(STORIES["rollup"])) == "2026-11-20 07:14:03 to 10:13:34 UTC"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("role/x", ("", "role", "x")),
        (f"{OTHER}:role/x", (OTHER, "role", "x")),
        ("role/not-sso/x", ("", "role", "x")),
        (f"{OTHER}:root", (OTHER, "root", "root")),
        ("alice@example.com", ("", "", "alice@example.com")),
        (f"{OTHER}:alice", (OTHER, "", "alice")),
        ("anonymous", ("", "anonymous", "anonymous")),
    ],
    ids=str,
)
def test_a_name_has_an_account_a_kind_and_what_is_left(name: str, parts: tuple[str, str, str]):
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        ({"presigned": True}, True),
        ({"outcome": "denied"}, True),
        ({}, False),
        ({"outcome": "denied", "network_kind": "vpce"}, False),
        ({"outcome": "denied", "actor": "anonymous", "principal": "anonymous"}, False),
    ],
    ids=["the use of a link", "denied", "a read", "from an endpoint", "searched by address already"],
)
def test_the_address_is_searched_for_where_it_says_more_than_the_actor(facts, asked):
    questions = [(search.question, search.value) for search in searches(make_alert(make_evidence(**facts)))]

    assert (("what else came from this address", "203.0.113.7") in questions[2:]) == asked
