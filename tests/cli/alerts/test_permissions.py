"""What docs/operations.md says that the commands need is what they call."""

from __future__ import annotations

import re

import pytest
from botocore.client import BaseClient

from tests.support.hits import FIRST
from tests.support.project import ROOT

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
DOCUMENTED = {
    words: sorted(re.findall(r"dynamodb:(\w+)", actions))
    for words, actions in re.findall(r"(?m)^\| `((?:alerts|show|verdict|snooze)[^`]*)` \|(.*)$", TEXT)
}
PART = FIRST[-8:]


@pytest.mark.parametrize("words", DOCUMENTED)
def test_a_command_calls_what_it_is_said_to_need_and_no_more(run, put, monkeypatch, words):
    called = set()
    call = BaseClient._make_api_call

    def counted(self, name, request):
        if self.meta.service_model.service_name == "dynamodb":
            called.add(name)
        return call(self, name, request)

    put()
    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    arguments = (
        words.replace("PART", PART)
        .replace("ALERT", FIRST)
        .replace("VERDICT", "expected")
        .replace("TIME", "4h")
        .split()
    )
    code, _, err = run(*arguments)

    assert (code, sorted(called)) == (0, DOCUMENTED[words]), err


def test_decisions_write_the_attributes_that_are_said_and_no_others(run, put, monkeypatch):
    (said,) = re.findall(r'"dynamodb:Attributes": \[(.*?)\]', TEXT)
    updates = []
    call = BaseClient._make_api_call

    def watched(self, name, request):
        updates.extend([request] if name == "UpdateItem" else [])
        return call(self, name, request)

    put()
    monkeypatch.setattr(BaseClient, "_make_api_call", watched)
    run("verdict", FIRST, "expected")
    run("snooze", FIRST, "4h")

    names = [{*one["Key"], *one["ExpressionAttributeNames"].values()} for one in updates]
    assert names[0] | names[1] == set(re.findall(r"\w+", said))
    assert names[0] ^ names[1] == {"verdict", "snooze"}
    assert {one["ConditionExpression"] for one in updates} == {"version = :before"}


def test_each_way_to_call_them_is_documented():
    verbs = {"show": "", "snooze": " TIME", "verdict": " VERDICT"}
    ways = [f"{verb} {alert}{verbs[verb]}" for verb in verbs for alert in ("ALERT", "PART")]
    assert set(DOCUMENTED) == {
        "alerts",
        "alerts --all",
        *ways,
        *(f"{way} --all" for way in ways if "PART" in way and "snooze" not in way),
    }
