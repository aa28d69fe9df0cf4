from __future__ import annotations

import json
import shutil

import pytest
from samcli.lib.config.samconfig import SamConfig
from samcli.yamlhelper import yaml_parse

from tests.support.project import ROOT
from tests.support.shipped import shipped_samconfig

DECLARED = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
GUIDED = {name: str(one.get("Default", "")) for name, one in DECLARED.items()}  # as nothing is answered
CONFIG = ("--config", "samconfig.toml")
INCLUDE = {"$include": "file://defaults.yaml"}
NOBODY = (
    "samconfig.toml: no AlertEmail where `default` is deployed: alerts reach nobody until someone subscribes"
    " to the stack's topics, nor do problems with s3watch itself;"
    " run `s3watch parameters AlertEmail=ADDRESS --write`"
)


@pytest.fixture
def shipped(project):
    """The project's own templates and samconfig.toml."""
    (project / "samconfig.toml").write_text(shipped_samconfig(), encoding="utf-8")
    for name in ("template.yaml", "defaults.yaml"):
        shutil.copy(ROOT / name, project / name)
    shutil.copytree(ROOT / "stacks", project / "stacks")
    return project


def overrides(project, env="default"):
    """The parameters as `sam deploy` reads them."""
    return SamConfig(project).get_all(["deploy"], "parameters", env)["parameter_overrides"]


def guide(project, **answers):
    """Write what `sam deploy --guided` writes, with these answers and else the defaults that it offers."""
    given = GUIDED | {"WatchedBuckets": "hr-data"} | answers
    sam = SamConfig(project)
    text = " ".join(f'{name}="{value}"' for name, value in given.items())
    sam.put(["deploy"], "parameters", "parameter_overrides", text)
    sam.flush()


def test_every_parameter_is_shown_with_its_value_and_its_default(shipped, s3watch):
    code, out, err = s3watch("parameters")
    rows = {row["parameter"]: row for row in map(json.loads, out.splitlines())}

    assert (code, err.splitlines(), rows.keys()) == (0, [NOBODY], DECLARED.keys())
    assert rows["WatchedBuckets"]["value"] == "hr-data,finance-exports"
    assert rows["TrailRetentionDays"] == {
        "parameter": "TrailRetentionDays", "value": "365", "default": "365",
        "description": "How many days our own trail's log files are kept.",
    }  # fmt: skip


def test_an_address_is_written_where_sam_reads_it_and_nothing_else_is_touched(shipped, s3watch):
    before, text = overrides(shipped), (shipped / "samconfig.toml").read_text(encoding="utf-8")

    code, out, err = s3watch("parameters", "AlertEmail=a@example.com", "--write")

    shown = [(row["parameter"], row["value"]) for row in map(json.loads, out.splitlines())]
    assert (code, err) == (0, "samconfig.toml: AlertEmail written; build and deploy\n")
    assert shown == [("AlertEmail", "a@example.com")]
    assert overrides(shipped) == before | {"AlertEmail": "a@example.com"}
    assert (shipped / "samconfig.toml").read_text(encoding="utf-8") == text.replace(
        'AlertEmail = ""', 'AlertEmail = "a@example.com"', 1
    )


def test_there_must_be_something_to_write(shipped, s3watch):
    code, out, err = s3watch("parameters", "--write")

    assert (code, out, err) == (
        1, "", "nothing to write: name values, such as AlertEmail=security@example.com\n"
    )  # fmt: skip


def test_without_write_nothing_is_written(shipped, s3watch):
    before = (shipped / "samconfig.toml").read_bytes()

    _, out, err = s3watch("parameters", "AlertEmail=a@example.com")

    assert '"value":"a@example.com"' in out
    assert (err, (shipped / "samconfig.toml").read_bytes()) == ("nothing was written; add --write\n", before)


def test_a_value_that_nested_stacks_are_handed_too_is_refused_once(shipped, s3watch):
    _, _, err = s3watch("parameters", "AccessLogDays=ninety", "--write")

    assert err == "AccessLogDays is `ninety`; write a number\n"


def test_a_parameter_that_is_given_twice_is_refused(shipped, s3watch):
    code, _, err = s3watch("parameters", "TimeZone=UTC", "TimeZone=Europe/Berlin", "Analytics", "--write")

    assert (code, err.splitlines()) == (
        1,
        [
            "Analytics is not NAME=VALUE; write AlertEmail=security@example.com, for example",
            "TimeZone is given 2 times; name one value",
        ],
    )


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("AlertEmial=a@example.com", "no parameter `AlertEmial`, and SAM would drop it; write `AlertEmail`"),
        ("AlertEmail=ADDRESS", "AlertEmail is `ADDRESS`; it must be one e-mail address"),
        ("Analytics", "Analytics is not NAME=VALUE"),
    ],
    ids=["a name", "a value", "no value"],
)
def test_what_would_be_refused_is_not_written(shipped, s3watch, setting, said):
    before = (shipped / "samconfig.toml").read_bytes()

    code, _, err = s3watch("parameters", setting, "--write")

    assert (code, said in err, (shipped / "samconfig.toml").read_bytes()) == (1, True, before)


def test_the_build_says_that_guided_wrote_defaults_down_and_the_command_it_names_deletes_them(
    shipped, s3watch
):
    guide(shipped, AlertEmail="a@example.com", TimeZone="Europe/Berlin")
    repeated = len(DECLARED) - len({"AlertEmail", "TimeZone", "WatchedBuckets", "TrailAlsoRecords"})

    _, _, before = s3watch("compile", *CONFIG)
    code, _, said = s3watch("parameters", "--drop-defaults")
    _, _, after = s3watch("compile", *CONFIG)

    assert f"{repeated} parameters of `default` only repeat the template's defaults" in before
    assert "run `s3watch parameters --drop-defaults`" in before
    assert (code, said.splitlines()) == (
        0, [f"samconfig.toml: {repeated} parameters deleted that only repeated the template's default"],
    )  # fmt: skip
    assert overrides(shipped) == INCLUDE | {
        "WatchedBuckets": "hr-data",
        "AlertEmail": "a@example.com",
        "TimeZone": "Europe/Berlin",
        "TrailAlsoRecords": "management",  # which the build wants to be said
    }
    assert "only repeat" not in after


def test_a_parameter_that_an_upgrade_took_away_stops_the_build_until_it_is_deleted(shipped, s3watch):
    guide(shipped, RecorderExists="true", AlertEmial="a@example.com")

    code, _, before = s3watch("compile", *CONFIG)
    _, _, said = s3watch("parameters", "--drop-defaults")

    assert code == 1
    assert "`RecorderExists`, and SAM would drop it; delete it: CHANGELOG.md says if another one" in before
    assert "RecorderExists=true deleted, which the template does not have; see CHANGELOG.md" in said
    assert overrides(shipped).keys() == {*INCLUDE, "WatchedBuckets", "TrailAlsoRecords", "AlertEmial"}


def test_an_environment_of_a_samconfig_that_is_not_there_is_named(shipped, s3watch):
    code, _, err = s3watch("parameters", "--env", "prod")

    assert (code, err) == (1, "samconfig.toml has no environment `prod`, only default\n")
