"""The command line in tests: run in this process, in a small project."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from s3watch_cli import main

from tests.support.rule_folders import CATALOGUE, RULE, write_folder

CASES = """\
cases:
- {name: a, expect: hit, events: [{base: GetObject}]}
- {name: b, expect: miss, events: [{base: PutObject}]}
"""
TEMPLATE = """\
Parameters:
  WatchedBuckets: {Type: CommaDelimitedList}
  ExistingTrail: {Type: String, Default: ""}
  TrailAlsoRecords: {Type: String, Default: management}
  AlertEmail: {Type: String, Default: ""}
  OperationsEmail: {Type: String, Default: ""}
Resources: {}
"""

type Outcome = tuple[int | str | None, str, str]  # exit code, standard output, standard error


@pytest.fixture
def s3watch(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command line: its exit code, standard output and standard error."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["s3watch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        return ended.value.code, *capfd.readouterr()

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a rules folder in order, as the current folder."""
    write_folder(tmp_path / "rules", catalogue=CATALOGUE, detections__reads=RULE, tests__reads=CASES)
    (tmp_path / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nparameter_overrides = "WatchedBuckets=hr-data"\n', encoding="utf-8"
    )
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path
