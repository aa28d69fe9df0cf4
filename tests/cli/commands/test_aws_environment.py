"""Without what the SDK needs from its environment, each command that calls AWS says so in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from s3watch.aws import clients

COMMANDS = {
    "alerts": ("alerts",),
    "verdict": ("verdict", "01KAG3Z5B0M4YQ8ZJ1T6W9XH2V", "expected"),
    "show": ("show", "01KAG3Z5B0M4YQ8ZJ1T6W9XH2V"),
    "attach": ("attach", "hr-data", "--events"),
    "attach --access-logs": ("attach", "hr-data", "--access-logs"),
    "attach --trail": ("attach", "--trail", "audit"),
    "detach": ("detach", "hr-data"),
    "remediation": ("remediation", "revert", "hr-data"),
    "remediation --table": ("remediation", "revert", "hr-data", "--table", "ledger"),
}
every_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No settings of AWS, neither in the environment nor in files."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.chdir(tmp_path)
    clients.client.cache_clear()
    yield
    clients.client.cache_clear()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch):
    """An account of moto's, with credentials and without any resource."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_aws():
        yield


@every_command
def test_without_a_region_one_line_says_how_to_set_one(s3watch, account, command):
    told = s3watch(*command)

    assert told == (1, "", "the account: no Region is set; set one with --region or AWS_REGION\n")


@every_command
def test_without_credentials_one_line_says_so(s3watch, command):
    code, out, err = s3watch(*command, "--region", "eu-west-1")

    assert (code, out) == (1, "")
    assert err.partition(": ")[2] == "no AWS credentials found; log in, or use --profile\n"


@every_command
def test_a_profile_that_is_not_there_is_named(s3watch, command):
    told = s3watch(*command, "--profile", "nobody", "--region", "eu-west-1")

    assert told == (1, "", "the account: The config profile (nobody) could not be found\n")


@pytest.mark.parametrize(
    "command",
    [("remediation", "revert", "hr-data"), ("alerts",), ("alerts", "--all"), ("show", "01KAG3Z5B0M4")],
    ids=["remediation", "alerts", "alerts --all", "show"],
)
def test_a_table_that_is_not_there_is_named(s3watch, account, monkeypatch, command):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")  # which boto3 itself does not know
    code, out, err = s3watch(*command, "--table", "nope")

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("the table nope: no such table in this account and Region; check --table")
