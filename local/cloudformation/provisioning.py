"""What ministack's CloudFormation gives a type's provisioner, and wants from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]  # physical id, attributes
Create = Callable[[str, Properties, str], Made]


def ok(answer: tuple[int, Any, bytes]) -> dict[str, Any]:
    """The body of a service's answer; a refusal fails the resource with the service's own words."""
    status, _, body = answer
    told: dict[str, Any] = json.loads(body or b"{}")
    if status >= 400:
        raise ValueError(f"{told.get('__type')}: {told.get('message')}")
    return told
