from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from s3watch_cli.event_scope.patterns import derive

from tests.support.command_line import TEMPLATE
from tests.support.rule_folders import CATALOGUE, RULE, write_folder

FILE = "stacks/event-rules.yaml"
STALE = f"{FILE}:1: is not what rules/ and samconfig.toml make of it; run `s3watch event-scope --write`"
COMPILE = ("compile", "--config", "samconfig.toml", "-o", "rules.json")
MORE = """\
  ScanLogFiles: {Type: String, Default: "true"}
  EventScope: {Type: String, Default: bucket}
Resources:"""


@pytest.fixture
def narrowed(project: Path) -> Path:
    """The project, deployed with EventScope=unexpected."""
    (project / "template.yaml").write_text(TEMPLATE.replace("Resources:", MORE), encoding="utf-8")
    (project / "stacks").mkdir()
    set_parameters(project, EventScope="unexpected")
    return project


def set_parameters(project: Path, **parameters: str) -> None:
    given = " ".join(f"{name}={value}" for name, value in {"WatchedBuckets": "hr-data", **parameters}.items())
    text = f'[default.deploy.parameters]\nparameter_overrides = "{given}"\n'
    (project / "samconfig.toml").write_text(text, encoding="utf-8")


def test_a_scope_needs_its_rules_and_once_they_are_written_the_build_says_what_they_are(narrowed, s3watch):
    code, _, err = s3watch(*COMPILE)
    assert (code, err.splitlines()[0]) == (1, STALE)
    assert not (narrowed / "rules.json").exists()

    passed = "EventScope=unexpected of `default`: 1 rule of EventBridge for 1 bucket"
    assert s3watch("event-scope", "--write") == (0, "", f"{passed}\n{FILE} written; build and deploy\n")

    code, _, err = s3watch(*COMPILE)
    assert code == 0
    assert passed in err.splitlines()


@pytest.mark.parametrize(
    ("entry", "fresh"),
    [("severity: low", True), ("expected: [{principal: role/payroll-app, do: any}]", False)],
    ids=["what no pattern depends on", "who is expected"],
)
def test_rules_are_stale_when_the_catalogue_makes_others_of_them(narrowed, s3watch, entry: str, fresh: bool):
    write_folder(
        narrowed / "rules", detections__reads=RULE.replace("eventName: GetObject", "s3.expected: false")
    )
    s3watch("event-scope", "--write")
    write_folder(narrowed / "rules", catalogue=CATALOGUE.replace("severity: high", entry))

    assert (STALE not in s3watch(*COMPILE)[2]) == fresh


def test_rules_are_stale_when_another_bucket_is_watched(narrowed, s3watch):
    s3watch("event-scope", "--write")
    set_parameters(narrowed, WatchedBuckets="hr-data,logs", EventScope="unexpected")

    assert STALE in s3watch(*COMPILE)[2]


def test_what_was_written_for_a_scope_is_stale_without_one(narrowed, s3watch):
    s3watch("event-scope", "--write")
    set_parameters(narrowed)

    assert STALE in s3watch(*COMPILE)[2]
    assert s3watch("event-scope", "--write")[2] == (
        f"EventScope=bucket of `default`: all calls on 1 bucket pass\n{FILE} written; build and deploy\n"
    )
    write_folder(
        narrowed / "rules", catalogue=CATALOGUE + "  expected: [{principal: role/payroll-app, do: any}]\n"
    )
    assert s3watch(*COMPILE)[0] == 0  # whatever the rules are


def test_a_project_without_scopes_needs_no_file(project, s3watch):
    assert s3watch(*COMPILE)[0] == 0


def test_without_write_nothing_is_written(narrowed, s3watch):
    assert s3watch("event-scope")[0] == 0
    assert not (narrowed / FILE).exists()


def test_a_scope_without_log_files_is_warned_of(narrowed, s3watch):
    set_parameters(narrowed, EventScope="objects", ScanLogFiles="false")
    s3watch("event-scope", "--write")
    code, _, err = s3watch(*COMPILE)

    assert code == 0
    assert err.splitlines()[0] == (
        "samconfig.toml:2: warning: EventScope=objects without log files: what EventBridge is not asked to"
        " pass is nowhere; set ScanLogFiles=true"
    )


def test_mistakes_in_the_rules_are_reported_and_nothing_is_written(narrowed, s3watch):
    write_folder(narrowed / "rules", catalogue="- name: [\n")

    assert s3watch("event-scope", "--write")[0] == 1
    assert not (narrowed / FILE).exists()


def test_more_rules_than_a_bus_has_are_refused(narrowed, s3watch, monkeypatch):
    none = partial(derive, most=0)
    monkeypatch.setattr("s3watch_cli.event_scope.checks.derive", none)
    what = "EventScope=unexpected takes more than 0 rules for 1 bucket"

    assert s3watch("event-scope") == (
        1,
        "",
        f"{what}; choose EventScope=bucket, or watch fewer buckets in this stack\n",
    )
    assert f"{FILE}:1: {what}" in s3watch(*COMPILE)[2]
