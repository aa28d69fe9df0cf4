"""The ledger's table on moto, as the commands of alerts find it, with groups to list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
from msgspec.structs import replace
from s3watch.aws import clients
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.ledger.groups import Group

from tests.support.hits import EVIDENCE, FIRST, make_group
from tests.support.ledger_table import TABLE
from tests.support.reviewed_bucket import ENVIRONMENT
from tests.support.sensitive import NOW


@pytest.fixture
def ledger(table: Any, monkeypatch: pytest.MonkeyPatch) -> DynamoDBStore:
    """The store, with credentials in the environment by which the command line reads it, too."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.client.cache_clear()
    yield DynamoDBStore(table, TABLE)
    clients.client.cache_clear()


@pytest.fixture
def put(ledger: DynamoDBStore) -> Callable[..., Group]:
    """Write a group: an open one whose first message is sent, unless it is changed."""

    def write(identity: str = FIRST, *, evidence: dict[str, Any] | None = None, **changes: Any) -> Group:
        group = replace(make_group(), id=identity, evidence=replace(EVIDENCE, **evidence or {}))
        ledger.write(None, replace(group, **changes), (), NOW)
        found = ledger.group(identity)
        assert found
        return found

    return write


@pytest.fixture
def run(ledger: DynamoDBStore, s3watch: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command line on the table: its exit code, standard output and standard error."""
    return partial(_run, s3watch)


def _run(s3watch: Callable[..., Any], *words: str) -> Any:
    return s3watch(*words, "--table", TABLE)
