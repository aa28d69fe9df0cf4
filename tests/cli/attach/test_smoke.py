"""`s3watch smoke` where it can not begin; on a deployment: tests/end_to_end/test_canary.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.cloud import Cloud
from local.settings import client_environment

NOTHING = "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"
OUTPUTS = "Outputs:\n  CanaryBucket: {Value: canary}\n  Ledger: {Value: ledger}\n"


@pytest.fixture
def run(cloud: Cloud, s3watch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run `s3watch smoke` on a stack of a template: exit code, and standard error."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    stacks = cloud.client("cloudformation")

    def on_stack(template: str) -> tuple[int, str]:
        stacks.create_stack(StackName="smoked", TemplateBody=template)
        code, _, err = s3watch("smoke", "--stack", "smoked")
        return code, err

    yield on_stack
    stacks.delete_stack(StackName="smoked")


def test_a_stack_without_a_canary_is_told_how_to_get_one(run: Any):
    assert run(NOTHING) == (
        1, "the stack smoked has no canary; deploy it with Canary=own-trail, or any-trail\n"
    )  # fmt: skip


def test_a_function_that_is_not_there_is_named_in_one_line(run: Any):
    code, err = run(NOTHING + OUTPUTS)

    assert (code, err.startswith("smoked-read-canary: "), err.count("\n")) == (1, True, 1)
