"""Parameters of the templates, as whoever deploys them is told about them."""

from __future__ import annotations

import re

import pytest
from samcli.yamlhelper import yaml_parse

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

DOCS = "".join((ROOT / path).read_text("utf-8") for path in ("docs/deploying.md", "docs/operations.md"))
DECLARED = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
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


@pytest.mark.parametrize("page", ["README.md", "docs/deploying.md"], ids=str)
def test_their_number_is_the_one_that_guided_is_said_to_ask_for(page):
    assert re.findall(r"(\d+) parameters", (ROOT / page).read_text("utf-8")) in (
        [str(len(DECLARED))], 2 * [str(len(DECLARED))]
    )  # fmt: skip


@pytest.mark.parametrize("name", DECLARED, ids=str)
def test_every_parameter_is_in_the_docs(name):
    assert re.search(rf"`{name}[=`]", DOCS)


def test_the_docs_say_the_defaults_that_the_template_has():
    said = dict(re.findall(r"`(\w+)` \(`([^`]+)`\)", DOCS))

    assert len(said) > 10
    assert said == {name: str(DECLARED[name]["Default"]) for name in said}


@pytest.mark.parametrize(
    "given", [{"VpcSubnets": "subnet-1,subnet-2"}, {"VpcSecurityGroups": "sg-1"}], ids=["subnets", "groups"]
)
def test_half_a_vpc_is_refused_by_the_template_itself(given):
    with pytest.raises(AssertionError, match="name both VpcSubnets and VpcSecurityGroups, or neither"):
        deploy("template.yaml", WatchedBuckets="hr-data", **given)

    deploy("template.yaml", WatchedBuckets="hr-data", VpcSubnets="subnet-1", VpcSecurityGroups="sg-1,sg-2")


# Free text, or what another check than a pattern knows: time zones, the build.
FREE = {"TimeZone", "QueryResults", "ExistingTrailBucket", "OrganizationId", "OrganizationAccounts"}
FREE |= {"TrailRegions", "AccessLogBucket"}  # these six by the nested stack that alone uses them


def test_no_parameter_takes_just_anything():
    anything = {
        name
        for name, spec in DECLARED.items()
        if spec["Type"] != "Number" and not spec.keys() & {"AllowedPattern", "AllowedValues"}
    }

    assert anything == FREE
