"""S3's own events, and AWS services' own events, on the local AWS."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from local.cloud import EventRefusedError
from local.demo.callers import DELETE, WRITE, Callers
from local.settings import REGION
from tests.support.local_aws import eventually

HOME = "111122223333"
KEY = "reports 2026/q3 ü+1.csv"
ENCODED = "reports+2026/q3+%C3%BC%2B1.csv"


@pytest.fixture
def bucket(cloud):
    name = f"events-{uuid.uuid4().hex[:8]}"
    cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def allowing(service, action, *resources):
    """A policy that lets an AWS service do something."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resources,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def queue(cloud):
    """A queue that S3 and EventBridge may write to: (ARN, function that takes its messages)."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    services = ["s3.amazonaws.com", "events.amazonaws.com"]
    policy = allowing(services, "sqs:SendMessage", arn)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    def take():
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return arn, take


@pytest.fixture
def on_bus(cloud, queue):
    """Sends what the default bus has of a pattern to the queue."""
    rules, (arn, take) = cloud.client("events"), queue

    def listen(pattern):
        name = uuid.uuid4().hex
        rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
        rules.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        return take

    return listen


def notify(cloud, bucket, arn, *prefixes, suffix=""):
    configurations = []
    for number, prefix in enumerate(prefixes):
        rules = [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
        key = {"Key": {"FilterRules": rules}}
        one = {"Id": f"c{number}", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": key}
        configurations.append(one)
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": configurations}
    )


def test_a_queue_is_told_of_a_test_event_first(cloud, bucket, queue):
    arn, take = queue
    notify(cloud, bucket, arn, "")
    [told] = eventually(take)

    assert (told["Event"], told["Bucket"]) == ("s3:TestEvent", bucket)


def test_a_queue_is_told_of_each_new_object_that_its_filter_takes(cloud, bucket, queue):
    arn, take = queue
    notify(cloud, bucket, arn, "reports", suffix=".csv")
    eventually(take)  # the test event
    writer = cloud.client("s3", Callers(cloud).user("uploader", WRITE), ip="203.0.113.7")
    for key in ("other/a.csv", "reports/b.txt"):
        writer.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = writer.put_object(Bucket=bucket, Key=KEY, Body=b"x" * 10)
    [message] = eventually(take)
    [record] = message["Records"]

    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["configurationId"] == "c0"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket}"
    assert record["s3"]["object"].pop("sequencer")
    assert record["s3"]["object"] == {"key": ENCODED, "size": 10, "eTag": answer["ETag"].strip('"')}
    assert record["responseElements"]["x-amz-request-id"] == answer["ResponseMetadata"]["RequestId"]
    assert record["requestParameters"] == {"sourceIPAddress": "203.0.113.7"}
    assert record["userIdentity"]["principalId"].startswith("AWS:AIDA")


def test_a_topic_is_told_too(cloud, bucket):
    sns = cloud.client("sns")
    arn = sns.create_topic(Name=f"t-{bucket}")["TopicArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    s3 = cloud.client("s3")
    to_topic = {"TopicConfigurations": [{"TopicArn": arn, "Events": ["s3:ObjectRemoved:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=to_topic)
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    s3.delete_object(Bucket=bucket, Key="a")

    def removed():
        told = [json.loads(message.body) for message in cloud.inbox("none") if message.topic == arn]
        return [event["Records"][0]["eventName"] for event in told if "Records" in event]

    assert eventually(removed) == ["ObjectRemoved:Delete"]


def test_a_queue_that_does_not_let_s3_in_is_refused(cloud, bucket):
    url = cloud.client("sqs").create_queue(QueueName=f"closed-{bucket}")["QueueUrl"]

    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        notify(cloud, bucket, f"arn:aws:sqs:{REGION}:{HOME}:{url.rpartition('/')[2]}", "")


def test_overlapping_prefixes_are_refused(cloud, bucket, queue):
    with pytest.raises(ClientError, match="Configurations overlap"):
        notify(cloud, bucket, queue[0], "reports/", "reports/2026/")


def test_prefixes_beside_each_other_are_taken(cloud, bucket, queue):
    notify(cloud, bucket, queue[0], "reports/", "reports-2026/")

    kept = cloud.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    assert [one["Id"] for one in kept["QueueConfigurations"]] == ["c0", "c1"]


def test_a_bucket_of_a_template_notifies_its_queue(cloud, queue):
    arn, take = queue
    bucket = f"stacked-{uuid.uuid4().hex[:8]}"
    filtered = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "logs/"}]}}
    to_queue = {"Event": "s3:ObjectCreated:*", "Queue": arn, "Filter": filtered}
    properties = {"BucketName": bucket, "NotificationConfiguration": {"QueueConfigurations": [to_queue]}}
    made = {"Type": "AWS::S3::Bucket", "Properties": properties}
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName=bucket, TemplateBody=json.dumps({"Resources": {"Bucket": made}}))
    [told] = eventually(take)
    cloud.client("s3").put_object(Bucket=bucket, Key="logs/1", Body=b"")
    [created] = eventually(take)

    assert told["Event"] == "s3:TestEvent"
    assert created["Records"][0]["s3"]["object"]["key"] == "logs/1"


@pytest.fixture
def watched(cloud, bucket, on_bus):
    """A bucket whose events go to the bus, and what comes of them."""
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [bucket]}}}
    return bucket, on_bus(pattern)


def test_a_new_object_is_an_event_on_the_bus_in_the_documented_shape(cloud, watched):
    bucket, take = watched
    s3 = cloud.client("s3", ip="198.51.100.9")
    answer = s3.put_object(Bucket=bucket, Key=KEY, Body=b"x" * 10)
    [event] = eventually(take)
    detail = event["detail"]

    assert (event["detail-type"], event["account"], event["region"]) == ("Object Created", HOME, REGION)
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"]
    assert detail["object"].pop("sequencer")
    assert detail == {
        "version": "0",
        "event-version": "1.0",
        "bucket": {"name": bucket},
        "object": {"key": KEY, "size": 10, "etag": answer["ETag"].strip('"')},
        "request-id": answer["ResponseMetadata"]["RequestId"],
        "requester": HOME,
        "source-ip-address": "198.51.100.9",
        "reason": "PutObject",
    }


def test_a_batch_delete_is_an_event_for_each_object_under_its_request_id(cloud, watched):
    bucket, take = watched
    s3 = cloud.client("s3", Callers(cloud).user(f"cleaner-{bucket}", DELETE))
    for key in ("a", "b"):
        cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    both = {"Objects": [{"Key": "a"}, {"Key": "b"}]}
    wanted = s3.delete_objects(Bucket=bucket, Delete=both)["ResponseMetadata"]["RequestId"]
    seen = []

    def deletions():
        seen.extend(take())
        found = [event["detail"] for event in seen if event["detail-type"] == "Object Deleted"]
        return found if len(found) == 2 else []

    told = [
        (one["object"]["key"], one["request-id"], one["reason"], one["deletion-type"])
        for one in eventually(deletions)
    ]
    assert sorted(told) == [(key, wanted, "DeleteObject", "Permanently Deleted") for key in ("a", "b")]


def test_a_delete_marker_is_told_by_its_version(cloud, watched):
    bucket, take = watched
    s3 = cloud.client("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"")["VersionId"]
    [created] = eventually(take)
    marker = s3.delete_object(Bucket=bucket, Key="a")["VersionId"]
    [deleted] = eventually(take)

    assert created["detail"]["object"]["version-id"] == first
    assert deleted["detail"]["object"]["version-id"] == marker
    assert deleted["detail"]["deletion-type"] == "Delete Marker Created"


def test_log_files_of_a_trail_are_told_of_like_any_object(cloud, watched):
    bucket, take = watched
    s3 = cloud.client("s3")
    arns = (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=allowing("cloudtrail.amazonaws.com", "s3:*", *arns))
    trails = cloud.client("cloudtrail")
    trails.create_trail(Name=bucket, S3BucketName=bucket)
    trails.start_logging(Name=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    try:
        [event] = eventually(take)
    finally:
        trails.delete_trail(Name=bucket)

    assert event["detail"]["object"]["key"].startswith(f"AWSLogs/{HOME}/CloudTrail/")
    assert event["detail"]["requester"] == "cloudtrail.amazonaws.com"


def test_a_queue_that_asks_for_tls_is_told_of_log_files_too(cloud, bucket, queue):
    arn, take = queue
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    policy = json.loads(allowing("s3.amazonaws.com", "sqs:SendMessage", arn))
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    policy["Statement"].append(
        {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn, "Condition": tls}
    )
    url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    arns = (f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=allowing("logging.s3.amazonaws.com", "s3:*", *arns))
    notify(cloud, bucket, arn, "access/")
    eventually(take)  # the test event
    status = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "access/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=status)
    s3.list_objects_v2(Bucket=bucket)

    assert eventually(take)[0]["Records"][0]["s3"]["object"]["key"].startswith("access/")


def test_an_event_of_a_service_goes_on_the_default_bus(cloud, on_bus):
    take = on_bus({"source": ["aws.config"], "detail": {"resourceId": ["hr-data"]}})
    sent = cloud.service_event(
        "aws.config", "Config Rules Compliance Change", {"resourceId": "hr-data"}, ["arn:aws:s3:::hr-data"]
    )
    [event] = eventually(take)

    assert event.pop("time")
    assert event == {
        "version": "0",
        "id": sent,
        "source": "aws.config",
        "detail-type": "Config Rules Compliance Change",
        "account": HOME,
        "region": REGION,
        "resources": ["arn:aws:s3:::hr-data"],
        "detail": {"resourceId": "hr-data"},
    }


@pytest.mark.parametrize(
    ("source", "detail", "why"),
    [("my.app", {}, "my.app is none of"), ("aws.config", [], "detail must be an object")],
    ids=["not a service", "not an object"],
)
def test_an_event_that_no_service_sends_is_refused(cloud, source, detail, why):
    with pytest.raises(EventRefusedError, match=why):
        cloud.service_event(source, "anything", detail)
