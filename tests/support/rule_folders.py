"""Rules folders for tests, written from texts."""

from __future__ import annotations

from pathlib import Path

from s3watch.ruleset import Condition
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import Document, read_yaml
from s3watch_cli.rules.sigma_rules import Rule, read_rule

CATALOGUE = """\
- name: payroll
  match: s3://hr-data/payroll/*
  severity: high
"""
RULE = """\
title: Somebody reads payroll
description: Payroll files are for payroll.
logsource: {product: aws, service: cloudtrail}
falsepositives: [none]
respond: [Ask them.]
references: ["https://example.com"]
tags: [attack.t1530]
level: high
detection:
  selection:
    eventName: GetObject
  condition: selection
"""


def write_folder(folder: Path, **files: str) -> Path:
    """Write a rules folder: file names with `__` for `/`, and `.yml` or `.yaml` as their place asks for."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_suffix(".yml" if "__" in name else ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def read(text: str, diagnostics: Diagnostics | None = None) -> Document:
    """Read a YAML text that is expected to be fine."""
    found = diagnostics or Diagnostics()
    document = read_yaml("a.yml", text.encode(), found)
    assert document is not None, found.mistakes
    return document


def rule(detection: str, diagnostics: Diagnostics | None = None) -> Rule | None:
    """Read a rule with this detection."""
    head, _, _ = RULE.partition("detection:")
    indented = detection.replace("\n", "\n  ")
    return read_rule(
        "a", read(f"{head}detection:\n  {indented}\n", diagnostics), diagnostics or Diagnostics()
    )


def lowered(search: str) -> Condition:
    """Lower a rule whose only search is this."""
    indented = search.replace("\n", "\n  ")
    found = rule(f"selection:\n  {indented}\ncondition: selection", diagnostics := Diagnostics())
    assert found is not None, diagnostics.mistakes
    return found.detection.condition
