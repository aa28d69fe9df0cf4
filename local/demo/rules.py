"""The rules of the demo: all detections with the example catalogue, whatever rules/catalogue.yaml says."""

from __future__ import annotations

import shutil
from pathlib import Path

from local.cloud import ROOT

CATALOGUE = ROOT / "local" / "demo" / "catalogue.yaml"


def write_example_rules(folder: Path) -> Path:
    """Write a rules folder for the example buckets, in place of what was there; returns the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("detections", "tests"):
        shutil.copytree(ROOT / "rules" / part, folder / part)
    shutil.copy(CATALOGUE, folder / "catalogue.yaml")
    return folder
