from __future__ import annotations

from s3watch_cli.generate.parameter_defaults import render
from s3watch_cli.template_values import read_parameters
from samcli.cli.types import CfnParameterOverridesType
from samcli.yamlhelper import yaml_parse

from tests.support.project import ROOT


def test_the_file_is_that_of_the_template():
    assert (ROOT / "defaults.yaml").read_text(encoding="utf-8") == render(
        read_parameters(ROOT / "template.yaml")
    )


def test_sam_reads_every_default_from_it():
    declared = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
    read = CfnParameterOverridesType().convert(f"file://{ROOT / 'defaults.yaml'}", None, None)

    assert read == {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
