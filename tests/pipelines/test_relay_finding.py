from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import UnavailableError
from s3watch.findings.events import read
from s3watch.ledger.groups import Group
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS
from s3watch.pipelines.notify import Delivery
from s3watch.pipelines.relay_finding import Relay
from s3watch.ruleset import Expected, Label, Patterns, Ruleset

from tests.support.odd_json import JSON
from tests.support.sample_findings import (
    EVENTS,
    advisor,
    analyzer,
    as_bytes,
    credentials,
    damaged,
    guardduty,
    macie,
    make_event,
    scan,
    sequence,
)

NOW = 1795162860.0  # a minute after the samples' time
RULESET = Ruleset(
    buckets=("hr-data", "board"),
    labels=(
        Label("payroll", "critical", "hr-security@example.com", (Expected(("role/payroll-*",)),)),
        Label("archive", "low"),
        Label("minutes", "medium", "", (Expected(("role/payroll-app", "user/clerk")),)),
    ),
    patterns=(
        Patterns("hr-data", prefixes=(("payroll/", 0), ("payroll/inbox/", 1))),
        Patterns("board", prefixes=(("", 2),)),
    ),
)


def relay(*events, store=None, now=NOW, **options):
    """Relay events one after the other; returns the store and the result of the last batch."""
    store = MemoryStore() if store is None else store
    relay = Relay(RULESET, Ledger(store), **options)
    outcome = relay.run([(f"m{number}", as_bytes(event)) for number, event in enumerate(events)], now)
    return store, outcome


def only_group(store):
    (group,) = store.groups.values()
    return group


def deliver(store, now):
    """Write due roll-ups, then send all mails one by one; returns the kind of every message."""
    sent = []
    Ledger(store).roll_up_due(now)

    def publish(publication):
        sent.append(publication.attributes["kind"]["StringValue"])

    delivery = Delivery(store, dict.fromkeys(TOPICS, publish), {})
    delivery.deliver(store.due_messages("machines", now + 1e9), lambda: now)
    return sent


def test_a_finding_on_which_the_reader_itself_fails_is_rejected_alone(monkeypatch):
    def fail_on_macie(event):
        if b"aws.macie" in event:
            raise TypeError("odd")
        return read(event)

    monkeypatch.setattr("s3watch.pipelines.relay_finding.read", fail_on_macie)
    store, outcome = relay(macie(), guardduty())

    assert (outcome.unreadable, outcome.balanced, len(store.groups)) == ({"m0": "TypeError: odd"}, True, 1)


def test_a_finding_becomes_a_group_with_the_catalogues_label_and_owner():
    group = only_group(relay(guardduty())[0])

    assert (group.label, group.owner, group.bucket, group.actor, group.rules, group.keys) == (
        "payroll", "hr-security@example.com", "hr-data", "user/alice", ("guardduty-finding",),
        ("payroll/2026/q3.csv",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (guardduty(), "critical"),
        (guardduty(service={"action": {"awsApiCallAction": {"errorCode": "AccessDenied"}}}), "high"),
        (macie(severity={"score": 1}), "low"),
        (advisor(**{"check-name": "Amazon S3 Bucket Logging"}), "medium"),
        (guardduty(resource={"s3BucketDetails": [{"name": "board"}]}), "high"),
        (guardduty(severity=2, resource={"s3BucketDetails": [{"name": "board"}]}), "medium"),
        (guardduty(resource={"s3BucketDetails": [{"name": "elsewhere"}]}), "high"),
    ],
    ids=["raised", "denied", "sensitive data", "not opened", "more severe", "raised to medium", "unlabelled"],
)  # fmt: skip
def test_a_label_raises_the_severity_of_what_succeeded(event, level):
    assert only_group(relay(event)[0]).level == level


def test_of_several_buckets_the_one_with_the_most_severe_label_is_named():
    buckets = [{"name": "elsewhere"}, {"name": "board"}, {"name": "hr-data"}]
    group = only_group(relay(guardduty(resource={"s3BucketDetails": buckets}))[0])

    assert (group.label, group.bucket) == ("payroll", "hr-data")


