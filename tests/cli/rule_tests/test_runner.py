from __future__ import annotations

import shutil
from datetime import date

from s3watch_cli.compiler import compile_folder
from s3watch_cli.rule_tests.runner import Verdict, check_names, run_tests
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import RULES
from tests.support.rule_folders import CATALOGUE, RULE, write_folder

UNEXPECTED = RULE.replace("eventName: GetObject", "s3.operation: read\n    s3.expected: false")
CASES = """\
cases:
  - name: a stranger
    expect: hit
    events: [{base: GetObject}]
  - name: another file
    expect: miss
    events: [{base: GetObject, key: public/menu.pdf}]
"""


def verdicts(tmp_path, cases, **files):
    folder = write_folder(tmp_path, detections__unexpected=UNEXPECTED, tests__unexpected=cases, **files)
    (folder / "tests" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    diagnostics = Diagnostics()
    rules = compile_folder(folder, date(2026, 11, 20), diagnostics).ruleset.detections
    found = list(run_tests(folder, rules, diagnostics))
    return found, [mistake.what for mistake in diagnostics.mistakes], folder


def test_each_case_is_run_against_its_own_detection(tmp_path):
    found, mistakes, folder = verdicts(tmp_path, CASES)
    path = folder / "tests" / "unexpected.yml"

    assert (found, mistakes) == (
        [
            Verdict("unexpected", "a stranger", "hit", "hit", True, f"{path}:2"),
            Verdict("unexpected", "another file", "miss", "miss", True, f"{path}:5"),
        ],
        [],
    )


def test_a_case_that_comes_out_otherwise_fails(tmp_path):
    found, _, _ = verdicts(tmp_path, CASES.replace("expect: miss", "expect: hit"))

    assert [(verdict.case, verdict.got, verdict.passed) for verdict in found] == [
        ("a stranger", "hit", True),
        ("another file", "miss", False),
        ("(no case that expects a miss)", "", False),
    ]


def test_a_detection_without_tests_fails_twice(tmp_path):
    found, _, folder = verdicts(tmp_path, CASES)
    (folder / "tests" / "unexpected.yml").unlink()
    rules = compile_folder(folder, date(2026, 11, 20), Diagnostics()).ruleset.detections

    found = list(run_tests(folder, rules, Diagnostics()))

    assert [(verdict.expect, verdict.passed) for verdict in found] == [("hit", False), ("miss", False)]


def test_a_case_may_bring_its_own_catalogue_or_none(tmp_path):
    found, _, _ = verdicts(
        tmp_path,
        """\
cases:
  - name: of its own
    expect: hit
    catalogue: [{name: menus, match: s3://hr-data/public/*}]
    events: [{base: GetObject, key: public/menu.pdf}]
  - name: none
    expect: miss
    catalogue: []
    events: [{base: GetObject}]
""",
    )

    assert [verdict.passed for verdict in found] == [True, True]


def test_a_file_may_bring_a_catalogue_for_all_its_cases(tmp_path):
    found, _, _ = verdicts(tmp_path, "catalogue: [{name: menus, match: s3://hr-data/public/*}]\n" + CASES)

    assert [verdict.got for verdict in found] == ["miss", "hit"]


def test_an_exception_makes_a_miss_until_its_day(tmp_path):
    case = """\
  - name: NAME
    expect: EXPECT
    now: DAY
    exceptions: [{rule: unexpected, actor: role/analyst, owner: me, reason: agreed, until: 2026-12-01}]
    events: [{base: GetObject}]
"""
    before = case.replace("NAME", "before").replace("EXPECT", "miss").replace("DAY", "2026-11-30")
    after = case.replace("NAME", "after").replace("EXPECT", "hit").replace("DAY", "2026-12-01")

    found, mistakes, _ = verdicts(tmp_path, f"cases:\n{before}{after}")

    assert ([verdict.passed for verdict in found], mistakes) == ([True, True], [])


def test_each_event_of_hits_is_a_case_of_its_own(tmp_path):
    found, mistakes, _ = verdicts(
        tmp_path,
        """\
cases:
  - name: each
    expect: hits
    events: [{base: GetObject}, {base: PutObject}, {base: GetObject, key: public/menu.pdf}]
  - name: none
    expect: miss
    events: [{base: PutObject}]
""",
    )

    assert [(verdict.case, verdict.expect, verdict.got) for verdict in found] == [
        ("each (1)", "hit", "hit"),
        ("each (2)", "hit", "miss"),
        ("each (3)", "hit", "miss"),
        ("none", "miss", "miss"),
    ]
    assert mistakes == []


def test_one_event_of_several_is_enough_for_a_hit(tmp_path):
    found, _, _ = verdicts(
        tmp_path, CASES.replace("[{base: GetObject}]", "[{base: PutObject}, {base: GetObject}]")
    )

    assert [verdict.passed for verdict in found] == [True, True]


FIRST = RULE.replace("eventName: GetObject", "s3.operation: read\n    s3.first_seen: true")
HISTORIES = """\
cases:
  - name: nobody came before
    expect: hit
    events: [{base: GetObject}]
  - name: the same role did in August
    expect: miss
    history: [{base: GetObject, at: "2026-08-25T08:00:00Z"}]
    events: [{base: GetObject}]
  - name: only in July, or it was another
    expect: hit
    history:
      - {base: GetObject, at: "2026-07-20T08:00:00Z"}
      - {base: GetObject, at: "2026-10-20T08:00:00Z", as: role/backup}
    events: [{base: GetObject}]
  - name: within these six hours
    expect: hit
    history: [{base: PutObject, at: "2026-11-20T07:00:00Z"}]
    events: [{base: GetObject}]
"""


def test_the_history_of_a_case_is_what_came_before(tmp_path):
    folder = write_folder(tmp_path, detections__unexpected=FIRST, tests__unexpected=HISTORIES)
    (folder / "tests" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    rules = compile_folder(folder, date(2026, 11, 20), Diagnostics()).ruleset.detections

    found = run_tests(folder, rules, diagnostics := Diagnostics())

    assert [(verdict.got, verdict.passed) for verdict in found] == [
        ("hit", True), ("miss", True), ("hit", True), ("hit", True)
    ]  # fmt: skip
    assert diagnostics.mistakes == []


def test_all_mistakes_of_a_test_file_are_reported(tmp_path):
    _, mistakes, _ = verdicts(
        tmp_path,
        """\
cases:
  - name: a
    expect: maybe
    events: [{base: GetObject, who: me}]
  - name: a
    expect: hit
    events: []
  - expects: hit
""",
    )

    assert mistakes == [
        "`expect: maybe`",
        "unknown key `who`",
        "no events",
        "unknown key `expects`",
        "no `expect`",
        "no events",
        "no `name`",
        "2 cases are named `a`",
    ]


def test_the_example_in_the_readme_comes_out_as_it_says(tmp_path):
    folder = tmp_path / "rules"
    shutil.copytree(RULES, folder)
    readme = (folder / "tests" / "README.md").read_text(encoding="utf-8")
    write_folder(folder, **{"tests__unexpected-read": readme.partition("```yaml\n")[2].partition("```")[0]})
    compiled = compile_folder(folder, date(2026, 11, 20), Diagnostics())
    rules = [rule for rule in compiled.ruleset.detections if rule.rule == "unexpected-read"]

    diagnostics = Diagnostics()
    found = list(run_tests(folder, rules, diagnostics))

    assert ([verdict.passed for verdict in found], diagnostics.mistakes) == ([True] * 5, [])


def test_tests_of_no_detection_are_a_mistake(tmp_path):
    folder = write_folder(tmp_path, tests__unexpectd=CASES)
    diagnostics = Diagnostics()

    check_names(folder, ["unexpected"], diagnostics)

    assert [(mistake.what, mistake.instead) for mistake in diagnostics.mistakes] == [
        ("these tests are for `unexpectd`, which is not a detection", "write `unexpected`")
    ]
