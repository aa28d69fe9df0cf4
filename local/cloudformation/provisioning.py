"""The interface between ministack's CloudFormation and the provisioner of a resource type."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Properties = dict[str, Any]
Made = tuple[str, dict[str, str]]  # physical id, attributes
Create = Callable[[str, Properties, str], Made]


def ok(answer: tuple[int, Any, bytes]) -> dict[str, Any]:
    """Return the body of a service's answer; raises ValueError with its message if it refused."""
    status, _, body = answer
    told: dict[str, Any] = json.loads(body or b"{}")
    if status >= 400:
        raise ValueError(f"{told.get('__type')}: {told.get('message')}")
    return told
