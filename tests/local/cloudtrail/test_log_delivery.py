"""What a trail brings about besides its records on the bus: topic, log group, log file."""

import json

import pytest

from local.cloudtrail.log_delivery import topic_arn
from local.settings import REGION
from tests.support.local_aws import eventually

HOME = "111122223333"


def allow(service, action, resource):
    """A policy's statement, in a template's words."""
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


CLOUDTRAIL = "cloudtrail.amazonaws.com"
LOGS = "arn:aws:s3:::files-of-noted"
NOTED = {
    "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files-of-noted"}},
    "LogsPolicy": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Logs"},
            "PolicyDocument": policy(allow(CLOUDTRAIL, "s3:*", [LOGS, f"{LOGS}/*"])),
        },
    },
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "noted"}},
    "TopicPolicy": {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{"Ref": "Topic"}],
            "PolicyDocument": policy(allow(CLOUDTRAIL, "sns:Publish", {"Ref": "Topic"})),
        },
    },
    "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "noted"}},
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": policy(
                {"Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": "sts:AssumeRole"}
            )
        },
    },
    "Trail": {
        "Type": "AWS::CloudTrail::Trail",
        "DependsOn": ["LogsPolicy", "TopicPolicy"],
        "Properties": {
            "TrailName": "noted",
            "S3BucketName": {"Ref": "Logs"},
            "S3KeyPrefix": "ours",
            "SnsTopicName": {"Fn::GetAtt": ["Topic", "TopicName"]},
            "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]},
            "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "IsLogging": True,
        },
    },
}


@pytest.fixture(scope="module")
def noted(cloud):
    """The request id of a call that a trail with all options logs."""
    stacks, s3 = cloud.client("cloudformation"), cloud.client("s3")
    body = json.dumps({"Resources": NOTED})
    stacks.create_stack(StackName="noted", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    eventually(
        lambda: stacks.describe_stacks(StackName="noted")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    )
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    yield s3.put_bucket_tagging(Bucket="files-of-noted", Tagging=tags)["ResponseMetadata"]["RequestId"]
    cloud.client("cloudtrail").delete_trail(Name="noted")


def test_a_trails_topic_is_told_of_each_log_file(cloud, noted):
    arn = f"arn:aws:sns:{REGION}:{HOME}:noted"
    told = eventually(lambda: [message for message in cloud.inbox("none") if message.topic == arn])
    said = json.loads(told[0].body)

    assert said["s3Bucket"] == "files-of-noted"
    assert said["s3ObjectKey"][0].startswith(f"ours/AWSLogs/{HOME}/CloudTrail/{REGION}/")
    assert cloud.client("s3").head_object(Bucket="files-of-noted", Key=said["s3ObjectKey"][0])


def test_a_trails_log_group_gets_each_record(cloud, noted):
    logs = cloud.client("logs")

    def logged():
        streams = logs.describe_log_streams(logGroupName="noted")["logStreams"]
        names = [stream["logStreamName"] for stream in streams]
        events = logs.filter_log_events(logGroupName="noted").get("events", ()) if names else ()
        records = [json.loads(event["message"]) for event in events]
        return names, [record["eventName"] for record in records if record["requestID"] == noted]

    names, events = eventually(lambda: found if (found := logged())[1] else None)
    assert (names, events) == ([f"{HOME}_CloudTrail_{REGION}"], ["PutBucketTagging"])


def test_a_trail_is_described_with_its_topic_and_log_group(cloud, noted):
    [trail] = cloud.client("cloudtrail").describe_trails(trailNameList=["noted"])["trailList"]

    assert trail["SnsTopicARN"] == f"arn:aws:sns:{REGION}:{HOME}:noted"
    assert trail["CloudWatchLogsLogGroupArn"] == f"arn:aws:logs:{REGION}:{HOME}:log-group:noted:*"


@pytest.mark.parametrize(
    ("named", "arn"),
    [("t", f"arn:aws:sns:{REGION}:{HOME}:t"), ("arn:aws:sns:eu-west-1:444455556666:t",) * 2, ("", "")],
    ids=["by name", "by ARN", "not at all"],
)
def test_a_trails_topic_is_named_either_way(named, arn):
    assert topic_arn(named, HOME, REGION) == arn
