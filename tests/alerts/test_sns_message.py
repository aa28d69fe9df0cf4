from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from s3watch.alerts.alert import News
from s3watch.alerts.sns_message import (
    LARGEST,
    Publication,
    chat_digest_publication,
    chat_publication,
    digest_publication,
    machine_publication,
    publication,
)
from s3watch.ledger.evidence import evidence_of
from s3watch.text import count

from tests.support.bucket_states import allow
from tests.support.cloudtrail import OWNER, make_record
from tests.support.linkifiers import links
from tests.support.sample_alerts import (
    DETECTIONS,
    STORIES,
    make_alert,
    make_evidence,
    wild_alerts,
    wild_detections,
)
from tests.support.sensitive import first_access

PROTOCOLS = {"default", "email", "sms"}


def is_taken_by_sns(sent: Publication) -> bool:
    """Check the limits of SNS: size, at most ten attributes, none of them empty."""
    texts = [attribute["StringValue"] for attribute in sent.attributes.values()]
    return sent.size <= LARGEST and len(texts) <= 10 and all(texts)


def filled(text: str, **changes: object):
    """Return an alert in which every text is the given one, long or hostile."""
    evidence = make_evidence()
    texts = {name: text for name in evidence.__struct_fields__ if isinstance(getattr(evidence, name), str)}
    alert = make_alert(structs.replace(evidence, **texts))
    texts = {name: text for name in alert.__struct_fields__ if isinstance(getattr(alert, name), str)}
    return structs.replace(alert, **texts | {"level": "high", "kind": "first"} | changes)


def test_mail_and_phones_get_their_own_texts():
    sent = publication(STORIES["presigned"], DETECTIONS)
    texts = json.loads(sent.message)

    assert sent.structured
    assert set(texts) == PROTOCOLS
    assert texts["default"] == texts["email"]
    assert texts["sms"].startswith("s3watch HIGH")


def test_machines_get_the_finding_itself_with_the_attributes_of_the_mail():
    sent = machine_publication(STORIES["presigned"], DETECTIONS)

    assert (sent.subject, sent.structured) == ("", False)
    assert json.loads(sent.message)["class_uid"] == 2004
    assert sent.attributes == publication(STORIES["presigned"], DETECTIONS).attributes


def test_subscribers_can_filter_by_attributes():
    assert publication(STORIES["first"], DETECTIONS).attributes == {
        "severity_id": {"DataType": "Number", "StringValue": "4"},
        "severity": {"DataType": "String", "StringValue": "high"},
        "rule": {"DataType": "String", "StringValue": "unexpected-read"},
        "bucket": {"DataType": "String", "StringValue": "hr-data"},
        "label": {"DataType": "String", "StringValue": "payroll"},
        "account": {"DataType": "String", "StringValue": "111122223333"},
        "kind": {"DataType": "String", "StringValue": "first"},
    }


def test_an_attribute_without_a_value_is_left_out():
    assert list(publication(STORIES["trail-stopped"], DETECTIONS).attributes) == [
        "severity_id", "severity", "rule", "account", "kind",
    ]  # fmt: skip


def test_a_digest_passes_every_filter_that_one_of_its_alerts_would():
    sent = digest_publication([STORIES["first"], STORIES["public-policy"]], DETECTIONS)

    assert sent.attributes == {
        "severity_id": {"DataType": "Number", "StringValue": "5"},
        "severity": {"DataType": "String", "StringValue": "critical"},
        "kind": {"DataType": "String", "StringValue": "digest"},
        "rule": {"DataType": "String.Array", "StringValue": '["unexpected-read","public-bucket"]'},
        "bucket": {"DataType": "String.Array", "StringValue": '["hr-data"]'},
        "label": {"DataType": "String.Array", "StringValue": '["payroll"]'},
        "account": {"DataType": "String.Array", "StringValue": '["111122223333"]'},
    }


@pytest.mark.parametrize("send", [chat_publication, None], ids=["alert", "digest"])
def test_the_chat_topic_gets_the_notification_itself(send):
    alert = STORIES["first"]
    sent = send(alert, DETECTIONS) if send else chat_digest_publication([alert], DETECTIONS)

    assert not sent.structured
    assert json.loads(sent.message)["source"] == "custom"


@given(wild_alerts(), wild_detections())
def test_every_possible_message_is_within_the_limits_of_sns(alert, detections):
    sent = publication(alert, detections)

    assert is_taken_by_sns(sent)
    assert set(json.loads(sent.message)) == PROTOCOLS
    assert is_taken_by_sns(chat_publication(alert, detections))
    assert is_taken_by_sns(machine_publication(alert, detections))


@pytest.mark.parametrize("text", ["k", "\x01", '"', "漢", "\U0001f600", "\ud800"], ids=ascii)
def test_texts_of_any_length_are_cut_to_the_limits_of_sns(text):
    keys = (text * 100_000,) * 1000
    news = News(acts=(("read", 1),) * 1000, rules=keys, labels=keys)
    alert = filled(text * 100_000, keys=keys, rules=keys, ips=keys, labels=keys, news=news)
    sent = publication(alert, DETECTIONS)

    assert is_taken_by_sns(sent)
    assert set(json.loads(sent.message)) == PROTOCOLS
    assert is_taken_by_sns(machine_publication(alert, DETECTIONS))


