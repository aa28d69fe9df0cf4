from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.ruleset import Condition, Detection, Step
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import Document
from s3watch_cli.rules.sigma_rules import read_rule

from tests.support.laws import more_examples
from tests.support.rule_folders import RULE, read, rule


def test_a_rule_becomes_a_detection_with_all_that_people_need():
    found = read_rule("somebody-reads", read(RULE), Diagnostics())

    assert found.detection == Detection(
        rule="somebody-reads",
        title="Somebody reads payroll",
        level="high",
        condition=Condition("eq", field="eventName", values=("GetObject",)),
        fields=("eventName",),
        why="Payroll files are for payroll.",
        false_positives=("none",),
        respond=(Step("Ask them."),),
        references=("https://example.com",),
        tags=("attack.t1530",),
    )


def test_a_rule_without_a_level_is_medium():
    found = read_rule("a", read(RULE.replace("level: high\n", "")), Diagnostics())

    assert found.detection.level == "medium"


def test_the_fields_of_a_rule_are_all_that_it_reads():
    found = rule(
        "a: {s3.key: a}\nb: {s3.actor|fieldref: s3.principal}\nc: [word]\ncondition: a or not b or c"
    )

    assert found.detection.fields == ("s3.actor", "s3.key", "s3.principal")


def test_a_description_in_several_lines_is_one_text():
    text = RULE.replace("description: Payroll files are for payroll.", "description: |\n  One.\n  Two.")

    assert read_rule("a", read(text), Diagnostics()).detection.why == "One. Two."


@pytest.mark.parametrize(
    "key", ["title", "id", "level", "tags", "logsource", "detection", "related", "date", "respond"], ids=str
)
@pytest.mark.parametrize("value", [5, [], {}, "", None, [[]], [{}], True, {"a": "b"}], ids=repr)
def test_whatever_stands_under_a_key_is_read_or_refused(key, value):
    diagnostics = Diagnostics()

    found = read_rule("a", Document("a.yml", read(RULE).value | {key: value}), diagnostics)

    assert (found is None) == bool(diagnostics.mistakes)


plain = st.none() | st.booleans() | st.integers(-5, 10**13) | st.text("a*?%\\|.", max_size=4)
names = st.sampled_from(["s3.key", "eventName", "", "selection", "condition"])
modifiers = st.lists(
    st.sampled_from(
        ["contains", "all", "re", "i", "cidr", "exists", "lt", "neq", "cased", "base64", "fieldref", "x"]
    ),
    max_size=2,
)
keys = st.builds(lambda name, ways: "|".join((name, *ways)), names, modifiers)
searches = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2), max_leaves=6
)


@more_examples(3)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "_c"]), searches),
    st.sampled_from(["a", "1 of them", "a and b", "not"]),
)
def test_whatever_a_detection_holds_is_lowered_or_refused(found, condition):
    detection = found | {"condition": condition}
    diagnostics = Diagnostics()

    made = read_rule("a", Document("a.yml", read(RULE).value | {"detection": detection}), diagnostics)

    assert (made is None) == bool(diagnostics.mistakes)