def test_a_finding_without_a_bucket_is_about_the_account():
    event = sequence(type="AttackSequence:IAM/CompromisedCredentials", service={"detection": None})
    group = only_group(relay(event, elsewhere=False)[0])

    assert (group.bucket, group.label, group.level) == ("", "", "critical")


def test_credentials_have_the_most_severe_label_that_they_reach_and_their_own_severity():
    group = only_group(relay(credentials(severity=5), elsewhere=False)[0])

    assert (group.label, group.owner, group.level, group.bucket) == (
        "payroll", "hr-security@example.com", "medium", ""
    )  # fmt: skip


def test_credentials_that_nobody_expects_are_not_reported():
    store, outcome = relay(credentials("web"))

    assert (store.groups, outcome.ignored) == ({}, {"credentials that nobody expects": 1})


@pytest.mark.parametrize(
    "event",
    [
        credentials(resource={"accessKeyDetails": {"userType": "Root", "userName": "Root"}}),
        credentials("web", resource={"s3BucketDetails": [{"name": "hr-data"}]}),
    ],
    ids=["of the root user", "used on a watched bucket"],
)
def test_of_other_credentials_those_are_reported_that_reach_or_reached_a_watched_bucket(event):
    assert relay(event)[1].relayed == 1


def test_a_copy_of_a_finding_is_reported_once():
    store, _ = relay(guardduty(), guardduty())
    _, outcome = relay(guardduty(), store=store)

    assert (only_group(store).count, outcome.known, outcome.relayed) == (1, 1, 0)


def test_an_update_with_a_higher_count_joins_its_group():
    update = guardduty(updatedAt="2026-11-20T14:19:30Z", service={"count": 9})
    store, outcome = relay(guardduty(), update)

    group = only_group(store)
    assert (outcome.relayed, group.count, group.evidence.finding.count, group.sequence) == (2, 2, 9, 1)


def test_an_update_without_anything_new_is_known():
    store, outcome = relay(guardduty(), guardduty(updatedAt="2026-11-20T14:19:30Z"))

    assert (outcome.known, only_group(store).count) == (1, 1)


def test_an_update_that_arrives_before_the_first_event_is_kept():
    late = guardduty(updatedAt="2026-11-20T14:19:30Z", service={"count": 9})
    store, outcome = relay(late, guardduty())

    assert (outcome.known, only_group(store).evidence.finding.count) == (1, 9)


def test_a_rise_in_severity_is_reported_immediately():
    calm = {"resource": {"s3BucketDetails": [{"name": "elsewhere"}]}}
    store, _ = relay(guardduty(severity=5, **calm))
    first = deliver(store, NOW)
    relay(guardduty(severity=8, updatedAt="2026-11-20T08:29:30Z", **calm), store=store)

    assert (first, deliver(store, NOW + 60)) == (["first"], ["worse"])


def test_the_closing_and_reopening_of_a_finding_are_reported_immediately():
    store, _ = relay(analyzer())
    sent = deliver(store, NOW)
    relay(analyzer(status="RESOLVED", updatedAt="2026-11-21T08:00:00Z"), store=store)
    sent += deliver(store, NOW + 86400)
    relay(analyzer(updatedAt="2026-11-22T08:00:00Z"), store=store)
    sent += deliver(store, NOW + 2 * 86400)

    assert sent == ["first", "closed", "reopened"]


def test_updates_become_a_roll_up_that_does_not_close_an_active_finding():
    store, _ = relay(guardduty())
    sent = deliver(store, NOW)
    update = guardduty(updatedAt="2026-11-21T08:19:30Z", service={"count": 9})
    relay(update, store=store, now=NOW + 86400)
    sent += deliver(store, NOW + 86400 + 3600)

    assert sent == ["first", "rollup"]


@pytest.mark.parametrize(
    "event",
    [analyzer(status="RESOLVED"), guardduty(service={"archived": True}), advisor(status="OK")],
    ids=["resolved", "archived", "fine"],
)
def test_a_finding_that_is_closed_before_it_was_reported_is_ignored(event):
    store, outcome = relay(event)

    assert (dict(outcome.ignored), store.groups) == ({"closed before it was reported": 1}, {})


