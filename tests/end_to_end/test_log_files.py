"""Log files, access logs and S3's own events, through the deployed application."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Keys
from local.demo.callers import DELETE, READ, Callers
from local.demo.scenario import BUCKET, OBJECT
from tests.support.access_log import make_line
from tests.support.cloudtrail import make_log_file, make_record, make_resources, make_user
from tests.support.local_aws import Deployment, eventually, without_events
from tests.support.log_files import ACCESS_KEY, ORGANIZATION_KEY, TRAIL_KEY

pytestmark = pytest.mark.local_aws
HOUR = 3600


@pytest.fixture
def s3(complete: Deployment) -> Any:
    return complete.cloud.client("s3")


@pytest.fixture
def callers(complete: Deployment) -> Callers:
    return Callers(complete.cloud)


def read_as(complete: Deployment, keys: Keys) -> str:
    answer = complete.cloud.client("s3", keys, ip="203.0.113.7").get_object(Bucket=BUCKET, Key=OBJECT)
    answer["Body"].read()
    return answer["ResponseMetadata"]["RequestId"]


def moment(ago: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))


def groups_of(complete: Deployment) -> list[dict[str, Any]]:
    items = complete.cloud.client("dynamodb").scan(TableName=complete.outputs["Ledger"])["Items"]
    return [json.loads(item["body"]["B"]) for item in items if item["pk"]["S"].startswith("group#")]


def counted(complete: Deployment, actor: str) -> int:
    """How many accesses of an actor were counted, whatever way they came."""
    groups = [group for group in groups_of(complete) if group["actor"] == actor]
    return sum(sum(group["claimed"]["acts"].values()) for group in groups)


def rules_of(complete: Deployment) -> set[str]:
    """The detections of all groups."""
    return {rule for group in groups_of(complete) for rule in group["rules"]}


def waiting(complete: Deployment, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = complete.cloud.client("sqs").get_queue_attributes(
        QueueUrl=complete.outputs[queue], AttributeNames=names
    )
    return sum(map(int, told["Attributes"].values()))


@pytest.fixture
def no_events(complete: Deployment) -> Iterator[None]:
    with without_events(complete):
        yield


def test_what_eventbridge_drops_is_alerted_from_the_trails_log_file(
    complete: Deployment, callers: Callers, no_events: None
):
    read_as(complete, callers.user("dropped", READ))

    eventually(lambda: complete.mails("dropped", OBJECT), within=90)
    assert counted(complete, "user/dropped") == 1


def test_an_organizations_log_file_alone_brings_a_late_alert(complete: Deployment, s3: Any):
    record = make_record(
        userIdentity=make_user("olivia"), eventTime=moment(HOUR), requestID="ORGANIZATION0001",
        eventID="7f1c1f52-0000-4000-8000-000000000001", key=OBJECT, recipientAccountId="444455556666",
        resources=make_resources(BUCKET, OBJECT, "444455556666"),
    )  # fmt: skip
    content = gzip.compress(make_log_file(record))
    s3.put_object(Bucket=complete.outputs["LogBucket"], Key=ORGANIZATION_KEY, Body=content)

    (mail,) = eventually(lambda: complete.mails("111122223333:user/olivia", OBJECT), within=60)
    assert "late" in mail.subject
    assert "detected 1 hour late" in mail.body


def test_a_request_that_comes_by_event_log_file_and_access_log_is_one_alert(
    complete: Deployment, s3: Any, callers: Callers
):
    target = {"TargetBucket": complete.outputs["AccessLogBucket"], "TargetPrefix": ""}
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": target})
    request = read_as(complete, callers.user("thrice", READ))
    eventually(lambda: complete.mails("thrice", OBJECT), within=60)

    def told(bucket: str) -> list[str]:
        """The log files in a bucket that tell of the request."""
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        contents = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
        opened = {key: gzip.decompress(c) if key.endswith(".gz") else c for key, c in contents.items()}
        return [key for key, content in opened.items() if request.encode() in content]

    for output in ("LogBucket", "AccessLogBucket"):
        eventually(lambda output=output: told(complete.outputs[output]), within=60)
    time.sleep(2)
    eventually(lambda: not waiting(complete, "LogFileQueue"), within=60)

    assert counted(complete, "user/thrice") == 1  # by whichever way came first
    assert len(complete.mails("thrice")) == 1


def test_what_only_an_access_log_knows_is_alerted(complete: Deployment, s3: Any):
    """A wrong signature is in no trail."""
    clock = time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime())
    line = make_line(
        requester="-", status="403", error="SignatureDoesNotMatch", request="WRONG0SIGNATURE1", time=clock,
        key=OBJECT, uri=f"GET /{OBJECT} HTTP/1.1",
    )  # fmt: skip
    s3.put_object(Bucket=complete.outputs["AccessLogBucket"], Key=ACCESS_KEY, Body=line + b"\n")

    assert eventually(lambda: complete.mails("unknown", "denied"), within=60)


def test_a_batch_delete_with_events_of_s3_is_one_alert_with_its_keys(
    complete: Deployment, s3: Any, callers: Callers
):
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    keys = ["payroll/old/a.csv", "payroll/old/b.csv"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    deleter = complete.cloud.client("s3", callers.user("sweeper", DELETE))
    deleter.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})

    (mail,) = eventually(lambda: complete.mails("sweeper"), within=120)
    assert all(key in mail.body for key in keys)
    assert "keys unknown" not in mail.subject
    assert counted(complete, "111122223333") == 0


def test_a_file_and_a_record_that_can_not_be_read_wait_in_the_dead_letters(complete: Deployment, s3: Any):
    folder, name = TRAIL_KEY.rsplit("/", 1)
    poison = gzip.compress(b'{"Records": [7]}')
    for key, content in ((f"{folder}/bad.json.gz", b"hello"), (f"{folder}/poison-{name}", poison)):
        s3.put_object(Bucket=complete.outputs["LogBucket"], Key=key, Body=content)
    sqs, found = complete.cloud.client("sqs"), dict[str, str]()

    def dead() -> bool:
        answer = sqs.receive_message(
            QueueUrl=complete.outputs["LogFileDeadLetterQueue"], MessageAttributeNames=["All"]
        )
        for message in answer.get("Messages", ()):
            found[message["Body"]] = message["MessageAttributes"]["reason"]["StringValue"]
        return len(found) == 2

    eventually(dead, within=60)
    assert sorted(reason.partition("json.gz: ")[2] or reason for reason in found.values()) == [
        "a record is a JSON object, not int",
        "not gzip",
    ]


def test_whoever_may_do_anything_in_s3_can_neither_delete_log_files_nor_lift_their_protection(
    complete: Deployment, s3: Any, callers: Callers
):
    bucket = complete.outputs["LogBucket"]
    eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), within=60)
    version = s3.list_object_versions(Bucket=bucket)["Versions"][0]
    named = {"Bucket": bucket, "Key": version["Key"]}
    admin = complete.cloud.client("s3", callers.user("s3-admin", ("s3:*",)))
    attempts = [
        lambda: admin.delete_object(**named),
        lambda: admin.delete_object(**named, VersionId=version["VersionId"]),
        lambda: admin.delete_bucket_policy(Bucket=bucket),
        lambda: admin.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={}),
    ]

    for attempt in attempts:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    assert admin.get_object(**named)["Body"].read()
    eventually(lambda: complete.mails("user/s3-admin tried to"), within=60)
    eventually(lambda: {"log-file-deleted", "denied-change-of-protection"} <= rules_of(complete), within=60)


def test_scan_logs_may_read_no_object_of_a_watched_bucket(complete: Deployment):
    stacks, iam = complete.cloud.client("cloudformation"), complete.cloud.client("iam")
    told = stacks.describe_stack_resource(StackName=complete.stack, LogicalResourceId="ScanLogsRole")
    role = told["StackResourceDetail"]["PhysicalResourceId"]
    given = complete.cloud.client("sts").assume_role(
        RoleArn=iam.get_role(RoleName=role)["Role"]["Arn"], RoleSessionName="test"
    )["Credentials"]
    keys = Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    with pytest.raises(ClientError, match="AccessDenied"):
        read_as(complete, keys)
