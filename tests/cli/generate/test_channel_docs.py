from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import ValidationError
from s3watch_cli.generate.channel_docs import HEAD, Channel, read_channels, render, write

from tests.support.project import ROOT

PAGE = ROOT / "docs/channels.md"
SEEN = Channel(
    "Pages",
    (
        {"base": "GetObject"},
        {"base": "GetObject", "as": "anonymous"},
        {"line": {"operation": "WEBSITE.GET.OBJECT"}},
    ),
    "They are public.",
    passed_by=("S3Rule",),
    facts={"s3.principal_type": "anonymous"},
    detections=("anonymous-access",),
)
UNSEEN = Channel(
    "Vectors", ({"base": "StopLogging", "set": {"eventName": "QueryVectors"}},), "They are elsewhere."
)


def test_the_page_is_what_the_rows_say_today():
    assert PAGE.read_text() == render(read_channels()), "docs/channels.md is stale: run make generate"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            SEEN,
            (
                "| Pages | `GetObject`, `WEBSITE.GET.OBJECT` | events (S3Rule), trail files; access logs |"
                " `s3.principal_type` | [anonymous-access](rules.md#anonymous-access) | They are public. |\n"
            ),
        ),
        (UNSEEN, "| Vectors | `QueryVectors` | nothing | - | nobody can see it | They are elsewhere. |\n"),
        (
            Channel(
                "Sessions",
                ({"base": "CreateSession"},),
                "They open nothing.",
                ("S3Rule",),
                {"s3.bucket": "b"},
            ),
            (
                "| Sessions | `CreateSession` | events (S3Rule), trail files | `s3.bucket` | no detection |"
                " They open nothing. |\n"
            ),
        ),
    ],
    ids=["seen", "not delivered", "delivered"],
)
def test_a_row_says_how_it_is_delivered_told_and_seen(row: Channel, line: str):
    assert render([row]) == HEAD + line


def test_a_row_with_a_member_that_nobody_knows_is_refused(tmp_path: Path):
    path = tmp_path / "channels.yaml"
    path.write_text(
        "- {channel: Pages, events: [{base: GetObject}], means: Public., seen_by: [anonymous-access]}\n"
    )

    with pytest.raises(ValidationError, match="unknown field `seen_by`"):
        read_channels(path)


def test_each_way_has_one_row_with_examples():
    names = [row.channel for row in read_channels()]

    assert len(names) == len(set(names))
    assert [row.channel for row in read_channels() if not row.events] == []


def test_the_command_writes_the_page(tmp_path: Path):
    page = tmp_path / "channels.md"

    write(page)

    assert page.read_text() == PAGE.read_text()
