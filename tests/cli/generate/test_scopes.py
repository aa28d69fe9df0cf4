"""What EventBridge passes and the trail records is that of the rules folder and samconfig.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from s3watch_cli.event_scope.checks import FILE
from s3watch_cli.generate import event_rules, trail_selectors
from s3watch_cli.trail_scope.template_part import TRAIL

from tests.support.project import ROOT


@pytest.mark.parametrize(
    ("generate", "file", "command"),
    [
        (event_rules.main, FILE, "event-scope"),
        (trail_selectors.main, TRAIL, "trail-scope"),
    ],
    ids=["event rules", "the trail"],
)
def test_a_file_is_not_stale(generate, file: Path, command: str, tmp_path, monkeypatch):
    for name in ("rules", "template.yaml", "samconfig.toml", "defaults.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)

    generate()

    assert (tmp_path / file).read_text("utf-8") == (ROOT / file).read_text("utf-8"), (
        f"{file} is stale: run s3watch {command} --write"
    )
