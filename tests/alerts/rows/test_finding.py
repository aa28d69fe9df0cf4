from __future__ import annotations

import pytest
from hypothesis import given
from msgspec import structs
from s3watch.alerts.email.message import render
from s3watch.alerts.headline import headline, title
from s3watch.alerts.rows.alert import Row, rows
from s3watch.alerts.rows.steps import steps
from s3watch.findings.finding import Finding

from tests.pipelines.test_relay_finding import NOW, deliver, relay
from tests.support.hits import newest_alert
from tests.support.sample_alerts import LINK, make_alert, make_evidence, wild
from tests.support.sample_findings import advisor, analyzer, guardduty, macie, macie_policy, scan, sequence

EVENTS = {
    "guardduty": guardduty(), "macie": macie(), "macie-policy": macie_policy(), "trusted-advisor": advisor(),
    "access-analyzer": analyzer(), "malware": scan(), "attack-sequence": sequence(),
}  # fmt: skip


def alert(*events):
    """Return the message that is pending after these events."""
    return newest_alert(relay(*events)[0])


@pytest.mark.parametrize("name", EVENTS, ids=str)
def test_a_finding_as_a_subscriber_reads_it(name, golden_text):
    subject, body = render(alert(EVENTS[name]), {})
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text(f"email/finding-{name}.txt", text)


def test_a_closed_finding_as_a_subscriber_reads_it(golden_text):
    store, _ = relay(analyzer())
    deliver(store, NOW)
    relay(analyzer(status="RESOLVED", updatedAt="2026-11-21T08:00:00Z"), store=store, now=NOW + 86400)
    subject, body = render(newest_alert(store), {}, searchable=False)
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text("email/finding-resolved.txt", text)


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


def test_a_closed_finding_leaves_nothing_to_do():
    found = alert(EVENTS["guardduty"]).evidence.finding
    closed = make_alert(make_evidence(finding=Finding(**{**as_members(found), "state": "archived"})))

    assert steps(closed, {}) == ["Nothing: GuardDuty reports it as archived; check that this was intended."]


def as_members(found):
    return {name: getattr(found, name) for name in found.__struct_fields__}


def test_a_finding_has_no_rows_on_detections_and_expected_principals():
    labels = [row.label for row in rows(alert(EVENTS["guardduty"]), {})]

    assert labels == [
        "Found", "About", "Who", "Access key", "What", "Objects", "When", "From", "How much", "New", "Owner"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "remark", "line"),
    [
        ("reopened", "reopened", "reopened by GuardDuty"),
        ("worse", "more severe", "more severe than before: CRITICAL"),
        ("rollup", "", "reported again by the service"),
    ],
    ids=str,
)
def test_a_later_message_about_a_finding_says_what_has_changed(kind, remark, line):
    found = structs.replace(alert(EVENTS["attack-sequence"]), kind=kind)

    assert headline(found, 300).endswith(f"({remark})" if remark else "")
    assert Row("Now", (line,)) in rows(found, {})


def test_a_denied_call_is_shown_as_denied():
    event = guardduty(service={"action": {"awsApiCallAction": {"errorCode": "AccessDenied"}}})

    assert Row("What", ("GetObject, denied (AccessDenied)",)) in rows(alert(event), {})


@given(wild(Finding, link=LINK))
def test_every_possible_finding_gives_a_readable_message(found):
    subject, body = render(make_alert(make_evidence(finding=found)), {})

    assert len(subject) < 100
    assert max(len(line.encode()) for line in body.split("\n")) <= 998
    assert body.count("https://") == body.count(f"\nFinding in the console: {LINK}\n") == 1


def test_the_account_of_a_caller_has_the_name_of_the_catalogue():
    found = alert(guardduty())
    evidence = structs.replace(found.evidence, account_names=(("111122223333", "hr-prod"),))
    (who,) = [row.lines for row in rows(structs.replace(found, evidence=evidence), {}) if row.label == "Who"]

    assert who == ("user/alice, account 111122223333 (hr-prod)",)
