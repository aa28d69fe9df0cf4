"""The sample events: they have the documented shapes, are fictitious, and do what events/README.md says."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import UTC, date
from functools import cache
from typing import Any

import pytest
from s3watch.detection.matcher import Hit, Matcher
from s3watch.errors import RecordError
from s3watch.sources.cloudtrail import decode, unwrap_event
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import CATALOGUE, ROOT, RULES

# The others are tested in test_relay_finding.py and test_review_bucket.py.
FILES = {
    path.stem: path
    for path in sorted((ROOT / "events").glob("*.json"))
    if not path.stem.startswith(("finding-", "review-"))
}
ENVELOPE = {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}
# The members of a record that are not optional:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
ALWAYS = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "requestParameters", "responseElements", "eventID", "eventType", "eventCategory",
}  # fmt: skip
ACCOUNTS = {"111122223333", "444455556666"}
DOCUMENTATION = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


def bodies(name: str) -> list[str]:
    """Return the EventBridge events in a file."""
    text = FILES[name].read_text(encoding="utf-8")
    document = json.loads(text)
    return [message["body"] for message in document["Records"]] if "Records" in document else [text]


def envelopes() -> dict[str, dict[str, Any]]:
    """Return every readable event, by file name and position."""
    found = {}
    for name in FILES:
        for place, body in enumerate(bodies(name)):
            if (name, place) != ("sqs-batch", 2):  # cut off on purpose
                found[f"{name}-{place}"] = json.loads(body)
    return found


ENVELOPES = envelopes()


def documented() -> dict[str, str]:
    """Return the first table of events/README.md: the detections that each event triggers."""
    text = (ROOT / "events/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][a-z0-9-]+) \| .* \| (.*) \|$", text, re.MULTILINE)
    return {
        event: detections
        for event, detections in rows
        if event != "event" and not event.startswith("finding-")
    }


@cache
def matcher() -> Matcher:
    """Compile the shipped rules with the example catalogue."""
    compiled = compile_folder(RULES, date(2026, 11, 20), Diagnostics(), catalogue=CATALOGUE)
    return Matcher(compiled.ruleset, UTC)


def detections(body: str) -> list[str]:
    """Return the rules that tell of an event; none for an event that cannot be read."""
    try:
        raw = bytes(unwrap_event(body.encode()))
    except RecordError:
        return []
    hits = [hit for hit in matcher().match(decode(raw), raw) if isinstance(hit, Hit)]
    return [each.rule for hit in hits for each in hit.detections if not each.is_signal]


def test_the_readme_lists_every_event():
    assert documented().keys() == FILES.keys()


@pytest.mark.parametrize("name", FILES, ids=str)
def test_an_event_triggers_what_the_readme_says(name):
    found = {rule for body in bodies(name) for rule in detections(body)}

    said = documented()[name].partition(";")[0]

    assert found == (set() if said.startswith("none") else set(said.split(", ")))


@pytest.mark.parametrize("event", ENVELOPES.values(), ids=ENVELOPES)
def test_an_event_has_the_documented_shape(event):
    record = event["detail"]

    assert event.keys() == ENVELOPE
    assert record.keys() >= ALWAYS
    assert event["time"] == record["eventTime"]
    assert event["detail-type"].startswith(
        {"AwsApiCall": "AWS API", "AwsServiceEvent": "AWS Service"}[record["eventType"]]
    )


@pytest.mark.parametrize("event", ENVELOPES.values(), ids=ENVELOPES)
def test_an_event_is_fictitious(event):
    text = json.dumps(event)
    addresses = map(
        ipaddress.ip_address,
        re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", event["detail"]["sourceIPAddress"]),
    )

    assert set(re.findall(r"\b\d{12}\b", text)) <= ACCOUNTS
    assert all(any(address in network for network in DOCUMENTATION) for address in addresses)


def test_no_two_events_have_the_same_id():
    ids = [event["detail"]["eventID"] for event in ENVELOPES.values()]

    assert len(set(ids)) == len(ids)


def test_the_batch_has_the_shape_of_an_sqs_event():
    messages = json.loads(FILES["sqs-batch"].read_text(encoding="utf-8"))["Records"]

    members = {"messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody"}
    assert [set(message) - members for message in messages] == [
        {"eventSource", "eventSourceARN", "awsRegion"}
    ] * 4
