"""The functions, their roles, the ledger and the trail, asserted on the translated template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
FUNCTIONS = ("Detect", "Notify", "Sweep")
STACK = deploy("template.yaml", WatchedBuckets="hr-data,finance-exports")
OWN_KEY = deploy("template.yaml", WatchedBuckets="hr-data", KmsKeyArn=KEY)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grants() -> Iterator[tuple[str, str, str]]:
    """Every (role, action, resource) that roles allow."""
    for name in STACK.of("AWS::IAM::Role"):
        for policy in STACK.policies(name):
            for statement in policy["PolicyDocument"]["Statement"]:
                for pair in product(as_list(statement["Action"]), as_list(statement["Resource"])):
                    yield name, *pair


def test_detect_takes_batches_and_answers_for_single_messages():
    assert STACK["DetectQueue"] == {
        "EventSourceArn": "EventQueue.Arn",
        "FunctionName": "Detect",
        "BatchSize": 500,
        "MaximumBatchingWindowInSeconds": 2,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 10},
    }


def test_notify_takes_the_outbox_from_its_first_record_on():
    properties = STACK["NotifyOutbox"]

    assert properties["EventSourceArn"] == "Ledger.StreamArn"
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["DestinationConfig"] == {"OnFailure": {"Destination": "UndeliveredQueue.Arn"}}
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_stream_passes_on_new_messages_that_need_not_wait():
    filters = [json.loads(one["Pattern"]) for one in STACK["NotifyOutbox"]["FilterCriteria"]["Filters"]]

    assert filters == [{"dynamodb": {"NewImage": {"untried": {"S": [{"exists": True}]}}}}]


def test_the_schedule_may_invoke_sweep():
    assert STACK["SweepEveryMinute"]["ScheduleExpression"] == "rate(1 minute)"
    assert STACK["SweepEveryMinutePermission"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "Sweep",
        "Principal": "events.amazonaws.com",
        "SourceArn": "SweepEveryMinute.Arn",
    }


# SAM's events that invoke a function asynchronously
ASYNCHRONOUS = {"Schedule", "ScheduleV2", "EventBridgeRule", "CloudWatchEvent", "S3", "SNS", "IoTRule"}


def invoked_asynchronously() -> set[str]:
    """The functions that Lambda queues the events of, and retries by itself unless it is told not to."""
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    return {
        name
        for name, resource in resources.items()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] in ASYNCHRONOUS
    }


def test_what_is_invoked_asynchronously_is_not_retried_by_lambda_either():
    configured = STACK.of("AWS::Lambda::EventInvokeConfig").values()

    assert (
        {made["FunctionName"] for made in configured}
        == invoked_asynchronously()
        == {"CheckHealth", "ReadCanary", "Sweep"}
    )
    assert {(made["MaximumRetryAttempts"], made["MaximumEventAgeInSeconds"]) for made in configured} == {
        (0, 60)
    }


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_functions_logs_are_its_own_and_end(function):
    logs = f"{function}Logs"

    assert STACK[function]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "SystemLogLevel": "WARN",
        "LogGroup": logs,
    }
    assert STACK[logs] == {
        "LogGroupName": f"/aws/lambda/s3watch-{function.lower()}",
        "RetentionInDays": 90,
    }


def test_a_function_is_named_like_its_log_group():
    functions = STACK.of("AWS::Lambda::Function")
    groups = {name: STACK[f"{name}Logs"]["LogGroupName"] for name in functions}

    assert groups == {name: f"/aws/lambda/{made['FunctionName']}" for name, made in functions.items()}


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_a_function_knows_what_is_watched(function):
    variables = STACK[function]["Environment"]["Variables"]

    assert variables["S3WATCH_WATCHED_BUCKETS"] == "hr-data,finance-exports"
    assert variables["S3WATCH_RULES"] == "/opt/rules.json"
    assert variables["PYTHONTZPATH"] == "/opt/python/tzdata/zoneinfo"  # where the core layer has tzdata
    assert variables["S3WATCH_LEDGER_TABLE"] == "Ledger"


def test_every_function_has_a_role_of_its_own():
    assert {name: STACK[name]["Role"] for name in FUNCTIONS} == {
        name: f"{name}Role.Arn" for name in FUNCTIONS
    }


def test_the_only_wildcards_are_the_label_of_the_ledgers_stream_and_the_names_of_log_files():
    wide = [grant for grant in grants() if "*" in grant[1] + grant[2]]

    enriching = {
        (f"{function}Role", resource)
        for function in ("Detect", "ScanLogs", "Sweep")
        for resource in ("*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:user/*")
    }  # the block of our account, and the tags of whoever calls
    assert {(role, resource) for role, _, resource in wide} == enriching | {
        ("CheckHealthRole", "*"),  # calls that take no resource: test_permissions.py
        ("CheckHealthRole", "arn:aws:cloudformation:eu-west-1:111122223333:stack/s3watch/*"),  # its id
        ("CheckHealthRole", "arn:aws:cloudtrail:*:*:trail/s3watch"),  # of another Region or an organization
        ("CheckHealthRole", "arn:aws:events:eu-west-1:111122223333:rule/*"),  # CloudFormation names them
        ("CheckHealthRole", "arn:aws:lambda:eu-west-1:111122223333:function:s3watch-*"),
        *((f"{name}Role", "*") for name in ("Detect", "ScanLogs", "Sweep")),  # to look up who assumed a role
        ("NotifyRole", "Ledger.Arn/stream/*"),
        ("NotifyRole", "*"),  # a call that takes no resource: test_permissions.py
        ("ScanLogsRole", "arn:aws:s3:::Trail/Logs/AWSLogs/*"),
        ("ReviewBucketRole", "*"),  # calls that take no resource: test_review.py names them
        ("ReviewBucketRole", "arn:aws:s3:eu-west-1:111122223333:accesspoint/*"),
        ("ReviewBucketRole", "arn:aws:s3::111122223333:accesspoint/*"),  # of several Regions
        ("ReviewBucketRole", "arn:aws:s3express:eu-west-1:111122223333:*"),
    }


SEE_PARTS = {"cloudformation", "cloudtrail", "events", "iam", "lambda"}  # CheckHealth: the deployment's own
# Log files; settings: test_review.py names the calls; an object of its own: test_canary.py
SEE_S3 = ("ScanLogsRole", "ReviewBucketRole", "ReadCanaryRole")


ENRICHING = {  # of a bucket or the account, never of an object: stacks/enrichment.yaml
    "s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:GetBucketVersioning",
}  # fmt: skip


def test_no_role_can_read_an_object_that_is_no_log_file():
    given = {action for role, action, _ in grants() if role not in SEE_S3}
    services = {action.partition(":")[0] for action in given - ENRICHING}

    assert services == {"logs", "sqs", "dynamodb", "sns"} | SEE_PARTS


def test_the_ledger_is_what_the_library_reads_and_writes():
    table = STACK["Ledger"]

    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "due",
            "KeySchema": [
                {"AttributeName": "due_shard", "KeyType": "HASH"},
                {"AttributeName": "due_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


def test_the_ledger_takes_the_customers_key():
    assert OWN_KEY["Ledger"]["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": KEY,
    }


@pytest.mark.parametrize("role", [f"{function}Role" for function in FUNCTIONS], ids=str)
def test_roles_may_use_the_customers_key_and_no_other(role):
    document = OWN_KEY[role]["Policies"][0]["PolicyDocument"]

    assert document["Statement"][-1] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": KEY,
    }


def test_the_trail_is_made_for_the_watched_buckets():
    assert STACK["Trail"]["Parameters"] == {
        "TrailName": "s3watch",
        "BucketArns": "arn:aws:s3:::hr-data,arn:aws:s3:::finance-exports",
        "CanaryArn": "CanaryBucket/Bucket.Arn",
        "Scope": "bucket",
        "LogWriteManagementEvents": "true",
        "WatchDirectoryBuckets": "false",
        "LogEndpointDenials": "false",
        "RetentionDays": 365,
        "Lock": "off",
        "Administrators": "",
        "LogFileQueueArn": "LogFiles/Queue.Arn",
        "CloudWatchLogGroupArn": "",
        "CloudWatchLogsRoleArn": "",
    }


@pytest.mark.parametrize(
    ("given", "management", "directories"),
    [
        ("management", "true", "false"),
        ("directory-buckets", "false", "true"),
        ("both", "true", "true"),
        ("neither", "false", "false"),
    ],
    ids=str,
)
def test_the_trail_records_what_else_is_asked_for(given, management, directories):
    trail = deploy("template.yaml", WatchedBuckets="hr-data", TrailAlsoRecords=given)["Trail"]["Parameters"]

    assert trail["LogWriteManagementEvents"] == management
    assert trail["WatchDirectoryBuckets"] == directories


def test_no_trail_is_made_beside_an_existing_one():
    stack = deploy("template.yaml", WatchedBuckets="hr-data", ExistingTrail="organization")

    assert "Trail" not in stack.resources
