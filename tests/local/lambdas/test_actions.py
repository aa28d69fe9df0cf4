from __future__ import annotations

import pytest

from local.lambdas.actions import telling_apart


@pytest.mark.parametrize(
    ("method", "found", "action"),
    [
        ("GET", "PutFunctionConcurrency", "GetFunctionConcurrency"),
        ("PUT", "PutFunctionConcurrency", "PutFunctionConcurrency"),
        ("DELETE", "PutFunctionConcurrency", "DeleteFunctionConcurrency"),
        ("GET", "GetPolicy", "GetPolicy"),
        ("GET", None, None),
    ],
    ids=["read", "set", "removed", "another call", "unknown"],
)
def test_calls_on_the_concurrency_of_a_function_are_told_apart(method, found, action):
    assert telling_apart(lambda *_: found)(method, "/functions/detect/concurrency") == action
