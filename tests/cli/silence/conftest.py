"""A rules folder, and the table in which a stack has counted what its exceptions and trials silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest
from s3watch.aws import clients
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch_cli import compiler
from s3watch_cli.silence import exceptions, trials

from tests.support.ledger_table import TABLE
from tests.support.reviewed_bucket import ENVIRONMENT

TODAY = date(2026, 11, 21)  # the day after the records of tests


@pytest.fixture
def ledger(table: Any, monkeypatch: pytest.MonkeyPatch) -> DynamoDBStore:
    """The store, with credentials in the environment by which the command line reads it, too."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for module in (compiler, exceptions, trials):
        monkeypatch.setattr(module, "today", lambda: TODAY)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.client.cache_clear()
    yield DynamoDBStore(table, TABLE)
    clients.client.cache_clear()


@pytest.fixture
def run(ledger: DynamoDBStore, project: Path, s3watch: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command line in the project, on the table: exit code, standard output and standard error."""

    def on_table(*words: str) -> Any:
        return s3watch(*words, "--table", TABLE)

    return on_table
