"""A trail's selectors, as deployed, and CloudTrail's semantics of them a second time, from its guide only.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from s3watch_cli.trail_scope.prefixes import Scope
from s3watch_cli.trail_scope.template_part import TRAIL, replace

from local.cloudtrail import trail
from tests.support.cloudformation import deploy_text
from tests.support.project import ROOT

type Selectors = Sequence[Mapping[str, Any]]

TEMPLATE = (ROOT / TRAIL).read_text(encoding="utf-8")


def deploy_selectors(
    watched: Sequence[str], scope: Scope | None = None, text: str = "", **given: str
) -> Selectors:
    """The selectors of a stack that watches these buckets: by bucket, or by the prefixes of a scope."""
    arns = ",".join(f"arn:aws:s3:::{bucket}" for bucket in watched)
    written = text or replace(TEMPLATE, scope or Scope({}, {}))
    by = "bucket" if scope is None else "prefixes"
    stack = deploy_text(written, TrailName="s3watch", BucketArns=arns, Scope=by, **given)
    selectors: Selectors = stack["Trail"]["AdvancedEventSelectors"]
    return selectors


def selects(selectors: Selectors, record: Mapping[str, Any]) -> bool:
    """Whether a trail records an event; both implementations have to agree."""
    here, there = any(_selects(each, record) for each in selectors), trail.logs(selectors, record)
    assert here == there, f"the implementations disagree: {here} here, {there} on the local AWS"
    return here


def _selects(selector: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    fields = {each["Field"]: each for each in selector["FieldSelectors"]}
    (kind,) = fields.get("resources.type", {"Equals": [""]})["Equals"]
    known = {
        "eventCategory": [record["eventCategory"]],
        "eventName": [record["eventName"]],
        "readOnly": [{True: "true", False: "false"}[record["readOnly"]]],
        "resources.type": [one["type"] for one in record["resources"]],
        "resources.ARN": [
            one.get("ARN", one.get("ARNPrefix")) for one in record["resources"] if one["type"] == kind
        ],
    }
    return all(_chosen(field, known[name]) for name, field in fields.items())


def _chosen(field: Mapping[str, Any], values: Sequence[str]) -> bool:
    """Any of the values may be wanted, and none of them unwanted; where nothing is wanted, everything is."""

    def found(negation: str) -> bool:
        return any(
            value == wanted for value in values for wanted in field.get(f"{negation}Equals", ())
        ) or any(value.startswith(tuple(field.get(f"{negation}StartsWith", ()))) for value in values)

    return (found("") or not field.keys() & {"Equals", "StartsWith"}) and not found("Not")


def count_values(selectors: Selectors) -> int:
    """How many values the selectors have, of which CloudTrail allows 500."""
    fields = [field for each in selectors for field in each["FieldSelectors"]]
    return sum(len(values) for field in fields for name, values in field.items() if name != "Field")
