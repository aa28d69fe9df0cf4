from __future__ import annotations

from pathlib import Path

import pytest
from s3watch.correlation import Correlation
from s3watch.ruleset import Detection
from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.rules.correlation_rules import NEVER, TYPES
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.rule_folders import RULE

MANY = """title: Many reads
id: 6b0a3c1e-3d6b-4b56-9d0c-0f5a5f2c9a11
description: Somebody takes everything.
level: critical
falsepositives: [none]
respond: [Ask them.]
references: [https://example.com]
tags: [attack.t1530]
correlation:
  type: value_count
  rules: [somebody-reads]
  group-by: [s3.actor]
  timespan: 1h
  condition: {field: s3.key, gte: 100}
"""


def compiled(folder: Path, **rules: str) -> tuple[dict[str, Detection], list[str]]:
    (folder / "detections").mkdir()
    for name, text in rules.items():
        (folder / "detections" / f"{name.replace('_', '-')}.yml").write_text(text)
    diagnostics = Diagnostics()
    ruleset = compile_folder(folder, today(), diagnostics).ruleset
    return {each.rule: each for each in ruleset.detections}, [
        f"{mistake.line}: {mistake.what}; {mistake.instead}" for mistake in diagnostics.mistakes
    ]


def test_a_correlation_becomes_a_detection_that_counts(tmp_path: Path):
    found, mistakes = compiled(tmp_path, somebody_reads=RULE, many_reads=MANY)

    assert mistakes == []
    assert (found["many-reads"].condition, found["many-reads"].level) == (NEVER, "critical")
    assert found["many-reads"].correlation == Correlation(
        "value_count", ("somebody-reads",), 3600, 100, ("s3.actor",), "s3.key"
    )


@pytest.mark.parametrize(
    "reference", ["somebody-reads", "reads", "0f3a1b52-7f0e-4f5e-9d1a-3f1f1a1a1a1a"],
    ids=["by its file", "by its name", "by its id"],
)  # fmt: skip
def test_a_correlation_names_a_rule(tmp_path: Path, reference: str):
    rule = f"name: reads\nid: 0f3a1b52-7f0e-4f5e-9d1a-3f1f1a1a1a1a\n{RULE}"
    found, mistakes = compiled(tmp_path, somebody_reads=rule, many=MANY.replace("somebody-reads", reference))

    assert mistakes == []
    assert found["many"].correlation.rules == ("somebody-reads",)


ONE_FIELD = (
    "one field is counted by `value_count` and `value_sum`, and none by others; "
    "write `{field: s3.key, gte: 100}` for these"
)
SEE = "write it as docs/rules.md says, under Correlations"
MISTAKES = {
    "a type that needs all values": (
        "value_count",
        "value_avg",
        f"10: correlations of type `value_avg` are not supported; write one of {', '.join(TYPES)}",
    ),
    "less than": (
        "gte: 100",
        "lt: 100",
        "14: `lt` cannot be told before the time span is over; write `gte` or `gt`",
    ),
    "nothing": ("gte: 100", "gte: 0", "14: 0 is too few or too many; write how many it takes"),
    "no field": ("field: s3.key, ", "", f"9: Value count correlation rule without field reference; {SEE}"),
    "too short": ("1h", "5s", "13: `5s` is not from a minute to 7 days; write 10m, 1h, 1d, ..."),
    "no time span": ("1h", "1x", f"9: Timespan '1x' is invalid; {SEE}"),
    "a rule that is not there": (
        "[somebody-reads]",
        "[somebody-read]",
        "11: no rule is named `somebody-read`; write `somebody-reads`",
    ),
    "a rule that is no name": ("[somebody-reads]", "[5]", "11: 5 is not a name; write a text"),
    "no rules": ("[somebody-reads]", "[]", "11: 0 rules; name 1 to 100 of them"),
    "a group that is no name": ("[s3.actor]", "[s3.actor, '']", "12: '' is not a name; write a text"),
    "two fields": (
        "field: s3.key",
        "field: [a, b]",
        f"14: {ONE_FIELD}",
    ),
    "a number that is none": ("gte: 100", "gte: true", "14: `gte` is not a number; write how many it takes"),
    "aliases that are no names": (
        "[s3.actor]",
        "[who]\n  aliases: {who: {somebody-reads: }}",
        "13: None is not a name; write a text",
    ),
    "a key that is not there": (
        "timespan",
        "time",
        "13: unknown key `time`; write one of type, rules, group-by, timespan, condition, aliases, generate",
    ),
    "a fact to group by that is not there": (
        "[s3.actor]",
        "[s3.actr]",
        "12: unknown fact `s3.actr`; write `s3.actor`",
    ),
    "a fact to count that is not there": (
        "field: s3.key",
        "field: s3.kee",
        "14: unknown fact `s3.kee`; write `s3.key`",
    ),
}


