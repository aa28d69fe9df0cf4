"""The attributes of what is unchanged in a nested stack, which ministack forgets when it updates the stack.

A top-level update hands them on; that of a nested stack does not, and whatever refers to them fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

from local.cloudformation.provisioning import Made, Properties

_known: dict[tuple[str, ...], dict[str, str]] = {}  # of each resource of a nested stack


def _key(resource_type: str, physical_id: str) -> tuple[str, ...]:
    return get_account_id(), get_region(), resource_type, physical_id


def remembering(provision: Callable[..., Made]) -> Callable[..., Made]:
    """Wrap the creation of a resource to remember its attributes."""

    def provisioned(resource_type: str, *given: Any) -> Made:
        made = provision(resource_type, *given)
        _known[_key(resource_type, made[0])] = made[1]
        return made

    return provisioned


def handing_on(update: Callable[..., Made]) -> Callable[..., Made]:
    """Wrap the update of a resource to hand on the attributes that it had."""

    def updated(
        resource_type: str,
        physical_id: str,
        old_props: Properties,
        new_props: Properties,
        stack_name: str,
        logical_id: str | None = None,
        old_attrs: dict[str, str] | None = None,
    ) -> Made:
        known = old_attrs or _known.get(_key(resource_type, physical_id))
        made = update(resource_type, physical_id, old_props, new_props, stack_name, logical_id, known)
        _known[_key(resource_type, made[0])] = made[1]
        return made

    return updated


def install() -> None:
    """Install both where nested stacks call them."""
    provisioners._provision_resource = remembering(provisioners._provision_resource)
    provisioners._update_resource = handing_on(provisioners._update_resource)
