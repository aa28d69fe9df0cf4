"""The function RelayFinding, invoked as Lambda does, against moto."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch import application
from s3watch.aws import clients
from s3watch.errors import RecordError, UnavailableError
from s3watch.ruleset import dump
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from functions.relay_finding import app
from tests.support.ledger_table import TABLE, group_ids, make_table
from tests.support.project import CATALOGUE, ROOT, RULES
from tests.support.sample_findings import guardduty

# A handler that raises has measured nothing
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
CONTEXT = SimpleNamespace(
    function_name="s3watch", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="id"
)
QUEUES = "https://sqs.eu-west-1.amazonaws.com/123456789012"
MADE_ONCE = (application.ruleset, application.store, application.relay, application.queues, clients.client)
FILES = {path.stem: path for path in sorted((ROOT / "events").glob("finding-*.json"))}


@pytest.fixture(scope="module")
def rules_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("layer") / "rules.json"
    compiled = compile_folder(RULES, date(2026, 11, 20), Diagnostics(), catalogue=CATALOGUE)
    path.write_bytes(dump(compiled.ruleset))
    return path


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, rules_json: Path) -> Iterator[Any]:
    """Set the variables and create the resources that template.yaml does."""
    variables = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1",
        "S3WATCH_RULES": str(rules_json), "S3WATCH_WATCHED_BUCKETS": "hr-data,finance-exports",
        "S3WATCH_LEDGER_TABLE": TABLE, "S3WATCH_FINDINGS_ELSEWHERE": "true",
        "S3WATCH_QUEUE_URL": f"{QUEUES}/findings", "S3WATCH_DEAD_LETTER_QUEUE_URL": f"{QUEUES}/dead-letters",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for made in MADE_ONCE:
        made.cache_clear()
    with mock_aws():
        make_table()
        sqs = boto3.client("sqs")
        for queue in ("findings", "dead-letters"):
            sqs.create_queue(QueueName=queue)
        yield sqs
    for made in MADE_ONCE:
        made.cache_clear()


def groups() -> list[Any]:
    store = application.store()
    return [store.group(identity) for identity in group_ids()]


def batch(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{number}", "body": body, "receiptHandle": f"r{number}", "attributes": {}}
            for number, body in enumerate(bodies)
        ]
    }


def documented() -> dict[str, str]:
    """Return the second table of events/README.md: the severity of each event's alert."""
    text = (ROOT / "events/README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (finding-[a-z-]+) \| .* \| [a-z]+, ([a-z]+).* \|$", text, re.MULTILINE))


def test_the_readme_lists_every_finding():
    assert documented().keys() == FILES.keys()


@pytest.mark.parametrize("name", FILES, ids=str)
def test_a_sample_finding_alerts_as_the_readme_says(account: Any, name: str):
    app.handler(json.loads(FILES[name].read_text()), CONTEXT)

    levels = [group.level for group in groups()]
    assert levels == ([] if documented()[name] == "none" else [documented()[name]])


@pytest.mark.parametrize("name", FILES, ids=str)
def test_a_sample_finding_is_fictitious(name: str):
    text = FILES[name].read_text()
    addresses = re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text)

    assert set(re.findall(r"\b\d{12}\b", text)) <= {"111122223333", "444455556666"}
    assert all(
        ipaddress.ip_address(address) in ipaddress.ip_network("198.51.100.0/24") for address in addresses
    )


def test_a_batch_is_counted_and_unreadable_messages_go_to_the_dead_letter_queue(
    account: Any, capsys: pytest.CaptureFixture[str]
):
    answer = app.handler(
        batch("{", json.dumps(guardduty()), json.dumps(guardduty(type="Recon:EC2/X"))), CONTEXT
    )
    metrics = next(json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    kept = account.receive_message(QueueUrl=f"{QUEUES}/dead-letters").get("Messages", [])

    assert (answer, [message["Body"] for message in kept], len(groups())) == (
        {"batchItemFailures": []},
        ["{"],
        1,
    )
    assert {name: metrics[name] for name in metrics if name.startswith("Findings")} == {
        "FindingsReceived": [3.0], "FindingsRelayed": [1.0], "FindingsKnown": [0.0], "FindingsIgnored": [1.0],
        "FindingsFailed": [1.0],
    }  # fmt: skip


def test_findings_stay_in_the_queue_while_the_ledger_is_down(account: Any):
    boto3.client("dynamodb").delete_table(TableName=TABLE)

    assert app.handler(batch(json.dumps(guardduty())), CONTEXT) == {
        "batchItemFailures": [{"itemIdentifier": "m0"}]
    }


def test_an_unreadable_event_without_an_envelope_is_refused(account: Any):
    with pytest.raises(RecordError, match="not an EventBridge event"):
        app.handler({"something": "else"}, CONTEXT)


def test_an_event_without_an_envelope_fails_while_the_ledger_is_down(account: Any):
    boto3.client("dynamodb").delete_table(TableName=TABLE)

    with pytest.raises(UnavailableError):
        app.handler(guardduty(), CONTEXT)


def test_findings_about_other_buckets_are_ignored_if_the_template_says_so(
    account: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("S3WATCH_FINDINGS_ELSEWHERE", "false")
    event = guardduty(resource={"s3BucketDetails": [{"name": "website-assets"}]})

    assert (app.handler(event, CONTEXT)["ignored"], groups()) == (1, [])
