"""URLs of nested templates as sam writes them for AWS; `sam delete` can parse no others.

sam makes them of the endpoint that it uploaded to: https://s3.REGION.amazonaws.com/BUCKET/KEY there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region
from ministack.services.cloudformation import handlers

from local.settings import Settings

type Answer = tuple[int, Any, bytes]
type Call = Callable[[dict[str, Any]], Answer]


def as_on_aws(call: Call, endpoint: str) -> Call:
    """Wrap a call to answer with the URLs that a template would have on AWS."""

    def called(params: dict[str, Any]) -> Answer:
        status, headers, body = call(params)
        there = f"https://s3.{get_region()}.amazonaws.com"
        return status, headers, body.replace(f"{endpoint}/".encode(), f"{there}/".encode())

    return called


def install(settings: Settings) -> None:
    """Install it for GetTemplate, which `sam delete` reads."""
    calls = handlers._ACTION_HANDLERS
    calls["GetTemplate"] = as_on_aws(calls["GetTemplate"], settings.endpoint)