def test_a_check_that_is_refreshed_repeatedly_is_reported_once_until_it_changes():
    days = [f"2026-11-{day}T08:20:00Z" for day in (20, 21, 22)]
    store, outcome = relay(*(advisor(time=day) for day in days))
    resolved = relay(advisor(time="2026-11-23T08:20:00Z", status="OK"), store=store)[1]
    again = relay(advisor(time="2026-11-24T08:20:00Z"), store=store)[1]

    assert (outcome.relayed, outcome.known, resolved.relayed, again.relayed) == (1, 2, 1, 1)


def test_a_scan_and_a_finding_about_the_same_object_are_one_alert():
    object_ = {"key": "payroll/inbox/invoice.exe", "eTag": "e", "versionId": "v7"}
    buckets = [{"name": "hr-data", "s3ObjectDetails": [object_]}]
    theirs = guardduty(
        type="Object:S3/MaliciousFile", resource={"s3BucketDetails": buckets}, service={"count": 1}
    )
    store, outcome = relay(scan(time="2026-11-20T08:19:00Z"), theirs)

    assert (outcome.relayed, outcome.known, only_group(store).level) == (1, 1, "critical")


def test_failed_scans_are_added_up():
    events = [scan("ACCESS_DENIED", f"payroll/{number}", id=f"e{number}") for number in range(30)]
    store, _ = relay(*events)

    assert (only_group(store).count, only_group(store).distinct_keys) == (30, 30)


@pytest.mark.parametrize(
    "event",
    [guardduty(service={"additionalInfo": {"sample": True}}), macie(sample=True)],
    ids=["GuardDuty", "Macie"],
)
def test_sample_findings_are_not_reported(event):
    assert dict(relay(event)[1].ignored) == {"sample": 1}


@pytest.mark.parametrize(
    ("elsewhere", "relayed"), [(True, 1), (False, 0)], ids=["asked for", "not asked for"]
)
def test_findings_about_other_buckets_are_reported_if_asked_for(elsewhere, relayed):
    event = guardduty(resource={"s3BucketDetails": [{"name": "elsewhere"}]})

    assert relay(event, elsewhere=elsewhere)[1].relayed == relayed


def test_a_bad_message_does_not_stop_the_others():
    _, outcome = relay(guardduty(id=None, arn=None), macie())

    assert (outcome.unreadable, outcome.relayed) == ({"m0": "a finding without an id"}, 1)


def test_while_the_ledger_is_unavailable_messages_are_retried():
    class Away(MemoryStore):
        def group(self, identity):
            raise UnavailableError("DynamoDB: away")

    _, outcome = relay(macie(sample=True), guardduty(), macie(), store=Away())

    assert (outcome.unrecorded, outcome.balanced) == ({"m1", "m2"}, True)


def test_a_finding_without_any_time_is_reported_with_the_current_one():
    event = guardduty(createdAt=None, updatedAt=None, service={"eventFirstSeen": None, "eventLastSeen": 5})
    group = only_group(relay(event | {"time": None})[0])

    assert (group.first, group.evidence.time, group.late) == (NOW, NOW, 0)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
@given(data=st.data())
def test_every_possible_finding_can_be_stored_and_reported(event, data):
    store, outcome = relay(data.draw(damaged(event)))
    kept = [msgspec.json.decode(msgspec.json.encode(group), type=Group) for group in store.groups.values()]

    assert outcome.balanced
    assert kept == list(store.groups.values())
    assert all(len(msgspec.json.encode(group)) < 200_000 for group in kept)
    assert deliver(store, NOW) == ["first"] * len(kept)


@given(
    st.lists(
        JSON | st.builds(lambda detail: make_event("aws.macie", "Macie Finding", detail), JSON), max_size=5
    )
)
def test_every_event_is_accounted_for(events):
    _, outcome = relay(*events)

    assert outcome.balanced
    assert outcome.received == len(events)