def test_a_caller_who_chooses_long_keys_takes_no_search_and_no_name_from_a_message():
    keys = tuple(f"{number}{'"' * 1020}" for number in range(10))
    evidence = make_evidence(event_name="DeleteObjects", operation="delete", act="delete", key=keys[0])
    alert = make_alert(evidence, keys=keys, distinct_keys=10, count=10, rules=("one", "two", "three"))

    mail = body_of(publication(alert, DETECTIONS))

    assert "If this is expected: an entry with all the names would be too long for a message." in mail
    assert "- rule:" not in mail
    assert "What else this actor did" in mail


def opened_to(principal: Any, *named: str) -> Publication:
    """The mail about a policy for a principal, and for accounts that only a condition names."""
    policy = [allow(principal)]
    if named:
        policy.append(allow(Condition={"StringEquals": {"aws:PrincipalAccount": list(named)}}))
    request = {"bucketName": "hr-data", "bucketPolicy": {"Statement": policy}}
    record = make_record(eventName="PutBucketPolicy", key=None, requestParameters=request)
    return publication(make_alert(evidence_of(first_access(record))), DETECTIONS)


def body_of(sent: Publication) -> str:
    return " ".join(json.loads(sent.message)["email"].split())


@pytest.mark.parametrize("number", [21, 50, 301, 399], ids=str)
def test_a_message_counts_all_grantees_however_few_are_kept(number):
    sent = opened_to({"AWS": [f"{account:012}" for account in range(number)]})

    assert f"to {number} others" in sent.subject
    assert f"account {19:012}, and {count(number - 20, 'other')}" in body_of(sent)


@pytest.mark.parametrize("number", [25, 49, 60, 399], ids=str)
def test_no_made_up_accounts_in_conditions_hide_a_principal(number):
    sent = opened_to({"AWS": "999988887777"}, *(f"{account:012}" for account in range(number)))

    assert f"Opens: - to account 999988887777, and {number} others - to read" in body_of(sent)


def test_of_many_that_may_be_made_up_none_is_named():
    sent = opened_to({"AWS": OWNER}, *(f"{account:012}" for account in range(25)))

    assert "Opens: - to 25 others, too many to name here - to read" in body_of(sent)


def test_the_longest_possible_key_is_not_cut():
    alert = make_alert(make_evidence(key="é" * 512), keys=("é" * 512,) * 2)
    finding = json.loads(machine_publication(alert, DETECTIONS).message)

    assert finding["resources"][0]["name"] == "é" * 512


# What AWS or the rules' authors wrote stays whole: an address, a service, the console's host, the owner
TRUSTED = re.compile(
    r"203\.0\.113\.7|s3\.amazonaws\.com|https://[a-z0-9-]+\.console\.aws\.amazon\.com/[\w./?&=#%~-]*|you@example\.com",
    re.ASCII,
)


def linked(*sent: Publication) -> list[str]:
    """What of all that people read would become a link."""
    texts = [each.subject for each in sent]
    for each in sent:
        message = json.loads(each.message)
        shown = message.get("content", message)
        texts += [line for text in shown.values() for line in (text if isinstance(text, list) else [text])]
    return [link for text in texts for link in links(TRUSTED.sub("", text))]


@given(wild_alerts(), wild_detections())
def test_no_message_makes_a_link_of_a_callers_text(alert, detections):
    caller = {"ip": "203.0.113.7", "actor_verified": False}
    behind = alert.evidence.assumed and structs.replace(
        alert.evidence.assumed,
        by=tuple(structs.replace(each, **caller) for each in alert.evidence.assumed.by),
    )
    known = {"event_source": "s3.amazonaws.com", "assumed": behind, **caller}
    found = alert.evidence.finding and structs.replace(
        alert.evidence.finding, ip="203.0.113.7", actor_verified=False
    )
    evidence = structs.replace(alert.evidence, finding=found, **known)
    alert = structs.replace(alert, evidence=evidence, ips=("203.0.113.7",), owner="you@example.com")

    assert linked(publication(alert, detections), chat_publication(alert, detections)) == []
    assert linked(digest_publication([alert], detections), chat_digest_publication([alert], detections)) == []


@given(st.lists(wild_alerts(), min_size=1, max_size=5))
def test_every_possible_digest_is_within_the_limits_of_sns(alerts):
    assert is_taken_by_sns(digest_publication(alerts, DETECTIONS))
    assert is_taken_by_sns(chat_digest_publication(alerts, DETECTIONS))


@pytest.mark.parametrize("text", ["k", "\x01", "\U0001f600"], ids=ascii)
def test_a_large_digest_is_cut_to_the_limits_of_sns(text):
    alerts = [filled(text * 5000, principal=f"{number}{text * 5000}") for number in range(400)]

    assert is_taken_by_sns(digest_publication(alerts, DETECTIONS))
    assert is_taken_by_sns(chat_digest_publication(alerts, DETECTIONS))


def test_the_alert_of_many_groups_can_be_filtered_by_each_label_and_by_its_bucket():
    alert = make_alert(is_overflow=True, label="", bucket="", labels=("payroll", "contracts"))
    attributes = publication(alert, DETECTIONS).attributes

    assert {name: json.loads(attributes[name]["StringValue"]) for name in ("label", "bucket")} == {
        "label": ["payroll", "contracts"],
        "bucket": [alert.evidence.bucket],
    }


def test_a_digest_of_many_labels_can_be_filtered_by_each():
    alerts = [make_alert(id=f"alert-{number}", label=f"label-{number}") for number in range(300)]
    sent = digest_publication(alerts, DETECTIONS)

    assert len(json.loads(sent.attributes["label"]["StringValue"])) == 300
    assert is_taken_by_sns(sent)
