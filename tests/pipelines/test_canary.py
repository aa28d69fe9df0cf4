"""A scheduled read of the canary, from its record to its topic; and what others do to its object."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.alerts.sns_message import Publication
from s3watch.canary import KEY, NAME, add_canary
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, roll_up
from s3watch.ledger.principals import canary_group
from s3watch.pipelines.notify import Delivery, Publish
from s3watch.ruleset import Condition, Detection

from tests.support.cloudtrail import make_record, make_role
from tests.support.detect_runs import run
from tests.support.sensitive import NOW, RULESET

BUCKET, ROLE = "s3watch-canary-0a1b2c", "s3watch-ReadCanaryRole-3D4E"
RULES = add_canary(RULESET, BUCKET, ROLE)


def read(request: str = "R1", role: str = ROLE, **changes: Any) -> dict[str, Any]:
    return make_record(bucket=BUCKET, key=KEY, userIdentity=make_role(role), requestID=request, **changes)


def topics(store: MemoryStore) -> list[str]:
    return [each.topic for each in store.messages.values()]


def test_each_read_is_an_alert_of_its_own_with_one_message():
    outcome, store = run(read("R1"), read("R2"), ruleset=RULES)

    assert [group.rules for group in store.groups.values()] == [(NAME,), (NAME,)]
    assert {*store.groups} == {canary_group("R1", NOW), canary_group("R2", NOW)}
    assert (topics(store), outcome.counts.hit) == (["canary", "canary"], 2)


def test_a_copy_of_its_record_is_not_told_again():
    _, store = run(read(), read(), ruleset=RULES)

    assert topics(store) == ["canary"]


@pytest.mark.parametrize(
    "changes", [{"role": "Analyst"}, {"eventName": "DeleteObject"}], ids=["other", "gone"]
)
def test_whatever_else_happens_to_it_is_told_like_anything(changes: dict[str, Any]):
    _, store = run(read(**changes), ruleset=RULES)

    assert topics(store) == [*TOPICS]


def test_its_end_is_told_to_nobody():
    _, store = run(read(), ruleset=RULES)
    (group,) = store.groups.values()
    assert group.due
    closed, messages = roll_up(group, group.due)
    assert (closed.closed, messages) == (True, ())


def test_the_seconds_from_its_read_to_its_topic_are_told():
    _, store = run(read(), ruleset=RULES)
    sent, waits = list[Publication](), list[float]()
    topics: dict[Any, Publish] = dict.fromkeys((*TOPICS, "canary"), sent.append)
    delivery = Delivery(store, topics, {}, tell_canary=waits.append)
    delivery.deliver([*store.messages], lambda: NOW + 90)

    assert (len(sent), sent[0].attributes["rule"]["StringValue"], waits) == (1, NAME, [90.0])


def test_where_the_canary_is_off_its_message_holds_up_no_other():
    _, store = run(read(), make_record(), ruleset=RULES)
    sent = list[Publication]()
    delivery = Delivery(store, dict.fromkeys(TOPICS, sent.append), {})
    delivery.deliver([*store.messages], lambda: NOW)

    assert (len(sent), topics(store)) == (len(TOPICS), ["canary"])


def test_what_another_detection_finds_is_told_to_people_too():
    every = Detection("every-read", "Read", "low", Condition("eq", field="s3.operation", values=("read",)))
    ruleset = replace(RULES, detections=(*RULES.detections, every))
    _, store = run(read(), ruleset=ruleset)

    assert topics(store) == [*TOPICS, "canary"]
