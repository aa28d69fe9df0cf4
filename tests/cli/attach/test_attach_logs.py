"""attach and detach of access logs and request metrics, by the command line, on the local AWS."""

from __future__ import annotations

import json
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from local.settings import ACCOUNT, REGION
from tests.support.attached_buckets import (
    logging,
    make_bucket,
    number,
)
from tests.support.bucket_settings import logging_to
from tests.support.local_aws import eventually
from tests.support.project import ROOT


def test_access_logs_go_to_folders_by_date_of_the_event(s3watch, s3, bucket, log_bucket):
    s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")

    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == {
        "TargetBucket": log_bucket,
        "TargetPrefix": "",
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    }


def test_request_metrics_are_turned_on_for_the_whole_bucket_and_off_again(s3watch, s3, bucket):
    s3watch("attach", bucket, "--metrics", "--yes")
    between = s3.get_bucket_metrics_configuration(Bucket=bucket, Id="s3watch")["MetricsConfiguration"]
    s3watch("detach", bucket, "--yes")

    assert between == {"Id": "s3watch"}
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="s3watch")


def test_other_request_metrics_stay(s3watch, s3, bucket):
    theirs = {"Id": "all", "Filter": {"Prefix": "images/"}}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="all", MetricsConfiguration=theirs)

    s3watch("attach", bucket, "--metrics", "--yes")
    s3watch("detach", bucket, "--yes")

    assert s3.get_bucket_metrics_configuration(Bucket=bucket, Id="all")["MetricsConfiguration"] == theirs


def test_request_metrics_under_our_id_that_are_not_ours_are_never_replaced(s3watch, s3, bucket):
    theirs = {"Id": "s3watch", "Filter": {"Prefix": "images/"}}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="s3watch", MetricsConfiguration=theirs)

    code, out, err = s3watch("attach", bucket, "--metrics", "--yes")

    assert (code, out) == (1, "")
    assert err.startswith(
        f"{bucket}: already has other request metrics under the same ID; delete them first\n"
    )


def test_a_bucket_that_logs_elsewhere_is_left_alone(s3watch, s3, bucket, log_bucket):
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging_to(make_bucket(s3), "x/"))
    there = logging(s3, bucket)

    code, out, err = s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")

    assert (code, out, logging(s3, bucket)) == (0, "", there)
    assert err.startswith(
        f"{bucket}: left unchanged: it already logs to s3://{there}/x/, and S3 logs to one bucket only;"
    )


def test_a_target_that_is_replaced_on_request_comes_back(s3watch, s3, bucket, log_bucket):
    elsewhere = make_bucket(s3)
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging_to(elsewhere, "x/"))
    arguments = ("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes", "--replace-logging")

    s3watch(*arguments)
    between = logging(s3, bucket)
    s3watch("detach", bucket, "--yes")

    assert (between, logging(s3, bucket)) == (log_bucket, elsewhere)


def test_a_log_bucket_that_s3_cannot_use_is_refused_first(s3watch, s3, bucket):
    log_bucket = make_bucket(s3)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=log_bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    code, _, err = s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")

    assert (code, logging(s3, bucket)) == (1, None)
    assert err.splitlines() == [
        f"{log_bucket}: encrypts with aws:kms, but S3 logs only with SSE-S3: make AES256 its default",
        (
            f"{log_bucket}: has no policy that allows logging.s3.amazonaws.com to put objects: add it,"
            " or use the stack's bucket"
        ),
        "nothing was changed",
    ]


def test_without_a_name_the_log_bucket_is_the_one_that_the_stack_tells_of(
    s3watch, cloud, s3, bucket, log_bucket
):
    stack = f"attach-{next(number)}"
    outputs = {"AccessLogBucket": {"Value": log_bucket}}
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})

    s3watch("attach", bucket, "--access-logs", "--stack", stack, "--yes")

    assert logging(s3, bucket) == log_bucket


def test_of_a_stack_that_is_not_there_only_this_is_told(s3watch, bucket):
    code, _, err = s3watch("attach", bucket, "--access-logs", "--stack", "nobodys")

    assert code == 1
    assert err.startswith("the stack nobodys: no such stack in this account and Region; check --stack")
    assert "AccessLogDays" not in err


def test_a_bucket_never_logs_into_itself(s3watch, log_bucket):
    code, _, err = s3watch("attach", log_bucket, "--access-logs", "--log-bucket", log_bucket)

    assert code == 1
    assert err.startswith(f"{log_bucket}: would log to itself")


@pytest.fixture
def access_logs(cloud, queue):
    """The bucket of stacks/access-logs.yaml, deployed, and the URL of the queue that it tells."""
    name = f"attach-{next(number)}-access-logs"
    cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=(ROOT / "stacks/access-logs.yaml").read_text(encoding="utf-8"),
        Parameters=[
            {"ParameterKey": "BucketName", "ParameterValue": name},
            {"ParameterKey": "QueueArn", "ParameterValue": queue},
        ],
    )
    cloud.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.2}
    )
    return name, cloud.client("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]


def test_requests_are_logged_to_the_stacks_bucket_and_the_queue_hears_of_it(
    s3watch, cloud, s3, bucket, access_logs
):
    log_bucket, url = access_logs
    s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")
    s3.put_object(Bucket=bucket, Key="payroll/q3.csv", Body=b"x")

    def received():
        messages = cloud.client("sqs").receive_message(QueueUrl=url).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in messages]
        return [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", [])]

    def logged():
        """The file and line of the request; a file before it may hold only what attach itself asked."""
        keys = received()
        files = {key: s3.get_object(Bucket=log_bucket, Key=unquote_plus(key))["Body"].read() for key in keys}
        lines = [(key, line) for key, file in files.items() for line in file.decode().splitlines()]
        return [each for each in lines if " REST.PUT.OBJECT payroll/q3.csv " in each[1]]

    [(key, _)] = eventually(logged)
    assert key.startswith(f"{ACCOUNT}/{REGION}/{bucket}/")