@pytest.mark.parametrize(("written", "instead", "mistake"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, written: str, instead: str, mistake: str):
    _, mistakes = compiled(tmp_path, somebody_reads=RULE, many=MANY.replace(written, instead))

    assert mistakes == [mistake]


def test_a_temporal_correlation_needs_two_rules(tmp_path: Path):
    one = MANY.replace("value_count", "temporal").replace("  condition: {field: s3.key, gte: 100}\n", "")
    _, mistakes = compiled(tmp_path, somebody_reads=RULE, many=one)

    assert mistakes == [
        "11: one rule alone cannot come together with another; write `rules:` and at least two of them"
    ]


@pytest.mark.parametrize(
    ("generate", "muted"), [("", False), ("  generate: true\n", False), ("  generate: false\n", True)],
    ids=["not said", "true", "false"],
)  # fmt: skip
def test_what_is_counted_goes_on_alerting_unless_the_correlation_says_otherwise(
    tmp_path: Path, generate: str, muted: bool
):
    found, _ = compiled(tmp_path, somebody_reads=RULE, many=MANY + generate)

    assert found["somebody-reads"].is_signal is muted


def test_a_detection_can_be_a_signal(tmp_path: Path):
    found, mistakes = compiled(tmp_path, somebody_reads=f"signal: true\n{RULE}")

    assert (found["somebody-reads"].is_signal, mistakes) == (True, [])


def test_correlations_are_nested_once(tmp_path: Path):
    again, third = MANY.replace("somebody-reads", "many"), MANY.replace("somebody-reads", "again")
    rules = {"many": MANY, "again": again, "third": third}
    unnamed = {
        name: text.replace("id: 6b0a3c1e-3d6b-4b56-9d0c-0f5a5f2c9a11\n", "") for name, text in rules.items()
    }
    _, mistakes = compiled(tmp_path, somebody_reads=RULE, **unnamed)

    assert (
        "10: `again` counts correlations itself; name what it counts: correlations can be nested once"
        in mistakes
    )


@pytest.mark.parametrize(
    ("condition", "least"),
    [("gte: 100", 100), ("gt: 100", 101), ("gte: 1.5", 2), ("gt: 1.5", 2)],
    ids=str,
)
def test_a_condition_says_how_much_it_takes(tmp_path: Path, condition: str, least: int):
    found, _ = compiled(tmp_path, somebody_reads=RULE, many=MANY.replace("gte: 100", condition))

    assert found["many"].correlation.least == least


def test_a_name_that_two_rules_have_is_a_mistake(tmp_path: Path):
    other = f"name: somebody-reads\n{RULE}"
    _, mistakes = compiled(tmp_path, somebody_reads=RULE, other=other)

    assert mistakes == ["1: `somebody-reads` is also what somebody-reads is called; give each rule its own"]


def test_an_alias_is_said_for_each_rule(tmp_path: Path):
    grouped = MANY.replace("[somebody-reads]", "[somebody-reads, other]").replace(
        "[s3.actor]", "[who]\n  aliases: {who: {other: s3.actor}}"
    )
    _, mistakes = compiled(tmp_path, somebody_reads=RULE, other=RULE, many=grouped)

    assert mistakes == ["13: `who` is not said for somebody-reads; say for each rule which field it is"]
