import os
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from local.messaging import inbox
from local.messaging.inbox import Message

MESSAGE = Message(
    time=1795161600.0,
    id="m1",
    topic="arn:aws:sns:eu-west-1:111122223333:alerts",
    protocol="email",
    endpoint="security@example.com",
    subject="[HIGH] payroll",
    body="Who alice\nWhat GetObject\n",
    attributes={"severity": "high", "label": "payroll"},
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "inbox.ndjson"


def test_messages_are_read_as_they_were_written(path):
    for message in (MESSAGE, replace(MESSAGE, id="m2", subject=None, body="ü\n\u2028")):
        inbox.append(path, message)

    assert inbox.read(path) == [MESSAGE, replace(MESSAGE, id="m2", subject=None, body="ü\n\u2028")]


def test_where_there_is_no_inbox_there_are_no_messages(path):
    assert inbox.read(path) == []


def test_a_message_still_being_written_waits(path):
    inbox.append(path, MESSAGE)
    with path.open("a") as file:
        file.write('{"time": 17')

    assert inbox.read(path) == [MESSAGE]


def test_following_gives_each_message_once(path):
    inbox.append(path, MESSAGE)
    following = inbox.follow(path, until=time.time() + 5)
    first = next(following)
    inbox.append(path, replace(MESSAGE, id="m2"))

    assert (first.id, next(following).id) == ("m1", "m2")


def test_following_ends_when_its_time_is_over(path):
    assert list(inbox.follow(path, until=time.time())) == []


def test_a_reader_who_leaves_early_is_no_error(path, monkeypatch, capfd):
    inbox.append(path, MESSAGE)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as left:
        monkeypatch.setattr("sys.stdout", left)
        monkeypatch.setattr("sys.argv", ["inbox"])
        monkeypatch.setattr(inbox.Settings, "read", lambda: SimpleNamespace(inbox=path))
        inbox.main()

    assert capfd.readouterr().err == ""


def test_a_message_is_shown_as_an_e_mail():
    assert inbox.show(MESSAGE) == (
        "From:    alerts (arn:aws:sns:eu-west-1:111122223333:alerts)\n"
        "To:      email security@example.com\n"
        "Date:    Fri, 20 Nov 2026 08:00:00 +0000\n"
        "Subject: [HIGH] payroll\n"
        "Filter:  label=payroll, severity=high\n"
        "\n"
        "Who alice\nWhat GetObject\n"
    )
