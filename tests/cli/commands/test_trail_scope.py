"""`s3watch trail-scope`: what a trail by prefixes records, before and after it is deployed as one."""

from __future__ import annotations

import json

import pytest
from s3watch_cli.trail_scope.template_part import TRAIL

from tests.support.rule_folders import CATALOGUE, write_folder
from tests.support.shipped import shipped_trail

LEFT_OUT = """\
TrailScope=prefixes: frequent calls, such as reads and writes, are recorded under 1 prefix of 1 bucket only; \
elsewhere they alert nobody, and no search finds them
TrailScope=prefixes: detections that no longer see them elsewhere: reads
"""


@pytest.fixture
def project(project):
    """The project, with the template of the trail as it comes."""
    (project / "stacks").mkdir()
    (project / TRAIL).write_text(shipped_trail(), encoding="utf-8")
    return project


def set_parameters(project, text: str) -> None:
    config = f'[default.deploy.parameters]\nparameter_overrides = "{text}"\n'
    (project / "samconfig.toml").write_text(config, encoding="utf-8")


def test_what_would_be_recorded_is_listed_before_anybody_asks_for_it(project, s3watch):
    code, out, err = s3watch("trail-scope")

    assert (code, err) == (0, LEFT_OUT)
    assert json.loads(out) == {"bucket": "hr-data", "prefixes": ["payroll/"], "whole, because": ""}


def test_a_watched_bucket_without_an_entry_is_listed_as_recorded_whole(project, s3watch):
    set_parameters(project, "WatchedBuckets=hr-data,logs")
    _, out, _ = s3watch("trail-scope")

    assert [json.loads(line) for line in out.splitlines()][1] == {
        "bucket": "logs",
        "prefixes": [],
        "whole, because": "all of it is sensitive, by its entry or because it has none",
    }


def test_prefixes_are_written_for_an_environment_that_asks_for_them(project, s3watch):
    set_parameters(project, "WatchedBuckets=hr-data TrailScope=prefixes")
    _, _, err = s3watch("trail-scope", "--write")

    assert err.splitlines()[-1] == "stacks/trail.yaml written; build and deploy"
    assert ":::hr-data/payroll/" in (project / TRAIL).read_text(encoding="utf-8")


def test_without_one_the_file_is_written_as_it_comes(project, s3watch):
    _, _, err = s3watch("trail-scope", "--write")

    assert err.splitlines()[-1] == "stacks/trail.yaml written without prefixes; build and deploy"
    assert (project / TRAIL).read_text("utf-8") == shipped_trail()


def test_mistakes_in_the_rules_are_reported_and_nothing_is_written(project, s3watch):
    write_folder(project / "rules", catalogue=CATALOGUE.replace("name:", "nam:"))
    before = (project / TRAIL).read_text("utf-8")
    code, _, err = s3watch("trail-scope", "--write")

    assert (code, err.partition(":")[0]) == (1, "rules/catalogue.yaml")
    assert (project / TRAIL).read_text("utf-8") == before
