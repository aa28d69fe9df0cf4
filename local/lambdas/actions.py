"""The IAM actions of calls on a function's reserved concurrency, of which ministack knows one for all three.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from __future__ import annotations

from collections.abc import Callable

from ministack.core import iam_actions

type ActionOf = Callable[[str, str], str | None]

VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}


def telling_apart(action_of: ActionOf) -> ActionOf:
    """Wrap what names the action of a call by its method and path."""

    def action(method: str, path: str) -> str | None:
        found = action_of(method, path)
        is_one = found == "PutFunctionConcurrency"
        return f"{VERBS.get(method, 'Put')}FunctionConcurrency" if is_one else found

    return action


def install() -> None:
    """Replace ministack's."""
    iam_actions._lambda_action = telling_apart(iam_actions._lambda_action)
