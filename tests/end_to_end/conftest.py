"""The command line, with the credentials of the local AWS, on the stack that several tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from s3watch.aws import clients

from tests.support.local_aws import Deployment


@pytest.fixture
def run(
    existing: Deployment, s3watch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Run a command line on the stack; returns what it printed, and fails if that fails."""

    def on_stack(*words: str) -> str:
        code, out, err = s3watch(*words, "--stack", existing.stack)
        assert code == 0, err
        return str(out)

    with credentials_of(existing, monkeypatch):
        yield on_stack


@contextmanager
def credentials_of(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line talks to a deployment's account."""
    for name, value in deployment.cloud.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.client.cache_clear()
    yield
    clients.client.cache_clear()
