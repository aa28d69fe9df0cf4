from __future__ import annotations

import pytest
from hypothesis import given
from s3watch.alerts.email import render
from s3watch.alerts.headline import title
from s3watch.alerts.rows import Row, rows, steps
from s3watch.findings.finding import Finding
from s3watch.pipelines.notify import alert_of
from s3watch.text import columns

from tests.pipelines.test_relay_finding import NOW, deliver, only_group, relay
from tests.support.sample_alerts import make_alert, make_evidence, wild
from tests.support.sample_findings import advisor, analyzer, guardduty, macie, macie_policy, scan, sequence

EVENTS = {
    "guardduty": guardduty(), "macie": macie(), "macie-policy": macie_policy(), "trusted-advisor": advisor(),
    "access-analyzer": analyzer(), "malware": scan(), "attack-sequence": sequence(),
}  # fmt: skip


def alert(*events):
    """The message pending after these events."""
    return alert_of(only_group(relay(*events)[0]))


@pytest.mark.parametrize("name", EVENTS, ids=str)
def test_what_a_subscriber_reads_of_a_finding(name, golden):
    subject, body = render(alert(EVENTS[name]), {})

    golden(f"email/finding-{name}.txt", f"Subject: {subject}\n\n{body}")


def test_what_a_subscriber_reads_of_a_finding_that_is_over(golden):
    store, _ = relay(analyzer())
    deliver(store, NOW)
    relay(analyzer(status="RESOLVED", updatedAt="2026-11-21T08:00:00Z"), store=store, now=NOW + 86400)
    subject, body = render(alert_of(only_group(store)), {}, searchable=False)

    golden("email/finding-resolved.txt", f"Subject: {subject}\n\n{body}")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            guardduty(
                type="Policy:S3/BucketPublicAccessGranted",
                resource={"s3BucketDetails": [{"name": "hr-data"}], "accessKeyDetails": None},
                service={"count": 2},
            ),
            "[CRITICAL] payroll: GuardDuty: Policy:S3/BucketPublicAccessGranted on hr-data (2 times)",
        ),
        (
            sequence(type="AttackSequence:IAM/CompromisedCredentials", service={"detection": None}),
            "[CRITICAL] account 111122223333: GuardDuty: AttackSequence:IAM/CompromisedCredentials",
        ),
        (
            guardduty(service={"count": 1, "action": {"awsApiCallAction": {"errorCode": "AccessDenied"}}}),
            "[HIGH] payroll: GuardDuty: Exfiltration:S3/AnomalousBehavior on hr-data by user/alice (denied)",
        ),
        (analyzer(isPublic=True), "[CRITICAL] payroll: IAM Access Analyzer: public access on hr-data"),
    ],
    ids=["a bucket", "no bucket", "a key without room", "a public bucket"],
)
def test_a_title_says_what_was_found_where_and_by_whom(event, words):
    assert title(alert(event), 99) == words


def test_what_is_over_leaves_nothing_to_do():
    found = alert(EVENTS["guardduty"]).evidence.finding
    over = make_alert(make_evidence(finding=Finding(**{**as_members(found), "state": "archived"})))

    assert steps(over, {}) == ["Nothing: GuardDuty says that it is archived; look whether that was you."]


def as_members(found):
    return {name: getattr(found, name) for name in found.__struct_fields__}


def test_a_finding_names_no_detection_and_no_expectation():
    labels = [row.label for row in rows(alert(EVENTS["guardduty"]), {})]

    assert labels == ["Found", "That is", "Who", "What", "Objects", "When", "Where", "Owner"]


def test_a_denied_call_says_so():
    event = guardduty(service={"action": {"awsApiCallAction": {"errorCode": "AccessDenied"}}})

    assert Row("What", ("GetObject, denied (AccessDenied)",)) in rows(alert(event), {})


@given(wild(Finding))
def test_whatever_was_found_the_message_is_readable(found):
    subject, body = render(make_alert(make_evidence(finding=found)), {})

    assert len(subject) < 100
    assert max(map(columns, body.split("\n"))) <= 78
    assert "https://" not in body
