from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.fields import FACTS
from s3watch.sources.cloudtrail import decode
from s3watch.sources.s3_events import is_deletion, translate

from tests.support.access_log import make_deletion
from tests.support.cloudtrail import as_bytes, make_event, make_record

CORPUS = os.environ.get("S3WATCH_CORPUS", "")
FILES = sorted(Path(CORPUS).rglob("s3native.*.json")) if CORPUS else []


def access_of_event(event: dict[str, Any]) -> Access:
    raw = translate(as_bytes(event))
    (access,) = extract(decode(raw), raw)
    return access


def test_a_deletion_has_every_fact_that_the_event_carries():
    access = access_of_event(make_deletion())

    assert {name: value for name in FACTS if (value := access.field(name)) not in (None, (), False)} == {
        "s3.operation": "delete", "s3.scope": "object", "s3.outcome": "success", "s3.bucket": "hr-data",
        "s3.key": "payroll/2026/q3.csv", "s3.principal": "111122223333", "s3.accountable": "111122223333",
        "s3.principal_type": "account",
        "s3.actor": "111122223333", "s3.caller_account": "111122223333", "s3.bucket_account": "111122223333",
        "s3.network_kind": "ip", "s3.ip": "203.0.113.7", "s3.client": "unknown", "s3.hour": 8,
        "s3.weekday": "friday", "s3.feed": "s3-event",
    }  # fmt: skip


def test_it_is_the_same_access_as_cloudtrails_record_of_it():
    raw = as_bytes(make_record(eventName="DeleteObject"))

    assert access_of_event(make_deletion()).dedupe_key == extract(decode(raw), raw)[0].dedupe_key


@pytest.mark.parametrize(
    ("kind", "version"), [("Permanently Deleted", "v1"), ("Delete Marker Created", None)], ids=str
)
def test_the_version_is_the_one_that_the_request_named(kind: str, version: str | None):
    event = make_deletion(deletion_type=kind, object={"key": "payroll/2026/q3.csv", "version-id": "v1"})

    assert access_of_event(event).version == version


@pytest.mark.parametrize(
    ("detail", "principal"),
    [
        ({}, "111122223333"),
        ({"requester": "444455556666"}, "444455556666"),
        ({"requester": "s3.amazonaws.com"}, "service/s3.amazonaws.com"),
        ({"requester": None}, "unknown"),
    ],
    ids=["own account", "another account", "S3 itself", "nobody named"],
)
def test_the_caller_is_known_by_account_only(detail: dict[str, Any], principal: str):
    assert access_of_event(make_deletion(**detail)).principal == principal


@pytest.mark.parametrize(
    ("event", "deletion"),
    [
        (as_bytes(make_deletion()), True),
        (as_bytes(make_deletion() | {"detail-type": "Object Created"}), False),
        (make_event(make_record(key="Object Deleted")), False),
    ],
    ids=["deleted", "created", "CloudTrail's"],
)
def test_a_deletion_is_told_apart_from_other_events(event: bytes, deletion: bool):
    assert is_deletion(event) is deletion


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@given(
    st.dictionaries(st.sampled_from(["bucket", "object", "request-id", "requester", "reason"]), json_values)
)
def test_every_fact_can_be_read_from_any_event(detail: dict[str, Any]):
    access = access_of_event(make_deletion() | {"detail": detail})

    assert {name: access.field(name) for name in FACTS}


def test_a_version_that_is_a_number_does_not_hide_the_key():
    event = make_deletion(object={"key": "payroll/2026/q3.csv", "version-id": 7})
    access = access_of_event(event)

    assert (access.key, access.version) == ("payroll/2026/q3.csv", "7")


def test_what_is_not_json_is_refused():
    with pytest.raises(RecordError, match="not an S3 event"):
        translate(b'{"detail-type": "Object Deleted"')


@pytest.mark.skipif(not FILES, reason="S3WATCH_CORPUS names no folder of recorded events")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_recorded_event_is_a_deletion_with_its_facts_or_another_event(path: Path):
    content = path.read_bytes()
    event = json.loads(content)
    raw = translate(as_bytes(event))
    access = Access(decode(raw), raw, "s3-event")

    assert is_deletion(content) is (event["detail-type"] == "Object Deleted")
    assert (access.bucket, access.key) == (
        event["detail"]["bucket"]["name"],
        event["detail"]["object"]["key"],
    )
    assert all(access.field(name) is not None for name in ("s3.operation", "s3.scope", "s3.outcome"))
    assert bool(extract(decode(raw), raw)) is (event["detail"].get("reason") != "Lifecycle Expiration")
