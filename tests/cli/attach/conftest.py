"""The command line in an empty folder, buckets of the local AWS, and an account of moto's with a trail."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from s3watch_cli.attach.calls import Account

from local.settings import REGION, client_environment
from tests.support.attached_buckets import ALLOW_LOGS, HERE, let_send, make_bucket, make_queue


@pytest.fixture
def s3watch(s3watch, cloud, monkeypatch, tmp_path):
    """Run a command line in an empty folder: its exit code, standard output and standard error."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return s3watch


@pytest.fixture
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture
def bucket(s3):
    return make_bucket(s3)


@pytest.fixture
def log_bucket(s3):
    name = make_bucket(s3)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(ALLOW_LOGS))
    return name


@pytest.fixture
def queue(cloud):
    return make_queue(cloud, "s3.amazonaws.com")


KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}


@pytest.fixture
def stacks():
    """The stacks that CloudFormation tells of; there is none unless a test makes one."""
    return []


def cloudformation(stacks):
    """A client that is answered once; the SDK's model refuses an answer of another shape."""
    stubber = Stubber(boto3.client("cloudformation", region_name=REGION, **KEYS))
    if stacks:
        stubber.add_response("describe_stacks", {"Stacks": stacks}, {"StackName": "s3watch"})
    else:
        stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id s3watch does not exist")
    stubber.activate()
    return stubber.client


@pytest.fixture
def trail(stacks):
    """An account of moto's with a trail that tells a topic, the topic, and a queue."""
    with mock_aws():
        session = boto3.Session(region_name=REGION, **KEYS)

        def client(service, **options):
            return (
                cloudformation(stacks) if service == "cloudformation" else session.client(service, **options)
            )

        account = Account(session.client("sts").get_caller_identity()["Account"], "aws", REGION, client)
        session.client("s3").create_bucket(Bucket="trail-logs", CreateBucketConfiguration=HERE)
        topic = session.client("sns").create_topic(Name="trail-files")["TopicArn"]
        session.client("cloudtrail").create_trail(
            Name="old", S3BucketName="trail-logs", SnsTopicName="trail-files"
        )
        session.client("cloudtrail").create_trail(Name="quiet", S3BucketName="trail-logs")
        url = session.client("sqs").create_queue(QueueName="s3watch-log-files")["QueueUrl"]
        let_send(session.client("sqs"), url, topic)
        yield account, topic, f"arn:aws:sqs:{REGION}:{account.id}:s3watch-log-files"


@pytest.fixture
def make_stack(stacks):
    """Make the stack of the queue, with these parameters and the output LogBucket `own-logs`."""

    def make(**given):
        stack = {
            "StackName": "s3watch",
            "CreationTime": datetime(2026, 11, 26, tzinfo=UTC),
            "StackStatus": "CREATE_COMPLETE",
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
            "Outputs": [{"OutputKey": "LogBucket", "OutputValue": "own-logs"}],
        }
        stacks.append(stack)

    return make
