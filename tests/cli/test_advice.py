"""What mails advise: who follows them gets no such alert again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.ruleset import Expected, Ruleset
from s3watch_cli.replay import compile_rules
from s3watch_cli.replay_messages import MessageReplayer

from tests.support.project import ROOT

RULES = compile_rules(ROOT / "rules", None)
OFFER = re.compile(r"Permanently: add (\S+) to `expected` of (.+) in rules/catalogue.yaml\.")
EVENTS = sorted((ROOT / "events").glob("*.json"))
SAMPLES = [path for path in EVENTS if not path.stem.startswith(("finding-", "review-"))]


def mails(ruleset: Ruleset, path: Path) -> list[dict[str, Any]]:
    replayer = MessageReplayer(ruleset)
    replayer.feed(path.name, [path.read_bytes()])
    return list(replayer.mails())


def offers(ruleset: Ruleset, path: Path) -> list[tuple[str, str]]:
    """The principals and catalogue entries that mails about an event name."""
    bodies = [" ".join(mail["body"].split()) for mail in mails(ruleset, path)]
    return [match.groups() for body in bodies if (match := OFFER.search(body))]


def expecting(principal: str, label: str) -> Ruleset:
    """The rules, with the principal expected to do anything to what the label names."""
    expected = Expected((principal,))
    labels = [
        replace(each, expected=(*each.expected, expected)) if each.name == label else each
        for each in RULES.labels
    ]
    return replace(RULES, labels=tuple(labels))


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_whoever_expects_the_principal_that_a_mail_offers_gets_no_such_mail_again(path: Path):
    for principal, label in offers(RULES, path):
        assert offers(expecting(principal, label), path) == []
        assert len(mails(expecting(principal, label), path)) < len(mails(RULES, path))


@pytest.mark.parametrize(
    ("event", "offered"),
    [
        ("unexpected-read", True),
        ("unexpected-write", True),
        ("foreign-account-read", True),
        ("denied-read", False),
        ("copy-out", False),
        ("access-grant", False),
        ("sigv2-read", False),
        ("batch-delete", False),
        ("batch-delete-object", False),
    ],
    ids=str,
)
def test_it_is_offered_only_where_every_detection_asks_who_is_expected(event: str, offered: bool):
    assert bool(offers(RULES, ROOT / f"events/{event}.json")) == offered
