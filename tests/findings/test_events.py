from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import RecordError
from s3watch.findings.events import read
from s3watch.findings.finding import Finding, Ignored

from tests.support.sample_findings import EVENTS, as_bytes, damaged, make_event


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("guardduty", "GuardDuty"), ("sequence", "GuardDuty"), ("scan", "GuardDuty"),
        ("unscanned", "GuardDuty"),
        ("macie", "Macie"), ("policy", "Macie"), ("advisor", "Trusted Advisor"),
        ("analyzer", "IAM Access Analyzer"), ("internal", "IAM Access Analyzer"),
    ],
    ids=lambda value: value,
)  # fmt: skip
def test_an_event_is_parsed_by_the_reader_of_its_service(name, service):
    assert read(as_bytes(EVENTS[name])).service == service


@pytest.mark.parametrize(
    ("source", "detail_type"),
    [
        ("aws.securityhub", "Security Hub Findings - Imported"), ("aws.s3", "Object Created"),
        ("aws.guardduty", "GuardDuty Malware Protection Resource Status Active"),
        ("aws.access-analyzer", "Unused Access Finding for IAM entities"),
        ("custom.app", "GuardDuty Finding"),
    ],
    ids=lambda value: value,
)  # fmt: skip
def test_other_events_are_ignored(source, detail_type):
    assert read(as_bytes(make_event(source, detail_type, {}))) == Ignored("unrelated event")


@pytest.mark.parametrize(
    "event",
    [
        b"{", b"[]", b"null", b"\xff", as_bytes({"detail": {}}),
        as_bytes(make_event("aws.macie", "Macie Finding", [])), b"[" * 5000,
    ],
    ids=["half", "list", "null", "no text", "no source", "a list for the detail", "too deep"],
)  # fmt: skip
def test_something_other_than_an_event_is_an_error(event):
    with pytest.raises(RecordError):
        read(event)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@given(data=st.data())
def test_no_content_of_an_event_raises_anything_but_a_record_error(event, data):
    odd = data.draw(damaged(event))
    try:
        assert isinstance(read(as_bytes(odd)), Finding | Ignored)
    except RecordError as error:
        assert str(error)  # noqa: PT017  # an error is a fair answer, if it says why


FOLDER = os.environ.get("S3WATCH_CORPUS", "")
FILES = sorted(Path(FOLDER).rglob("findings/[!c]*.json")) if FOLDER else []  # no configitem
ENVELOPES = {
    "guardduty.raw": ("aws.guardduty", "GuardDuty Finding"), "macie.raw": ("aws.macie", "Macie Finding"),
}  # fmt: skip
SEVERITIES = {"1": "low", "2": "medium", "3": "high"}
RELAYED = re.compile(r":S3/|^AttackSequence:|^(?!Policy:|Stealth:).*:IAMUser/")


def recorded(path: Path):
    """Return a recorded event; a finding recorded without its envelope is put into one."""
    document = json.loads(path.read_text(encoding="utf-8"))
    kind = path.name.partition("__")[0]
    return make_event(*ENVELOPES[kind], document) if kind in ENVELOPES else document


def member(detail, *names):
    """Return a member of a finding, spelled as in events or as in the API."""
    for name in names:
        detail = detail.get(name, detail.get(name[:1].upper() + name[1:])) or {}
    return detail


@pytest.mark.skipif(not FOLDER, reason="S3WATCH_CORPUS names no folder of recorded events")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_recorded_finding_is_parsed(path):
    event = recorded(path)
    found, detail = read(as_bytes(event)), event["detail"]
    name = member(detail, "type") or ""

    if event["source"] == "aws.guardduty" and RELAYED.search(name):
        buckets = [member(bucket, "name") for bucket in member(detail, "resource", "s3BucketDetails") or ()]
        assert (found.type, found.id, found.title) == (name, member(detail, "id"), member(detail, "title"))
        assert [target.bucket for target in found.targets] == buckets
        assert found.sample == (
            '"sample":true' in json.dumps(detail).lower().replace(" ", "").replace("\\", "")
        )
    elif event["source"] == "aws.macie":
        place = detail["resourcesAffected"]
        assert (found.type, found.id, found.sample) == (name, detail["id"], False)
        assert [(target.bucket, target.key) for target in found.targets] == [
            (place["s3Bucket"]["name"], place["s3Object"]["key"])
        ]
        assert found.severity == SEVERITIES[str(detail["severity"]["score"])]
    else:
        assert isinstance(found, Ignored)
