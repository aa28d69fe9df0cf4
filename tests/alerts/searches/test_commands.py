from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from s3watch.alerts.reader import LOGS
from s3watch.alerts.searches.commands import command, log_folder
from s3watch.alerts.searches.questions import Search, searches
from s3watch.text import columns

from tests.support.linkifiers import links
from tests.support.sample_alerts import HOSTILE, STORIES, TIME, make_alert, make_evidence, wild_alerts


def test_a_command_asks_for_a_value_and_a_time():
    alert = STORIES["first"]

    assert command(searches(alert)[0], alert) == [
        "s3watch search \"$LOGS\"/2026/11/20 --actor 'alice@example.com' \\",
        "  --from 2026-11-20T07:14:03Z --to 2026-11-20T09:14:03Z",
    ]


def run(lines: list[str]) -> list[str]:
    """The arguments that s3watch gets if somebody pastes these lines into bash."""
    script = "\n".join(["s3watch() { printf '%s\\0' \"$@\"; }", *log_folder(make_alert(), LOGS), *lines])
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "key", [key for key in HOSTILE if key and "\0" not in key] + ["folder/" * 20], ids=ascii
)
def test_a_pasted_command_asks_for_exactly_this_value(key: str):
    alert = make_alert(make_evidence(key=key))

    assert run(command(searches(alert)[1], alert)) == [
        "search", f"{LOGS}/eu-west-1/2026/11/20", "--object", f"s3://hr-data/{key}",
        "--from", "2026-11-20T07:14:03Z", "--to", "2026-11-20T09:14:03Z",
    ]  # fmt: skip


def test_the_log_files_of_midnight_are_in_two_folders():
    alert = make_alert(first=TIME + 15 * 3600, last=TIME + 15 * 3600)

    [begin, *_] = command(searches(alert)[0], alert)

    assert begin.startswith('s3watch search "$LOGS"/2026/11/20 "$LOGS"/2026/11/21 --actor')


@pytest.mark.parametrize(
    ("region", "lines"),
    [
        ("eu-west-1", ["LOGS='s3://logs/CloudTrail/eu-west-1'"]),
        ("$(rm -rf /)", ["LOGS='s3://logs/CloudTrail/REGION'"]),
    ],
    ids=["a Region", "none"],
)
def test_the_log_files_of_a_region_have_their_folder(region: str, lines: list[str]):
    assert log_folder(make_alert(region=region), "s3://logs/CloudTrail") == lines


def test_no_command_can_hold_a_nul():
    assert command(Search("who else touched this object", "object", "s3://b/\0"), STORIES["first"]) == []


@given(wild_alerts())
def test_every_possible_command_has_short_visible_lines(alert):
    for search in searches(alert):
        lines = command(search, alert)

        assert all(columns(line) <= 78 and line.isprintable() for line in lines)


def test_what_callers_write_is_no_link_in_a_command():
    alerts = [make_alert(make_evidence(key=text, actor=text, actor_verified=False)) for text in HOSTILE]
    lines = [line for alert in alerts for each in searches(alert) for line in command(each, alert)]

    assert [link for line in lines for link in links(line)] == []
