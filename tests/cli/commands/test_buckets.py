from __future__ import annotations

import pytest
from samcli.lib.config.samconfig import SamConfig

from tests.support.project import ROOT
from tests.support.rule_folders import CATALOGUE, write_folder


def test_buckets_lists_what_the_catalogue_names(project, s3watch):
    assert s3watch("buckets") == (0, '{"bucket":"hr-data","labels":["payroll"]}\n', "")


def test_buckets_fixes_what_compile_found(project, s3watch):
    write_folder(project / "rules", catalogue=CATALOGUE + "- {name: b, match: s3://b-data}\n")
    arguments = ("compile", "-o", "-", "--config", "samconfig.toml")

    before, fixed, after = s3watch(*arguments), s3watch("buckets", "--write"), s3watch(*arguments)

    assert (before[0], fixed[0], after[0]) == (1, 0, 0)
    assert "run `s3watch buckets --write`" in before[2]
    assert fixed[2].splitlines() == [
        "WatchedBuckets is b-data,hr-data in samconfig.toml; build and deploy to watch them",
        (
            "samconfig.toml: no AlertEmail where `default` is deployed: alerts reach nobody until someone"
            " subscribes to the stack's topics, nor do problems with s3watch itself;"
            " run `s3watch parameters AlertEmail=ADDRESS --write`"
        ),
    ]


def test_buckets_of_a_broken_catalogue_are_not_written(project, s3watch):
    before = (project / "samconfig.toml").read_text(encoding="utf-8")
    write_folder(project / "rules", catalogue="- {name: a, match: hr-data}\n")

    code, out, err = s3watch("buckets", "--write")

    assert (code, out) == (1, "")
    assert err == "rules/catalogue.yaml:1: `hr-data` is not s3://bucket/key; write s3://hr-data\n"
    assert (project / "samconfig.toml").read_text(encoding="utf-8") == before


SEVERAL = CATALOGUE.replace("severity", "region: eu-west-1\n  severity") + (
    "- {name: research, match: s3://research-data, region: us-east-1}\n- {name: b, match: s3://b-data}\n"
)
FIRST = '[default.deploy.parameters]\nregion = "eu-west-1"\nparameter_overrides = "WatchedBuckets=x"\n'


@pytest.fixture
def several(project):
    """A project with buckets in two Regions, of which one is deployed."""
    write_folder(project / "rules", catalogue=SEVERAL)
    (project / "samconfig.toml").write_text(FIRST, encoding="utf-8")
    return project


def test_each_region_gets_its_own_buckets_and_an_environment_of_its_own(several, s3watch):
    first, second = s3watch("buckets", "--write"), s3watch("buckets", "--write", "--env", "us-east-1")
    compiled = s3watch("compile", "-o", "-", "--config", "samconfig.toml")

    assert (first[0], second[0], compiled[0], compiled[2]) == (0, 0, 0, "")
    assert (several / "samconfig.toml").read_text(encoding="utf-8") == (
        FIRST.replace("=x", "=b-data,hr-data")
        + '\n[us-east-1.deploy.parameters]\nregion = "us-east-1"\n'
        + 'parameter_overrides = "WatchedBuckets=research-data"\n'
    )
    assert second[2].splitlines()[1] == (
        "WatchedBuckets is research-data in samconfig.toml;"
        " build, then `sam deploy --config-env us-east-1` to watch them"
    )


def test_a_bucket_whose_region_is_not_known_is_named_with_an_empty_one(several, s3watch):
    _, out, _ = s3watch("buckets")

    assert out == (
        '{"bucket":"b-data","region":"","labels":["b"]}\n'
        '{"bucket":"hr-data","region":"eu-west-1","labels":["payroll"]}\n'
        '{"bucket":"research-data","region":"us-east-1","labels":["research"]}\n'
    )


def test_an_environment_without_a_region_is_not_guessed_at(several, s3watch):
    (several / "samconfig.toml").write_text(FIRST.replace('region = "eu-west-1"\n', ""), encoding="utf-8")

    code, _, err = s3watch("buckets", "--write")

    assert code == 1
    assert err.startswith(
        "samconfig.toml: the environment `default` names no region, but entries of the catalogue"
    )


def test_an_environment_for_which_there_is_no_bucket_is_not_added(several, s3watch):
    s3watch("buckets", "--write")

    code, _, err = s3watch("buckets", "--write", "--env", "ap-southeast-2")

    assert (code, err) == (
        1,
        (
            "nothing was written for the environment `ap-southeast-2`: each bucket of the catalogue is in"
            " another Region, or another environment watches it\n"
        ),
    )
    assert "ap-southeast-2" not in (several / "samconfig.toml").read_text(encoding="utf-8")


def test_a_new_environment_deploys_what_was_built(project, s3watch):
    config = project / "samconfig.toml"
    text = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    config.write_text(
        text.replace('WatchedBuckets = "hr-data,finance-exports"', 'WatchedBuckets = "x"'), encoding="utf-8"
    )

    code, _, _ = s3watch("buckets", "--write", "--env", "staging")

    sam = SamConfig(project)
    before, added = (sam.get_all(["deploy"], "parameters", env) for env in ("default", "staging"))
    overrides = before["parameter_overrides"] | {"WatchedBuckets": "hr-data"}
    assert (code, added) == (0, before | {"parameter_overrides": overrides})


def test_a_second_stack_of_a_region_gets_what_the_first_does_not_watch(several, s3watch):
    second = '\n[second.deploy.parameters]\nregion = "eu-west-1"\nstack_name = "second"\n'
    watched = FIRST.replace("=x", "=hr-data")
    (several / "samconfig.toml").write_text(watched + second, encoding="utf-8")

    code, _, _ = s3watch("buckets", "--write", "--env", "second")

    assert code == 0
    assert (several / "samconfig.toml").read_text(encoding="utf-8") == (
        f'{watched}{second}parameter_overrides = "WatchedBuckets=b-data"\n'
    )


def test_where_a_bucket_went_whose_region_nobody_names_is_said(several, s3watch):
    _, _, err = s3watch("buckets", "--write")

    assert err.splitlines()[-3] == (
        "no entry names the Region of b-data: watched by the environment `default`, in eu-west-1;"
        " if one is elsewhere, write `region:` into its entry, and run this again for both"
    )


def test_a_misspelled_region_is_said_where_it_is_written_and_where_it_is_asked_for(several, s3watch):
    catalogue = SEVERAL.replace("region: us-east-1", "region: us-esat-1")
    write_folder(several / "rules", catalogue=catalogue)

    code, _, err = s3watch("buckets", "--write", "--env", "us-esat-1")

    odd = "`us-esat-1` is not a Region that is known here; write `us-east-1`, unless it is newer"
    [catalogued, asked] = [line for line in err.splitlines() if odd in line]
    assert (code, catalogued.split(" `")[0]) == (0, "rules/catalogue.yaml:5: warning:")
    assert asked.startswith(f"samconfig.toml: {odd}")
