"""Findings of other services, from the bus to the e-mail, through the deployed application."""

from __future__ import annotations

import pytest

from tests.support.local_aws import eventually
from tests.support.sample_findings import advisor, analyzer, guardduty, macie, scan, sequence

pytestmark = pytest.mark.local_aws

SUBJECTS = {
    "GuardDuty": (guardduty(), "[HIGH] payroll: GuardDuty: Exfiltration:S3/AnomalousBehavior on hr-data"),
    "an attack": (sequence(), "[CRITICAL] payroll: GuardDuty: AttackSequence:S3/CompromisedData on hr-data"),
    "malware": (scan(), "[HIGH] payroll: GuardDuty: Malware:S3/ThreatsFound on payroll/inbox/invoice.exe"),
    "Macie": (macie(), "[HIGH] payroll: Macie: SensitiveData:S3Object/Multiple on payroll/2026/q3.csv"),
    "Trusted Advisor": (
        advisor(),
        "[HIGH] payroll: Trusted Advisor: Amazon S3 Bucket Permissions on hr-data",
    ),
    "Access Analyzer": (
        analyzer(isPublic=True),
        "[HIGH] payroll: IAM Access Analyzer: public access on hr-data",
    ),
}


def send(deployed, event, **changes):
    """Have an AWS service put a finding on the bus."""
    deployed.cloud.service_event(event["source"], event["detail-type"], event["detail"] | changes)


@pytest.mark.parametrize("name", SUBJECTS, ids=str)
def test_a_finding_reaches_the_subscriber(deployed, name):
    event, subject = SUBJECTS[name]
    send(deployed, event)

    assert eventually(lambda: deployed.mails(subject), within=60)


def test_a_finding_sent_again_is_told_once_and_its_end_at_once(deployed):
    event, words = analyzer(id="again"), ("IAM Access Analyzer: external access",)
    for _ in range(3):
        send(deployed, event)
    eventually(lambda: deployed.mails(*words), within=60)
    send(deployed, event, status="RESOLVED", updatedAt="2026-11-21T08:00:00Z")
    eventually(lambda: deployed.mails(*words, "(resolved)"), within=60)

    assert len(deployed.mails(*words)) == 2


def test_what_is_no_finding_waits_among_the_dead_letters(deployed):
    send(deployed, macie(id=None))
    queue, sqs = deployed.outputs["FindingDeadLetterQueue"], deployed.cloud.client("sqs")
    kept = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), within=60)

    assert '"Macie Finding"' in kept[0]["Body"]
