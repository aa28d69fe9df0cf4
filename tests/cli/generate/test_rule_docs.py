from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import typer
from s3watch.ruleset import Condition, Detection, Step
from s3watch_cli.compiler import compile_folder
from s3watch_cli.generate.rule_docs import INTRODUCTION, render, write
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import ROOT

LOUD = Detection(
    rule="loud-rule",
    title="Something loud",
    level="high",
    condition=Condition("exists", field="s3.key", values=("true",)),
    why="It wakes people.",
    false_positives=("A test",),
    respond=(
        Step("Listen."),
        Step("Ask them.", "credentials"),
        Step("Turn it down.", "keys-unknown"),
        Step("Look for it.", kept="Take it.", lost="Do without."),
    ),
    references=("https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html",),
)
CALM = Detection(rule="calm-rule", title="Something calm", level="low", condition=LOUD.condition)


def test_the_page_is_what_the_detections_say_today():
    compiled = compile_folder(ROOT / "rules", date(2026, 11, 20), Diagnostics())

    assert (ROOT / "docs/rules.md").read_text() == render(compiled.ruleset.detections), (
        "docs/rules.md is stale: run make generate"
    )


def test_a_detection_gets_a_section_with_all_that_its_file_says():
    section = render([LOUD]).removeprefix(INTRODUCTION)

    assert (
        section
        == """
## What an attacker does

### Others

| detection | level | what it finds |
| --- | --- | --- |
| [loud-rule](#loud-rule) | high | Something loud |

## Techniques of MITRE ATT&CK

| technique | tactics | detections |
| --- | --- | --- |

## loud-rule

**Something loud** (high)

It wakes people.

May be harmless:

- A test

What to do:

- Listen.
- *caller of this account*: Ask them.
- *objects not named*: Turn it down.
- Look for it. *kept*: Take it. *lost*: Do without.

References:

- <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html>

Source: [rule](../rules/detections/loud-rule.yml), [tests](../rules/tests/loud-rule.yml)
"""
    )


def test_the_table_has_the_gravest_first_and_the_sections_go_by_name():
    page = render([CALM, LOUD]).removeprefix(INTRODUCTION)

    assert page.index("| [loud-rule]") < page.index("| [calm-rule]")
    assert page.index("## calm-rule") < page.index("## loud-rule")


def test_what_a_detection_does_not_say_gets_no_heading():
    section = render([CALM]).removeprefix(INTRODUCTION)

    assert [line for line in section.splitlines() if line.endswith(":")] == []


def test_a_mistake_in_the_folder_leaves_the_page_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    page = tmp_path / "rules.md"
    (tmp_path / "detections").mkdir()
    (tmp_path / "detections/bad-rule.yml").write_text("title: no detection\n")

    with pytest.raises(typer.Exit):
        write(tmp_path, page)

    assert not page.exists()
    assert "bad-rule.yml:1" in capsys.readouterr().err


def test_the_command_writes_the_page_of_a_folder(tmp_path: Path):
    page = tmp_path / "rules.md"

    write(ROOT / "rules", page)

    assert page.read_text() == (ROOT / "docs/rules.md").read_text()
