"""Nested stacks end as on AWS: ministack deletes all that is in one, and nothing of one that was not created.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners, stacks

from local.cloudformation.provisioning import Create, Made, Properties

type Stack = dict[str, Any]
type Delete = Callable[[str, Properties], None]

NESTED = "AWS::CloudFormation::Stack"


def retained(stack: Stack, *, created_now: bool) -> Iterator[str]:
    """Yield the logical ids of the resources that stay when a stack is deleted.

    `RetainExceptOnCreate` retains nothing in the operation that created it.
    """
    for logical_id in stack["_resources"]:
        policy = _policy(stack, logical_id)
        if policy == "Retain" or (policy == "RetainExceptOnCreate" and not created_now):
            yield logical_id


def _policy(stack: Stack, logical_id: str) -> str:
    template = stack["_template"]
    policy: str = stacks._resource_policy(
        template["Resources"].get(logical_id), "DeletionPolicy", stack["_resources"],
        stack["_resolved_params"], stack["_conditions"], template.get("Mappings", {}), stack["StackName"],
        stack["StackId"],
    )  # fmt: skip
    return policy


def _is_rolled_back(stack: Stack) -> bool:
    """Tell whether a stack, or one that it is nested in, is being rolled back."""
    if "ROLLBACK" in stack["StackStatus"] and not stack["StackStatus"].endswith("ROLLBACK_COMPLETE"):
        return True
    parent = cloudformation._stacks.get(stack.get("_parent_stack_name"))
    return parent is not None and _is_rolled_back(parent)


def retaining(delete: Delete) -> Delete:
    """Wrap the deletion of a nested stack to leave what its template retains."""

    def deleted(physical_id: str, properties: Properties) -> None:
        stack = cloudformation._stacks.get(provisioners._nested_stack_lookup_name(physical_id))
        if stack and "_template" in stack:
            for logical_id in list(retained(stack, created_now=_is_rolled_back(stack))):
                _skip(stack, logical_id)
        delete(physical_id, properties)

    return deleted


def _skip(stack: Stack, logical_id: str) -> None:
    resource = stack["_resources"].pop(logical_id)
    stacks._add_event(
        stack["StackId"], stack["StackName"], logical_id, resource["ResourceType"], "DELETE_SKIPPED",
        physical_id=resource["PhysicalResourceId"],
    )  # fmt: skip


def rolling_back(create: Create, delete: Delete) -> Create:
    """Wrap the creation of a nested stack to delete what there is of one that failed."""

    def created(logical_id: str, properties: Properties, parent: str) -> Made:
        try:
            return create(logical_id, properties, parent)
        except Exception:
            for stack in list(cloudformation._stacks.values()):
                ours = stack["StackName"].startswith(f"{parent}-{logical_id}-")
                if ours and stack["StackStatus"] == "CREATE_FAILED":
                    stack["StackStatus"] = "ROLLBACK_IN_PROGRESS"
                    delete(stack["StackName"], properties)
            raise

    return created


def install() -> None:
    """Install both where ministack looks for them."""
    handlers = provisioners._RESOURCE_HANDLERS[NESTED]
    handlers["delete"] = retaining(handlers["delete"])
    handlers["create"] = rolling_back(handlers["create"], handlers["delete"])
