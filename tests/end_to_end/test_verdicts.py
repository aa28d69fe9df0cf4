"""An alert from its mail to its end: listed, shown, judged or snoozed by hand, closed by the functions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import ConflictError
from s3watch.ledger.groups import Group

from local.demo.callers import DELETE, READ, Callers
from local.demo.scenario import BUCKET
from tests.support.local_aws import CHANNEL, Deployment, eventually

pytestmark = pytest.mark.local_aws
HOUR = 3600.0
WHO = "user/nightowl"


def shift(store: DynamoDBStore, identity: str, seconds: float) -> float:
    """Put a group into the past and make it due: the deployed functions have the true clock."""
    while True:
        group = store.group(identity)
        assert group
        due = time.time()
        moved = {"opened": group.opened - seconds, "window_end": group.window_end - seconds, "due": due}
        try:
            store.write(group, replace(group, **moved), (), due)
        except ConflictError:
            continue
        return due


def counted(store: DynamoDBStore, identity: str) -> int:
    group = store.group(identity)
    return group.count if group else 0


def swept(store: DynamoDBStore, identity: str, due: float) -> Group | None:
    """The group, once a sweep has processed what was due."""
    group = store.group(identity)
    return group if group and group.due != due else None


def test_a_snoozed_alert_is_told_when_it_is_over_and_what_is_worse_at_once(
    existing: Deployment, run: Callable[..., Any]
):
    who = "user/sleeper"
    keys = Callers(existing.cloud).user("sleeper", (*READ, *DELETE))
    s3 = existing.cloud.client("s3", keys, ip="203.0.113.7")
    store = DynamoDBStore(existing.cloud.client("dynamodb"), existing.outputs["Ledger"])
    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")["Body"].read()
    eventually(lambda: existing.mails(who), within=60)
    (listed,) = [json.loads(line) for line in run("alerts", "--actor", who).splitlines()]
    name = listed["alert"]
    run("snooze", name, "4h", "--note", "we look into it")

    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q2.csv")["Body"].read()
    eventually(lambda: counted(store, name) == 2, within=60)
    due = shift(store, name, HOUR / 2)  # past its first roll-up
    group = eventually(lambda: swept(store, name, due), within=60)
    assert (group.sequence, group.due) == (1, group.held_until)

    s3.delete_object(Bucket=BUCKET, Key="payroll/2026/nothing.csv")
    (worse,) = eventually(lambda: existing.mails(who, "deleted"), within=60)
    assert "\nSnoozed: until " in worse.body
    assert ", by root on " in worse.body
    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")["Body"].read()
    eventually(lambda: counted(store, name) == 4, within=60)

    run("snooze", name, "0m")
    shift(store, name, 0)
    eventually(lambda: len(existing.mails(who)) == 3, within=60)


def test_show_tells_what_was_sent_to_which_topic_when_and_to_whom(
    existing: Deployment, run: Callable[..., Any]
):
    who = "user/shown"
    s3 = existing.cloud.client("s3", Callers(existing.cloud).user("shown", READ), ip="203.0.113.7")
    before = int(time.time())
    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")["Body"].read()
    (mail,) = eventually(lambda: existing.mails(who), within=60)
    (listed,) = [json.loads(line) for line in run("alerts", "--actor", who).splitlines()]
    name = listed["alert"]

    def sent() -> Any:
        shown = json.loads(run("show", name))
        moments = [one for one in shown["timeline"] if one["event"] == "sent"]
        topics = sorted(topic for one in moments for topic in one["topics"])
        return topics == ["chat", "machines", "mail"] and shown

    shown = eventually(sent, within=60)
    times = [datetime.fromisoformat(one["time"]).timestamp() for one in shown["timeline"]]
    assert {(one["message"], one["kind"]) for one in shown["timeline"] if one["event"] == "sent"} == {
        (1, "first")
    }
    assert times == sorted(times)
    assert before <= times[-1] <= time.time()
    assert (shown["waiting"], shown["messages"]) == ([], 1)
    assert {"protocol": "email", "endpoint": mail.endpoint} in shown["subscribers"]["mail"]

    run("verdict", name, "expected", "--note", "a late shift")
    text = run("show", name, "--format", "table")
    assert " UTC: verdict expected, by root on " in text
    assert f"\n- mail: subscribed now {mail.endpoint} (email)" in text


def test_a_button_below_a_message_in_the_chat_judges_its_alert(existing: Deployment, run: Callable[..., Any]):
    who = "user/chatted"
    s3 = existing.cloud.client("s3", Callers(existing.cloud).user("chatted", READ), ip="203.0.113.7")
    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")["Body"].read()

    def shown() -> list[Any]:
        inbox = [one for one in existing.cloud.inbox() if one.topic == existing.outputs["ChatTopic"]]
        return [json.loads(one.body) for one in inbox if who in one.body]

    (message,) = eventually(shown, within=60)
    context = message["metadata"]["additionalContext"]
    functions, name = existing.cloud.client("lambda"), f"{existing.stack}-take-verdict"

    def press(token: str) -> Any:
        payload = json.dumps({"alert": token, "verdict": "expected"})
        return json.load(functions.invoke(FunctionName=name, Payload=payload)["Payload"])

    forged = press(context["alert"][:-1] + ("0" if context["alert"][-1] != "0" else "1"))
    told = press(context["alert"])
    (listed,) = [json.loads(line) for line in run("alerts", "--all", "--actor", who).splitlines()]
    assert forged == {"refused": "this is no alert that the chat has shown"}
    assert told == {"stored": f"{listed['alert']} is expected: only worse news and its end are told"}
    assert (context["stack"], listed["verdict"], listed["judged"]["by"]) == (
        existing.stack, "expected", CHANNEL,
    )  # fmt: skip


def test_a_judged_alert_is_told_again_at_its_end_only_which_says_the_verdict(
    existing: Deployment, run: Callable[..., Any]
):
    s3 = existing.cloud.client("s3", Callers(existing.cloud).user("nightowl", READ), ip="203.0.113.7")
    store = DynamoDBStore(existing.cloud.client("dynamodb"), existing.outputs["Ledger"])
    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")["Body"].read()
    (first,) = eventually(lambda: existing.mails(WHO), within=60)

    (listed,) = [json.loads(line) for line in run("alerts", "--actor", WHO).splitlines()]
    name = listed["alert"]
    shown = run("show", name[-8:], "--format", "table")
    judged = json.loads(run("verdict", name, "expected", "--note", "a late shift"))
    assert f"Ref: alert {name}" in first.body
    assert f". If it was right, close the alert: s3watch verdict {name} expected\n" in first.body
    assert "\nObject: s3://hr-data/payroll/2026/q1.csv\n" in shown
    assert (judged["state"], judged["verdict"]) == ("closed", "expected")

    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q2.csv")["Body"].read()
    eventually(lambda: counted(store, name) == 2, within=60)
    due = shift(store, name, HOUR / 2)  # past its first roll-up
    group = eventually(lambda: swept(store, name, due), within=60)
    assert (group.sequence, group.is_quiet, len(existing.mails(WHO))) == (1, True, 1)

    shift(store, name, 10 * HOUR)  # past its end
    _, last = eventually(lambda: len(existing.mails(WHO)) > 1 and existing.mails(WHO), within=60)
    assert "read 2 objects (in total" in last.subject
    assert "Verdict: expected, by root on " in last.body
    assert ', "a late shift"\n' in last.body
    assert "since the last message read 1; 1 further object" in last.body
    (closed,) = [json.loads(line) for line in run("alerts", "--all", "--actor", WHO).splitlines()]
    assert (closed["state"], closed["messages"]) == ("closed", 2)
