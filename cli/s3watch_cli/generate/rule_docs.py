"""Generates docs/rules.md from the detections. Run by `make generate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import fill

import typer
from s3watch.ruleset import SEVERITIES, Detection

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.output import note
from s3watch_cli.rules.diagnostics import Diagnostics

WIDTH = 110
INTRODUCTION = """\
# The starter pack

<!-- Written from rules/detections by `make generate`; a test fails when it is stale. -->

These detections come with s3watch. Each is one Sigma file in [rules/detections](../rules/detections), has its
hits and near misses in [rules/tests](../rules/tests), and is yours to change. An alert has the higher of the
detection's level and the severity of the object's label; for denied access, the detection's level.

*Expected* means expected by [the catalogue](../rules/catalogue.yaml): with no `expected` there, every access
is unexpected. A *sensitive bucket* holds labelled objects, or is watched without an entry. The rules on
public access and on trails look at every bucket and trail whose events arrive.

What the pack leaves out, and why:

- **Listing and looking** (ListObjects, HeadObject, GetObjectAcl) by somebody who is not expected, as long as
  it succeeds. Every `aws s3 cp` looks before it reads, every page of the console lists, and the read itself
  would be reported only in the group's next message. To be alerted, add a rule on
  `s3.operation: [list, inspect]`.
- **Missing objects.** A request for a key that does not exist touches nothing.
- **Counting**: many deletes in an hour, many denied keys, much more data than usual. These need correlations,
  which are not built yet; until then, roll-ups of a group show the numbers.
- **Settings that open or destroy nothing by themselves**: CORS, websites, requester pays, storage classes,
  tags of a bucket.
- **What no record shows**: failed signatures, denials by VPC endpoint policies, deletes by lifecycle rules,
  and what a setting was before it was changed. Where a change is rare and may weaken, each is reported.
"""


def render(detections: Iterable[Detection]) -> str:
    """Return the page: a table of all detections, highest level first, then a section for each by name."""
    rules = sorted(detections, key=lambda rule: rule.rule)
    by_level = sorted(rules, key=lambda rule: -SEVERITIES.index(rule.level))
    parts = [INTRODUCTION, *_table(by_level), *(line for rule in rules for line in _section(rule))]
    return "\n".join(parts) + "\n"


def _table(rules: Sequence[Detection]) -> Iterator[str]:
    yield "| detection | level | what it finds |"
    yield "| --- | --- | --- |"
    for rule in rules:
        yield f"| [{rule.rule}](#{rule.rule}) | {rule.level} | {rule.title} |"


def _section(rule: Detection) -> Iterator[str]:
    yield f"\n## {rule.rule}\n"
    yield f"**{rule.title}** ({rule.level})\n"
    yield _wrap(rule.why)
    yield from _list("May be harmless", [_wrap(text, "- ") for text in rule.false_positives])
    yield from _list(
        "What to do", [_wrap(step, f"{number}. ") for number, step in enumerate(rule.respond, 1)]
    )
    yield from _list("References", [f"- <{url}>" for url in rule.references])
    yield f"\nSource: [rule](../rules/detections/{rule.rule}.yml), [tests](../rules/tests/{rule.rule}.yml)"


def _list(heading: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"\n{heading}:\n"
        yield from items


def _wrap(text: str, bullet: str = "") -> str:
    indent = " " * len(bullet)
    return fill(text, WIDTH, initial_indent=bullet, subsequent_indent=indent, break_on_hyphens=False)


def write(rules_dir: Path = Path("rules"), page: Path = Path("docs/rules.md")) -> None:
    """Write the page of a rules folder; if the folder has mistakes, print them and keep the old page."""
    diagnostics = Diagnostics()
    compiled = compile_folder(rules_dir, today(), diagnostics)
    for mistake in diagnostics.mistakes:
        note(str(mistake))
    if diagnostics.mistakes:
        raise typer.Exit(1)
    page.write_text(render(compiled.ruleset.detections), encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)
