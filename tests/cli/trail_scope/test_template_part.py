"""What is written into stacks/trail.yaml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from s3watch.errors import SettingError
from s3watch_cli.trail_scope.prefixes import Scope
from s3watch_cli.trail_scope.template_part import BEGIN, END, replace
from samcli.yamlhelper import yaml_parse

from tests.support.event_selectors import TEMPLATE, Selectors, deploy_selectors

SCOPE = Scope({"finance": ("exports/",), "hr-data": ("cv/", "payroll/")}, {"logs": "a reason"})


def arns_of(selectors: Selectors, name: str) -> dict[str, list[str]] | None:
    """The operators on the resource's ARN of one selector."""
    for selector in selectors:
        if selector["Name"] == name:
            field = next(each for each in selector["FieldSelectors"] if each["Field"] == "resources.ARN")
            return {operator: values for operator, values in field.items() if operator != "Field"}
    return None


def test_prefixes_are_selected_of_the_buckets_that_have_some_and_whole_ones_of_the_others():
    selectors = deploy_selectors(["hr-data", "logs", "finance"], SCOPE)

    assert arns_of(selectors, "sensitive prefixes") == {
        "StartsWith": [
            "arn:aws:s3:::finance/exports/", "arn:aws:s3:::hr-data/cv/", "arn:aws:s3:::hr-data/payroll/"
        ],
        "NotStartsWith": ["Logs.Arn/"],
    }  # fmt: skip
    assert arns_of(selectors, "buckets recorded whole") == {
        "StartsWith": ["arn:aws:s3:::hr-data/", "arn:aws:s3:::logs/", "arn:aws:s3:::finance/"],
        "NotStartsWith": ["arn:aws:s3:::finance/", "arn:aws:s3:::hr-data/", "Logs.Arn/"],
    }


def test_of_a_bucket_that_the_stack_does_not_watch_nothing_is_recorded():
    selectors = deploy_selectors(["hr-data"], SCOPE)

    assert arns_of(selectors, "sensitive prefixes") == {
        "StartsWith": ["arn:aws:s3:::hr-data/cv/", "arn:aws:s3:::hr-data/payroll/"],
        "NotStartsWith": ["Logs.Arn/"],
    }


def test_a_stack_that_watches_none_of_them_has_no_selector_without_values():
    assert arns_of(deploy_selectors(["logs"], SCOPE), "sensitive prefixes") is None


def test_a_name_that_ends_alike_is_another_bucket():
    assert arns_of(deploy_selectors(["my-hr-data"], SCOPE), "sensitive prefixes") is None


def test_by_buckets_a_stack_records_the_same_whatever_prefixes_are_written():
    written = replace(TEMPLATE, SCOPE)

    assert deploy_selectors(["hr-data"], text=written) == deploy_selectors(["hr-data"])


def test_writing_again_changes_nothing_and_no_prefixes_are_the_file_as_it_comes():
    written = replace(TEMPLATE, SCOPE)

    assert replace(written, SCOPE) == written
    assert replace(written, Scope({}, {})) == replace(TEMPLATE, Scope({}, {}))


def test_a_template_that_lost_its_marks_is_refused():
    with pytest.raises(SettingError, match=f"lost its two lines `{BEGIN}`"):
        replace(TEMPLATE.replace(END, "", 1), SCOPE)


def every_or(node: object) -> list[list[object]]:
    if isinstance(node, list):
        return [found for each in node for found in every_or(each)]
    if not isinstance(node, dict):
        return []
    own = [node["Fn::Or"]] if "Fn::Or" in node else []
    return own + [found for each in node.values() for found in every_or(each)]


@pytest.mark.parametrize("number", [2, 10, 11, 101], ids=str)
def test_an_or_has_two_to_ten_alternatives_however_many_buckets_there_are(number):
    scope = Scope({f"bucket-{n:03}": ("a/",) for n in range(number)}, {})
    conditions = yaml_parse(replace(TEMPLATE, scope))["Conditions"]

    found = every_or(conditions["WatchesAny"])
    assert found
    assert {2 <= len(each) <= 10 for each in found} == {True}
    assert arns_of(deploy_selectors([f"bucket-{number - 1:03}"], scope), "sensitive prefixes")


@pytest.mark.parametrize("scope", [SCOPE, Scope({"hr-data": ("cv/",)}, {})], ids=["several", "one bucket"])
def test_the_written_template_is_one_that_cfn_lint_accepts(tmp_path, scope):
    (tmp_path / "trail.yaml").write_text(replace(TEMPLATE, scope), encoding="utf-8")

    lint = [Path(sys.executable).with_name("cfn-lint"), tmp_path / "trail.yaml"]
    result = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")
