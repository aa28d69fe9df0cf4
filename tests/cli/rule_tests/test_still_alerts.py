"""What an exception must not silence: each example is a hit of its rule that no exception covers."""

from __future__ import annotations

from datetime import date

import pytest
from s3watch_cli.compiler import compile_folder
from s3watch_cli.deployment import Deployment
from s3watch_cli.rule_tests.still_alerts import check_examples
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.rule_folders import CATALOGUE, RULE, write_folder

TODAY = date(2026, 11, 20)
WHY = "owner: me@example.com, reason: agreed, until: 2027-01-31"
ENTRY = f"- {{rule: reads, actor: role/audit, {WHY}, still_alerts: [EVENT]}}\n"
MANY = (
    "title: Many\nlevel: high\ncorrelation: {type: event_count, rules: [reads], group-by: [s3.actor],"
    " timespan: 1h, condition: {gte: 3}}\n"
)


@pytest.fixture
def check(tmp_path):
    """What is wrong with the examples of exceptions, by line."""

    def run(text, *watched, **files):
        shipped = {"catalogue": CATALOGUE, "detections__reads": RULE}
        folder = write_folder(tmp_path, exceptions=text, **(shipped | files))
        deployments = [Deployment(watched)] if watched else []
        diagnostics = Diagnostics()
        compiled = compile_folder(folder, TODAY, diagnostics, deployments=deployments)
        diagnostics.raise_if_any()
        check_examples(compiled, TODAY, diagnostics)
        return [f"{one.line}: {one.what}; {one.instead}" for one in diagnostics.mistakes]

    return run


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{base: GetObject, as: role/other}", []),
        (
            "{base: GetObject, as: role/audit}",
            ["1: this exception silences this example; narrow `actor` or `object`, or remove it"],
        ),
        (
            "{base: PutObject, as: role/other}",
            ["1: `reads` does not find this example in any case; correct or remove it"],
        ),
        ("{base: GetObjekt}", ["1: unknown event `GetObjekt`; write `GetObject`"]),
        (
            "{base: GetObject, as: 'role/a{n}', times: 0}",
            ["1: `times` is not a number of events; write a number from 1 to 1000"],
        ),
    ],
    ids=["alerts", "silenced", "not found", "unknown event", "no event"],
)
def test_an_example_alerts_or_is_a_mistake_with_its_line(check, event, said):
    assert check(ENTRY.replace("EVENT", event)) == said


def test_another_exception_that_silences_an_example_is_named_by_its_line(check):
    other = f"- {{rule: reads, object: s3://hr-data, {WHY}}}\n"
    said = check(other + ENTRY.replace("EVENT", "{base: GetObject, as: role/other}"))

    assert said == [
        "2: the exception on line 1 silences this example; narrow `actor` or `object`, or remove it"
    ]


def test_another_detection_that_finds_the_same_is_no_proof(check):
    said = check(ENTRY.replace("EVENT", "{base: GetObject, as: role/audit}"), detections__too=RULE)

    assert said[0].startswith("1: this exception silences this example")


def test_an_exception_that_has_ended_silences_nothing(check):
    ended = ENTRY.replace("2027-01-31", "2026-11-20")

    assert check(ended.replace("EVENT", "{base: GetObject, as: role/audit}")) == []


@pytest.mark.parametrize(
    ("watched", "number"),
    [((), 0), (("hr-data", "press"), 0), (("hr-data",), 1)],
    ids=["unknown", "yes", "no"],
)
def test_a_watched_bucket_without_an_entry_is_one(check, watched, number):
    labelled = RULE.replace("eventName: GetObject", "s3.expected: false")
    event = "{base: GetObject, bucket: press, key: a, as: role/other}"

    assert len(check(ENTRY.replace("EVENT", event), *watched, detections__reads=labelled)) == number


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("many", "`many` counts what others find: no event shows that it alerts; remove the key"),
        (
            "bucket-opened",
            "`bucket-opened` is told by reviews of buckets: no event shows that it alerts; remove the key",
        ),
    ],
    ids=["a correlation", "a review"],
)
def test_what_no_event_shows_has_no_examples(check, rule, said):
    text = ENTRY.replace("EVENT", "{base: GetObject}").replace("rule: reads", f"rule: {rule}")

    assert check(text, detections__many=MANY) == [f"1: {said}"]


@pytest.mark.parametrize("events", ["[]", "null"], ids=["an empty list", "nothing"])
def test_no_example_is_a_mistake(check, events):
    said = check(ENTRY.replace("[EVENT]", events))

    assert said == ["1: no events; write a list as in tests/README.md, or remove the key"]


def test_the_build_stops_at_an_example_that_no_longer_alerts(project, s3watch):
    silenced = ENTRY.replace("EVENT", "{base: GetObject, as: role/audit}")
    write_folder(project / "rules", exceptions=silenced)
    code, _, err = s3watch("compile")

    assert (code, err.startswith("rules/exceptions.yaml:1: this exception silences")) == (1, True)
    assert not (project / "rules/rules.json").exists()
