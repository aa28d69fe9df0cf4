"""Parameters of the templates, as whoever deploys them is told about them."""

from __future__ import annotations

import pytest
from samcli.yamlhelper import yaml_parse

from tests.support.project import ROOT

TEMPLATES = sorted(["template.yaml", *(f"stacks/{path.name}" for path in ROOT.glob("stacks/*.yaml"))])


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_every_pattern_of_a_parameter_is_also_said_in_words(path):
    declared = yaml_parse((ROOT / path).read_text(encoding="utf-8")).get("Parameters", {})

    bare = [
        name
        for name, spec in declared.items()
        if "AllowedPattern" in spec and "ConstraintDescription" not in spec
    ]

    assert bare == []
