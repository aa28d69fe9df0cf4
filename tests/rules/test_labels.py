"""Panther's labelled cases about S3, below the folder that S3WATCH_CORPUS names, are scored one by one.

What is told of each, and why it is not what the label says, is in labels.yml.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from s3watch.ruleset import SEVERITIES, Severity

from tests.support.labelled_cases import Case, frames, judge, read_cases

FOLDER = os.environ.get("S3WATCH_CORPUS", "")
TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("labels.yml").read_bytes())
ROWS = {(rule, test): row for rule, each in TABLE.items() for test, row in each["cases"].items()}
CLASSES = {  # why s3watch says something else than a label
    "unexpected-caller": "silent once the catalogue expects the caller",
    "attempt": "Panther counts only some successes or denials; whatever else is denied is told",
    "another-matter": "the record shows something else that is told, beside what Panther's rule is about",
    "own-list": "Panther decides by a list of its own addresses or roles, which here the catalogue holds",
    "not-as-written": "a name or value that AWS never writes, or without what it always does",
    "narrower": "the same matter, told more narrowly by design",
    "lower-level": "told, at a lower level than Panther's by design",
    "gap": "what s3watch does not find and ought to",
}

recorded = pytest.mark.skipif(not FOLDER, reason="S3WATCH_CORPUS names no folder of recorded events")
each_case = pytest.mark.parametrize("name", ROWS, ids=": ".join)


@cache
def cases() -> dict[tuple[str, str], Case]:
    return {(case.rule, case.test): case for case in read_cases(Path(FOLDER))}


def differs(name: tuple[str, str], severity: Severity) -> bool:
    """Return whether what is told in the rule's frame is not the label, or is below its severity."""
    row = ROWS[name]
    told: str = row[TABLE[name[0]]["frame"]]
    if (told == "silence") != (row["label"] == "silence"):
        return True
    return told != "silence" and SEVERITIES.index(told.partition(":")[0]) < SEVERITIES.index(severity)


@recorded
def test_every_labelled_case_is_in_the_table_with_its_label():
    labels = {name: "alert" if case.alerts else "silence" for name, case in cases().items()}

    assert {name: row["label"] for name, row in ROWS.items()} == labels


@recorded
@each_case
def test_a_case_is_told_as_the_table_says(name: tuple[str, str]):
    told = {frame: judge(cases()[name], frame) for frame in frames()}

    assert told == {frame: ROWS[name][frame] for frame in frames()}


@recorded
@each_case
def test_what_is_told_is_what_the_label_says_or_has_a_reason(name: tuple[str, str]):
    assert differs(name, cases()[name].severity) == ("differs" in ROWS[name])


@pytest.mark.parametrize("rule", TABLE)
def test_a_rule_of_panther_has_a_frame_and_says_why(rule: str):
    assert TABLE[rule]["frame"] in frames()
    assert TABLE[rule]["because"]


@each_case
def test_a_difference_is_of_a_known_class_and_says_why(name: tuple[str, str]):
    row = ROWS[name]

    assert row.keys() - {"differs", "why"} == {"label", *frames()}
    assert ("differs" in row) == ("why" in row)
    assert row.get("differs", "gap") in CLASSES


@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_of_differences_is_needed(kind: str):
    assert kind in {row.get("differs") for row in ROWS.values()}


def of_class(kind: str) -> Any:
    names = [name for name, row in ROWS.items() if row.get("differs") == kind]
    return pytest.mark.parametrize("name", names, ids=": ".join)


@of_class("unexpected-caller")
def test_whoever_is_told_as_unexpected_is_silent_once_the_catalogue_expects_them(name: tuple[str, str]):
    assert ROWS[name]["label"] == "silence"
    assert ROWS[name]["expected"] == "silence"


@of_class("own-list")
def test_whoever_is_on_a_list_of_panther_is_silent_once_the_catalogue_expects_them(name: tuple[str, str]):
    assert ROWS[name]["label"] == "silence"
    assert ROWS[name]["expected"] == "silence"


@of_class("attempt")
def test_what_is_told_as_an_attempt_is_told_by_the_rules_of_denials_alone(name: tuple[str, str]):
    rules = ROWS[name][TABLE[name[0]]["frame"]].partition(": ")[2].split()

    assert rules
    assert [rule for rule in rules if not rule.startswith("denied-")] == []
