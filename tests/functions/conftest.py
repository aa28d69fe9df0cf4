"""No function makes a call, in any test of this folder, that its role may not make."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from s3watch.aws import clients

from tests.support.permissions import CALLS

_APP = re.compile(r"functions/(\w+)/app\.py$")
_NAMES = {re.sub("(?<!^)(?=[A-Z])", "_", name).lower(): name for name in CALLS}  # by folder


@pytest.fixture(autouse=True)
def calls_that_are_allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str]]]:
    """Note the calls of each function by its handler's place on the stack."""
    made = set[tuple[str, str]]()

    def client(service: str, *given: Any, **more: Any) -> Any:
        one = boto3.client(service, *given, **more)
        methods = {operation: method for method, operation in one.meta.method_to_api_mapping.items()}

        def note(model: Any, **_: Any) -> None:
            made.update((name, f"{service}.{methods[model.name]}") for name in _running())

        one.meta.events.register("before-parameter-build.*.*", note)
        return one

    monkeypatch.setattr(clients, "boto3", SimpleNamespace(client=client))
    yield made
    assert [(name, call) for name, call in sorted(made) if call not in CALLS[name]] == []


def _running() -> Iterator[str]:
    """Yield the function whose handler is running, if one is."""
    frame = inspect.currentframe()
    while frame:
        app = _APP.search(frame.f_code.co_filename)
        if app and app[1] in _NAMES:
            yield _NAMES[app[1]]
        frame = frame.f_back
