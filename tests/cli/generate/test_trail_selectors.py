"""The prefixes of stacks/trail.yaml are those of the catalogue and samconfig.toml."""

from __future__ import annotations

import shutil

from s3watch_cli.generate import trail_selectors
from s3watch_cli.trail_scope.template_part import TRAIL

from tests.support.project import ROOT


def test_the_file_is_that_of_the_catalogue(tmp_path, monkeypatch):
    for name in ("rules", "stacks", "template.yaml", "samconfig.toml", "defaults.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "stacks").unlink()
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)

    trail_selectors.main()

    assert (tmp_path / TRAIL).read_text("utf-8") == (ROOT / TRAIL).read_text("utf-8"), (
        "stacks/trail.yaml is stale: run s3watch trail-scope --write"
    )
