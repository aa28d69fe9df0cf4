"""A user's copy of this project: as it comes, with the example rules, whatever this one has by now."""

from __future__ import annotations

import shutil
from pathlib import Path

from s3watch.ruleset import Ruleset
from s3watch_cli.event_scope.checks import FILE, derive_event_rules
from s3watch_cli.trail_scope.template_part import TRAIL

from tests.support.project import CATALOGUE, ROOT
from tests.support.shipped import shipped_samconfig, shipped_trail

PARTS = ("rules", "cli", "layers", "functions", "stacks", "template.yaml", "defaults.yaml", ".python-version")


def copy_project(folder: Path) -> Path:
    """Copy what a deployment needs, and link the environment of this project; returns the folder."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    shutil.copy(CATALOGUE, folder / "rules" / "catalogue.yaml")
    for name in ("exceptions.yaml", "staging.yaml"):
        (folder / "rules" / name).unlink()
    (folder / "samconfig.toml").write_text(shipped_samconfig(), encoding="utf-8")
    (folder / TRAIL).write_text(shipped_trail(), encoding="utf-8")
    (folder / FILE).write_text(derive_event_rules(Ruleset(), ()).text, encoding="utf-8")
    return folder
