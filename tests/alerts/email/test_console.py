from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs
from s3watch.alerts.email.console import console

from tests.support.sample_alerts import OTHER, STORIES, make_alert, make_evidence

HOME = "https://eu-west-1.console.aws.amazon.com"
IAM = "https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#"


def links(**facts: Any) -> dict[str, str]:
    return {row.label.removesuffix(" in the console"): row.lines[0] for row in console(alert(**facts))}


def alert(**facts: Any):
    return make_alert(make_evidence(**facts))


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, {"Object": f"{HOME}/s3/object/hr-data?region=eu-west-1&prefix=payroll%2F2026%2Fq3.csv"}),
        (
            {"key": "evil.example/a b&x=#1"},
            {"Object": f"{HOME}/s3/object/hr-data?region=eu-west-1&prefix=evil.example%2Fa%20b%26x%3D%231"},
        ),
        (
            {"key": "", "scope": "bucket", "operation": "permission", "event_id": "3e5a9c70"},
            {
                "Bucket": f"{HOME}/s3/buckets/hr-data?region=eu-west-1&tab=permissions",
                "Event": f"{HOME}/cloudtrailv2/home?region=eu-west-1#/events/3e5a9c70",
            },
        ),
        ({"key": "q3.csv."}, {"Object": f"{HOME}/s3/object/hr-data?region=eu-west-1&prefix=q3.csv%2E"}),
        ({"bucket": "", "key": ""}, {}),
        ({"region": "evil.example/"}, {}),
        ({"key": "k" * 1024}, {}),
    ],
    ids=["object", "a hostile key", "bucket", "a full stop", "no bucket", "no Region", "too long for a line"],
)
def test_links_lead_to_the_object_and_the_event(facts, found):
    assert links(**facts) == found


@pytest.mark.parametrize(
    ("principal", "found"),
    [
        ("role/etl", {"Role": f"{IAM}/roles/details/etl?section=revoke_sessions"}),
        ("user/eve", {"User": f"{IAM}/users/details/eve?section=security_credentials"}),
        ("role/AWSReservedSSO_Analyst_0123456789abcdef", {}),
        (
            "role/not-sso/AWSReservedSSO_Fake",
            {"Role": f"{IAM}/roles/details/AWSReservedSSO_Fake?section=revoke_sessions"},
        ),
        ("anonymous", {}),
    ],
    ids=["role", "user", "Identity Center", "like Identity Center's", "anonymous"],
)
def test_a_link_leads_to_where_the_caller_is_stopped(principal, found):
    assert {name: link for name, link in links(principal=principal).items() if name != "Object"} == found


def test_a_caller_of_another_account_has_no_link_since_the_console_would_show_ours():
    assert set(links(principal=f"{OTHER}:role/etl", caller_account=OTHER)) == {"Object"}


def test_a_data_event_has_no_link_because_the_event_history_does_not_have_it():
    assert "Event" not in links() | links(key="", scope="bucket", operation="list")


def test_an_event_that_did_not_come_from_cloudtrail_has_no_link():
    stopped = STORIES["trail-stopped"]
    logged = structs.replace(stopped, evidence=structs.replace(stopped.evidence, feed="access-log"))

    assert (len(console(stopped)), console(logged)) == (1, [])
