"""samconfig.toml as `sam deploy` reads it: one environment, and nothing of any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from s3watch_cli.samconfig import add_environment, write_watched
from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig

from tests.support.cloudformation import deploy
from tests.support.project import ROOT
from tests.support.shipped import shipped_samconfig

EXAMPLE = "us-east-1"
SHIPPED = shipped_samconfig()


def uncommented() -> str:
    """The file with its example of a second Region put to use."""
    _, _, rest = SHIPPED.partition(f"# [{EXAMPLE}.deploy.parameters]")
    example = "\n".join(line for line in rest.splitlines() if line.startswith("#"))
    lines = [
        line.removeprefix("#").removeprefix(" ") for line in example.partition("# `sam local")[0].splitlines()
    ]
    return "\n".join([SHIPPED, f"[{EXAMPLE}.deploy.parameters]", *lines, ""])


def options(folder: Path, text: str, env: str) -> dict[str, Any]:
    """What `sam deploy --config-env ENV` reads."""
    (folder / "samconfig.toml").write_text(text, encoding="utf-8")
    return dict(SamConfig(folder).get_all(["deploy"], "parameters", env))


def test_sam_reads_nothing_of_the_default_environment_for_another(tmp_path):
    assert options(tmp_path, SHIPPED, EXAMPLE) == {}


def test_the_example_of_a_second_region_says_all_that_the_first_does(tmp_path):
    first, second = (options(tmp_path, uncommented(), env) for env in ("default", EXAMPLE))

    watched = {"WatchedBuckets": "research-data"}
    assert second == first | {
        "region": EXAMPLE, "parameter_overrides": first["parameter_overrides"] | watched
    }  # fmt: skip


def test_the_example_is_what_the_command_writes(tmp_path):
    path = tmp_path / "samconfig.toml"
    path.write_text(SHIPPED, encoding="utf-8")

    add_environment(path, EXAMPLE, EXAMPLE)
    write_watched(path, ["research-data"], EXAMPLE)

    written = path.read_text(encoding="utf-8").removeprefix(SHIPPED)
    assert "\n".join(f"# {line}".rstrip() for line in written.strip().splitlines()) in SHIPPED


@pytest.mark.parametrize("env", ["default", EXAMPLE], ids=str)
def test_an_environment_deploys_what_was_built_with_its_parameters(tmp_path, monkeypatch, env):
    read = options(tmp_path, uncommented(), env)
    monkeypatch.chdir(ROOT)  # where `sam` looks for what is included
    given = CfnParameterOverridesType().convert(read["parameter_overrides"], None, None)

    assert read["template"] == ".aws-sam/build/template.yaml"
    assert {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"} == set(read["capabilities"].split())
    assert deploy(
        "template.yaml", **given, StackName=read["stack_name"], Region=read.get("region", "eu-west-1")
    )
