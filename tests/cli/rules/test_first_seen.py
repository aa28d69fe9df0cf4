from __future__ import annotations

import pytest
from s3watch.ruleset import Condition
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.first_seen import asks_of_earlier, of_access_alone

from tests.support.rule_folders import rule

FIRST = Condition("bool", field="s3.first_seen", values=("true",))
READ = Condition("eq", field="s3.operation", values=("read",))
OURS = Condition("eq", field="s3.label", values=("payroll",))


def both(*parts: Condition) -> Condition:
    return Condition("and", of=parts)


def either(*parts: Condition) -> Condition:
    return Condition("or", of=parts)


def neither(part: Condition) -> Condition:
    return Condition("not", of=(part,))


@pytest.mark.parametrize(
    ("condition", "alone"),
    [
        (READ, READ),
        (both(READ, FIRST), both(READ)),
        (both(READ, neither(FIRST)), both(READ)),
        (both(READ, neither(both(FIRST, OURS))), both(READ)),
        (both(READ, neither(either(FIRST, OURS))), both(READ, neither(either(OURS)))),
        (either(both(READ, FIRST), OURS), either(both(READ), OURS)),
        (neither(neither(both(READ, FIRST))), neither(neither(both(READ)))),
        (FIRST, None),
        (either(READ, FIRST), None),
        (neither(both(READ, FIRST)), None),
    ],
    ids=[
        "nothing asked", "and first", "and not first", "not both", "neither", "one of two ways",
        "not not", "first alone", "or first", "not first and this",
    ],
)  # fmt: skip
def test_what_an_access_must_fulfil_by_itself_is_all_but_what_earlier_ones_decide(condition, alone):
    assert of_access_alone(condition) == alone


@pytest.mark.parametrize(
    ("condition", "asks"),
    [
        (both(READ, neither(FIRST)), True),
        (both(READ, Condition("gte", field="s3.last_seen_days", number=30)), True),
        (Condition("same", field="s3.actor", values=("s3.new_client",)), True),
        (both(READ, OURS), False),
    ],
    ids=["first", "days", "compared with", "nothing"],
)
def test_a_condition_asks_of_earlier_accesses_if_any_of_its_tests_does(condition, asks):
    assert asks_of_earlier(condition) is asks


def test_a_detection_is_matched_by_the_access_and_tested_as_a_whole():
    found = rule("selection: {s3.operation: read, s3.first_seen: true}\ncondition: selection")

    assert found is not None
    assert found.detection.condition == both(READ)
    assert found.detection.whole == both(READ, FIRST)
    assert found.detection.fields == ("s3.first_seen", "s3.operation")


def test_a_detection_about_nothing_but_earlier_accesses_is_refused():
    rule("selection: {s3.first_seen: true}\ncondition: selection", diagnostics := Diagnostics())

    assert [(mistake.what, mistake.instead) for mistake in diagnostics.mistakes] == [
        (
            "it says nothing about the access itself, so that each one would have to be remembered",
            "add a search for it, such as `s3.label: payroll`, and join both by `and`",
        )
    ]
