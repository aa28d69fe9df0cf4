"""Every command has help with an example, and the example works as it is written."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import boto3
import pytest
import s3watch_cli.commands
from msgspec.structs import replace
from s3watch.aws import clients
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch_cli.main import app
from typer.main import get_command

from local.settings import client_environment
from tests.cli.aws_ranges.test_ranges_file import published
from tests.support.bucket_settings import EVENT_BRIDGE
from tests.support.hits import make_group
from tests.support.ledger_table import TABLE
from tests.support.project import ROOT
from tests.support.reviewed_bucket import BUCKET, correct_acl, grants, make_bucket
from tests.support.sensitive import NOW

VERBS = sorted(name for name, verb in get_command(app).commands.items() if not verb.hidden)
ALERT = "01KAG3Z5B0M4YQ8ZJ1T6W9XH2V"
STACK = f"""\
Resources:
  Alerts: {{Type: AWS::SNS::Topic}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: s3watch-events}}}}
  DeadLetters: {{Type: AWS::SQS::Queue, Properties: {{QueueName: s3watch-dead-letters}}}}
Outputs:
  AlertTopic: {{Value: !Ref Alerts}}
  EventQueue: {{Value: !Ref Queue}}
  Ledger: {{Value: {TABLE}}}
"""


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of what the project's folder holds for the command line, as the current folder."""
    for name in ("rules", "events", "samconfig.toml", "stacks", "template.yaml"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ip-ranges.json").write_bytes(published("192.0.2.0/24"))
    with (tmp_path / "rules/staging.yaml").open("a", encoding="utf-8") as staging:
        staging.write("- {rule: unexpected-read, since: 2026-11-01, owner: me@example.com}\n")
    return tmp_path


@pytest.fixture
def s3(cloud, monkeypatch):
    """S3 of the local AWS, with a stack whose ledger knows an alert, and a bucket whose ACL was corrected."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.client.cache_clear()
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="s3watch", TemplateBody=STACK)
    client = make_bucket()
    client.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    correct_acl()
    DynamoDBStore(clients.client("dynamodb"), TABLE).write(None, replace(make_group(), id=ALERT), (), NOW)
    yield client
    client.delete_bucket(Bucket=BUCKET)
    cloud.client("dynamodb").delete_table(TableName=TABLE)
    stacks.delete_stack(StackName="s3watch")
    clients.client.cache_clear()


@pytest.fixture
def example(s3watch):
    """Run the example of a verb as its help says: its exit code, standard output and standard error."""

    def run(verb):
        _, text, _ = s3watch(verb, "--help")
        [line] = re.findall(r"(?m)^  Example: s3watch (.+)$\n\n", text)  # alone on its line: to copy
        return s3watch(*shlex.split(line))

    return run


def test_there_is_a_file_for_each_verb():
    [folder] = s3watch_cli.commands.__path__

    assert (
        sorted(path.stem.replace("_", "-") for path in Path(folder).rglob("*.py") if path.stem != "__init__")
        == VERBS
    )


@pytest.mark.parametrize("verb", VERBS)
def test_a_command_has_help_with_an_example(s3watch, verb):
    code, out, _ = s3watch(verb, "--help")

    assert code == 0
    assert out.startswith(f"Usage: s3watch {verb} ")
    assert re.search(rf"(?m)^  Example: s3watch {verb}\b.*\n\n", out)


DEPLOYED = {"smoke"}  # it needs functions that run: tests/end_to_end/test_canary.py


@pytest.mark.parametrize("verb", sorted({*VERBS} - DEPLOYED))
def test_the_example_works_as_written(copy, s3, example, verb):
    if verb == "detach":
        example("attach")

    code, out, err = example(verb)

    assert (code, bool(out or err)) == (0, True)
    assert "nothing" not in err


def test_the_examples_of_attach_and_detach_turn_a_setting_on_and_off(copy, s3, example):
    example("attach")
    between = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    example("detach")
    after = s3.get_bucket_notification_configuration(Bucket=BUCKET)

    assert EVENT_BRIDGE.items() <= between.items()
    assert not EVENT_BRIDGE.items() & after.items()


def test_the_example_of_remediation_restores_what_was_corrected(copy, s3, example):
    corrected = grants(s3)
    example("remediation")

    assert (len(corrected), len(grants(s3))) == (1, 2)


def test_the_command_of_earlier_mails_does_the_same(copy, s3, s3watch):
    corrected = grants(s3)
    s3watch("undo", BUCKET, "--yes")

    assert (len(corrected), len(grants(s3))) == (1, 2)


def test_help_does_not_offer_the_command_of_earlier_mails(s3watch):
    assert "undo" not in s3watch("--help")[1]
