"""Writes the overview of docs/rules.md: detections by what an attacker does, and their techniques."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from s3watch.ruleset import SEVERITIES, Detection

from s3watch_cli.lint.attack import technique_of, techniques

PURPOSES = {  # by the tag of a detection, in the order in which attacks mostly go
    "s3watch.credentials": "Use stolen credentials",
    "s3watch.probe": "Look around and try",
    "s3watch.collect": "Collect and take out",
    "s3watch.expose": "Expose and share",
    "s3watch.destroy": "Destroy, alter and hold to ransom",
    "s3watch.blind": "Blind who watches",
    "s3watch.in-turn": "One after another",
}
OTHERS = "Others"


def overview(rules: Sequence[Detection]) -> Iterator[str]:
    """Yield the lines: a table for each purpose, highest level first, then the techniques of ATT&CK."""
    yield "## What an attacker does"
    for tag, purpose in {**PURPOSES, "": OTHERS}.items():
        some = [rule for rule in rules if _purpose(rule) == tag]
        if some:
            yield f"\n### {purpose}\n"
            yield from _table(sorted(some, key=lambda rule: (-SEVERITIES.index(rule.level), rule.rule)))
    yield from _coverage(rules)


def _purpose(rule: Detection) -> str:
    return next((tag for tag in rule.tags if tag in PURPOSES), "")


def _table(rules: Sequence[Detection]) -> Iterator[str]:
    yield "| detection | level | what it finds |"
    yield "| --- | --- | --- |"
    for rule in rules:
        yield f"| {_link(rule)} | {'signal' if rule.is_signal else rule.level} | {rule.title} |"


def _coverage(rules: Sequence[Detection]) -> Iterator[str]:
    by_technique: dict[str, list[str]] = {}
    for rule in rules:
        for technique in filter(None, map(technique_of, rule.tags)):
            by_technique.setdefault(technique, []).append(_link(rule))
    yield "\n## Techniques of MITRE ATT&CK\n"
    yield "| technique | tactics | detections |"
    yield "| --- | --- | --- |"
    for technique, links in sorted(by_technique.items()):
        known = techniques().get(technique)
        name, tactics = (known.name, ", ".join(known.tactics)) if known else ("not in version 18.1", "")
        yield f"| {technique} {name} | {tactics} | {', '.join(links)} |"


def _link(rule: Detection) -> str:
    return f"[{rule.rule}](#{rule.rule})"
