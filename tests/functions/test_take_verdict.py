"""The function TakeVerdict, invoked as a button in the chat does, against moto."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws
from s3watch import application
from s3watch.alerts.chat_token import Shown, write
from s3watch.aws import clients
from s3watch.aws.own_parts.chat_key import make_key
from s3watch.ledger.ledger import Ledger

from functions.take_verdict import app
from tests.support.ledger_table import TABLE, group_ids, make_table
from tests.support.sensitive import NOW, make_hits, make_reads

ROLE = "arn:aws:iam::111122223333:role/Channel"
CONTEXT = SimpleNamespace(
    function_name="s3watch", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="id"
)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set the variables and create the table that template.yaml does, with an alert."""
    variables = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1",
        "S3WATCH_WATCHED_BUCKETS": "hr-data", "S3WATCH_LEDGER_TABLE": TABLE, "S3WATCH_CHAT_ROLE": ROLE,
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for made in (application.store, clients.client):
        made.cache_clear()
    with mock_aws():
        made = make_table()
        Ledger(application.store()).record(make_hits(*make_reads(1)), "events", NOW)
        yield made
    for made in (application.store, clients.client):
        made.cache_clear()


def test_a_button_below_a_message_judges_its_alert(table: Any):
    (name,) = group_ids()
    token = write(Shown(name, 1), make_key(table, TABLE))
    answer = app.handler({"alert": token, "verdict": "false-positive"}, CONTEXT)

    judged = application.store().group(name)
    assert answer == {"stored": f"{name} is false-positive: only worse news and its end are told"}
    assert (judged.verdict.judgement, judged.verdict.by) == ("false-positive", ROLE)


def test_what_the_chat_has_not_shown_is_refused_in_words(table: Any):
    (name,) = group_ids()
    make_key(table, TABLE)
    answer = app.handler({"alert": f"{name}.1.{'0' * 32}", "verdict": "expected"}, CONTEXT)

    assert answer == {"refused": "this is no alert that the chat has shown"}
    assert application.store().group(name).verdict is None
