from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.health.parts import EventSource, Parts, Route, Subscription, Trail
from s3watch.health.problems import Expected, find_gone, find_problems

ALL = {
    "AdvancedEventSelectors": [
        {
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::hr-data/"]},
            ]
        }
    ]
}
TRAIL = Trail("s3watch", selectors=ALL)
ALICE = Subscription("alerts", "email", "alice@example.com", is_confirmed=True)
WELL = Parts(
    TRAIL,
    routes=(Route("s3watch-events", {"s3watch-S3Rule": True}),),
    mappings=(EventSource("s3watch-detect", "s3watch-events", "Enabled"),),
    subscriptions=(ALICE,),
)
EXPECTED = Expected(["hr-data", "exports--euw1-az1--x-s3"], "aws")


def what(parts: Parts, expected: Expected = EXPECTED) -> list[str]:
    return [problem.what for problem in find_problems(parts, expected)]


def test_where_all_is_well_there_is_no_problem():
    assert what(WELL) == []


@pytest.mark.parametrize(
    ("trail", "words"),
    [
        (replace(TRAIL, is_there=False), "there is no trail s3watch: nothing is recorded or alerted"),
        (replace(TRAIL, is_logging=False), "the trail s3watch is stopped: nothing is recorded or alerted"),
        (
            replace(TRAIL, delivery_error="AccessDenied"),
            "the trail s3watch cannot write its log files (AccessDenied): only events are alerted",
        ),
        (replace(TRAIL, selectors={}), "the trail s3watch does not record all calls on hr-data"),
    ],
    ids=["gone", "stopped", "no log files", "narrowed"],
)
def test_what_is_wrong_with_the_trail_is_said(trail, words):
    assert what(replace(WELL, trail=trail)) == [words]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"routes": (Route("s3watch-events", {"s3watch-S3Rule": True, "s3watch-TrailRule": False}),)},
            "the rule s3watch-TrailRule of EventBridge is disabled: it sends nothing to s3watch-events",
        ),
        (
            {"routes": (Route("s3watch-events", {}),)},
            "no rule of EventBridge sends to s3watch-events any more",
        ),
        (
            {"mappings": (EventSource("s3watch-detect", "s3watch-events", "Disabled"),)},
            "s3watch-detect does not read s3watch-events (Disabled)",
        ),
        (
            {"stopped": ("s3watch-detect",)},
            "s3watch-detect is stopped: its reserved concurrency is 0, so that nothing can invoke it",
        ),
        ({"subscriptions": ()}, "nobody is subscribed to the alerts"),
        (
            {"subscriptions": (ALICE, replace(ALICE, endpoint="bob@example.com", is_confirmed=False))},
            "bob@example.com has not confirmed its subscription to alerts",
        ),
        (
            {"unlogged": ("hr-data",)},
            "hr-data does not write server access logs to the bucket of this deployment",
        ),
        (
            {"unreadable": ("CloudTrail: AccessDenied",)},
            "nobody can say whether all is well: CloudTrail: AccessDenied",
        ),
    ],
    ids=[
        "rule disabled",
        "rules gone",
        "mapping disabled",
        "function stopped",
        "nobody",
        "pending",
        "no access logs",
        "unreadable",
    ],
)
def test_what_is_wrong_with_another_part_is_said(changes, words):
    assert what(replace(WELL, **changes)) == [words]


@pytest.mark.parametrize(
    ("service", "instead"),
    [
        ("SNS", "deploy again"),
        ("IAM", "a boundary may deny"),
        ("IAM, the role a", "somebody may have given a function this role"),
    ],
    ids=["our mistake", "roles", "one role"],
)
def test_what_may_keep_us_from_reading_is_named(service, instead):
    (problem,) = find_problems(replace(WELL, unreadable=(f"{service}: AccessDenied",)), EXPECTED)

    assert (problem.key, problem.instead.startswith(instead)) == (f"unreadable:{service}", True)


def test_a_bucket_of_the_catalogue_that_is_not_watched_is_a_problem():
    expected = EXPECTED._replace(unwatched=("finance-exports",))

    assert what(WELL, expected) == ["finance-exports is in the catalogue and not watched"]


def test_a_trail_narrowed_to_prefixes_has_to_record_something_of_each_bucket():
    expected = Expected(["hr-data", "finance-exports"], "aws", records_prefixes=True)

    assert what(WELL, expected) == ["the trail s3watch does not record all calls on finance-exports"]


def test_a_subscription_that_was_there_and_is_not_is_named():
    gone = find_gone(["alerts alice@example.com", "operations oncall@example.com"], [ALICE])

    assert [problem.what for problem in gone] == [
        "oncall@example.com is not subscribed to operations any more"
    ]
