"""The build with TrailScope=prefixes: a stale template is refused, and what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from s3watch_cli.trail_scope.template_part import BEGIN, TRAIL

from tests.support.command_line import TEMPLATE
from tests.support.rule_folders import CATALOGUE, write_folder
from tests.support.shipped import shipped_trail

BY_PREFIXES = """\
[default.deploy.parameters]
parameter_overrides = "WatchedBuckets=hr-data TrailScope=prefixes"
"""
STALE = (
    "the prefixes are not those of rules/catalogue.yaml; run `s3watch trail-scope --write`, then build again"
)
ONLY = (
    "TrailScope=prefixes: frequent calls, such as reads and writes, are recorded under 1 prefix of 1 bucket"
    " only; elsewhere they alert nobody, and no search finds them"
)


@pytest.fixture
def by_prefixes(project: Path) -> Path:
    """The project, deployed by prefixes, with the template of the trail as it comes."""
    (project / "samconfig.toml").write_text(BY_PREFIXES, encoding="utf-8")
    scope = "Parameters:\n  TrailScope: {Type: String, Default: bucket}\n"
    (project / "template.yaml").write_text(TEMPLATE.replace("Parameters:\n", scope), encoding="utf-8")
    (project / "stacks").mkdir()
    (project / TRAIL).write_text(shipped_trail(), encoding="utf-8")
    return project


def compile_(s3watch) -> tuple[int, list[str]]:
    code, _, err = s3watch("compile", "--config", "samconfig.toml")
    return code, [line for line in err.splitlines() if "samconfig.toml" not in line]


def test_prefixes_that_were_not_written_stop_the_build(by_prefixes, s3watch):
    line = (by_prefixes / TRAIL).read_text("utf-8").partition(BEGIN)[0].count("\n") + 1

    assert compile_(s3watch) == (1, [f"stacks/trail.yaml:{line}: {STALE}"])


def test_so_does_a_catalogue_that_was_changed_since(by_prefixes, s3watch):
    s3watch("trail-scope", "--write")
    assert compile_(s3watch)[0] == 0

    write_folder(by_prefixes / "rules", catalogue=CATALOGUE.replace("payroll/*", "cv/*"))
    assert STALE in compile_(s3watch)[1][0]


def test_so_do_prefixes_that_no_deployment_asks_for_any_more(by_prefixes, s3watch):
    s3watch("trail-scope", "--write")
    samconfig = by_prefixes / "samconfig.toml"
    samconfig.write_text(BY_PREFIXES.replace("prefixes", "bucket"), encoding="utf-8")

    assert STALE in compile_(s3watch)[1][0]
    s3watch("trail-scope", "--write")
    assert compile_(s3watch)[0] == 0


def test_a_list_of_buckets_instead_of_deployments_says_nothing_of_scopes(by_prefixes, s3watch):
    s3watch("trail-scope", "--write")

    assert s3watch("compile", "--watched", "hr-data")[0] == 0


def test_a_template_that_lost_its_marks_stops_the_build(by_prefixes, s3watch):
    (by_prefixes / TRAIL).write_text("Resources: {}\n", encoding="utf-8")

    assert "has lost its two lines" in compile_(s3watch)[1][0]


def test_the_build_says_what_is_left_out_and_which_rules_no_longer_see_it(by_prefixes, s3watch):
    s3watch("trail-scope", "--write")

    assert compile_(s3watch)[1][1:] == [
        ONLY,
        "TrailScope=prefixes: detections that no longer see them elsewhere: reads",
    ]


def test_the_build_says_which_buckets_are_recorded_whole_and_why(by_prefixes, s3watch):
    write_folder(by_prefixes / "rules", catalogue=CATALOGUE.replace("payroll/*", "*.csv"))
    s3watch("trail-scope", "--write")

    why = "`s3://hr-data/*.csv` has no prefix that a trail can select"
    assert compile_(s3watch)[1][2:] == [f"TrailScope=prefixes: hr-data is recorded whole: {why}"]


def test_the_prefixes_of_an_existing_trail_are_its_own(by_prefixes, s3watch):
    samconfig = by_prefixes / "samconfig.toml"
    samconfig.write_text(BY_PREFIXES.replace("prefixes", "prefixes ExistingTrail=ours"), encoding="utf-8")
    code, _, err = s3watch("compile", "--config", "samconfig.toml")

    assert code == 0
    assert "samconfig.toml:2: warning: TrailScope=prefixes has no effect: the trail is ours" in err


def test_by_buckets_the_build_says_nothing_of_it(project, s3watch):
    assert compile_(s3watch) == (
        0,
        ["1 detection, 1 catalogue entry in 1 bucket, 0 exceptions: rules/rules.json"],
    )
