"""The trail of stacks/trail.yaml: what it records, and who may touch its log files."""

from __future__ import annotations

import pytest

from tests.support.cloudformation import deploy

GIVEN = {"TrailName": "s3watch", "BucketArns": "arn:aws:s3:::hr-data,arn:aws:s3:::finance-exports"}
STACK = deploy("stacks/trail.yaml", **GIVEN)
TRAIL_ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/s3watch"


def selectors(**given: str) -> dict[str, dict[str, dict[str, list[str]]]]:
    """What a trail selects: name, field, operators."""
    trail = deploy("stacks/trail.yaml", **GIVEN | given)["Trail"]
    return {
        selector["Name"]: {
            field["Field"]: {name: values for name, values in field.items() if name != "Field"}
            for field in selector["FieldSelectors"]
        }
        for selector in trail["AdvancedEventSelectors"]
    }


def test_the_watched_buckets_are_recorded_whole_and_the_trails_own_never():
    assert selectors()["watched buckets"] == {
        "eventCategory": {"Equals": ["Data"]},
        "resources.type": {"Equals": ["AWS::S3::Object"]},
        "resources.ARN": {
            "StartsWith": ["arn:aws:s3:::hr-data/", "arn:aws:s3:::finance-exports/"],
            "NotStartsWith": ["Logs.Arn/"],
        },
    }


def test_by_prefixes_whole_buckets_are_recorded_of_all_but_frequent_calls_on_one_object():
    selected = selectors(Scope="prefixes")["calls that no prefix selects"]

    assert selected["resources.ARN"] == selectors()["watched buckets"]["resources.ARN"]
    assert list(selected["eventName"]) == ["NotEquals"]
    assert not {"ListObjects", "DeleteObjects", "CopyObject", "PutObjectAcl"} & {
        *selected["eventName"]["NotEquals"]
    }


def test_by_prefixes_a_bucket_that_no_prefix_is_known_of_is_recorded_whole():
    assert selectors(Scope="prefixes")["buckets recorded whole"] == selectors()["watched buckets"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["watched buckets", "deleted log files", "write management events"]),
        ({"LogWriteManagementEvents": "false"}, ["watched buckets", "deleted log files"]),
        (
            {"WatchDirectoryBuckets": "true"},
            ["watched buckets", "deleted log files", "write management events", "directory buckets"],
        ),
        (
            {"LogEndpointDenials": "true"},
            ["watched buckets", "deleted log files", "write management events", "denials by VPC endpoints"],
        ),
        (
            {"Scope": "prefixes"},
            [
                "calls that no prefix selects",
                "buckets recorded whole",
                "deleted log files",
                "write management events",
            ],
        ),
    ],
    ids=[
        "default",
        "another trail has the management events",
        "directory buckets too",
        "denials too",
        "by prefixes",
    ],
)
def test_parameters_choose_what_else_is_recorded(given, names):
    assert list(selectors(**given)) == names


def test_of_what_goes_through_vpc_endpoints_only_denials_are_recorded():
    assert selectors(LogEndpointDenials="true")["denials by VPC endpoints"] == {
        "eventCategory": {"Equals": ["NetworkActivity"]},
        "eventSource": {"Equals": ["s3.amazonaws.com"]},
        "errorCode": {"Equals": ["VpceAccessDenied"]},
    }


def test_of_its_own_log_files_a_trail_records_only_what_it_does_not_do_itself():
    selected = selectors()["deleted log files"]

    assert selected["resources.ARN"] == {"StartsWith": ["Logs.Arn/"]}
    assert "DeleteObject" in selected["eventName"]["Equals"]
    assert [
        name for name in selected["eventName"]["Equals"] if name.startswith(("Get", "PutObject", "Head"))
    ] == ["PutObjectRetention"]


def test_reads_of_settings_are_not_recorded():
    assert selectors()["write management events"] == {
        "eventCategory": {"Equals": ["Management"]},
        "readOnly": {"Equals": ["false"]},
    }


def test_nobodys_calls_are_left_out():
    scopes = [selectors(WatchDirectoryBuckets="true", Scope=scope) for scope in ("bucket", "prefixes")]

    assert not {field for chosen in scopes for fields in chosen.values() for field in fields} & {
        "userIdentity.arn",
        "sessionCredentialFromConsole",
    }


def test_the_trail_is_of_this_region_and_signs_its_files():
    trail = STACK["Trail"]

    assert (trail["IsLogging"], trail["IsMultiRegionTrail"], trail["EnableLogFileValidation"]) == (
        True,
        False,
        True,
    )


def test_a_trail_in_us_east_1_records_what_is_done_to_rights():
    assert STACK["Trail"]["IncludeGlobalServiceEvents"] is True


def test_the_trail_waits_for_its_buckets_policy():
    assert STACK.resources["Trail"]["DependsOn"] == "LogsPolicy"


def test_the_trail_may_write_log_files_and_everybody_needs_tls():
    statements = STACK["LogsPolicy"]["PolicyDocument"]["Statement"]

    assert [one for one in statements if not one["Sid"].startswith("NobodyElse")] == [
        {
            "Sid": "OurTrailLooks",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:GetBucketAcl",
            "Resource": "Logs.Arn",
            "Condition": {"StringEquals": {"aws:SourceArn": TRAIL_ARN}},
        },
        {
            "Sid": "OurTrailWrites",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "Logs.Arn/AWSLogs/111122223333/*",
            "Condition": {
                "StringEquals": {"aws:SourceArn": TRAIL_ARN, "s3:x-amz-acl": "bucket-owner-full-control"}
            },
        },
        {
            "Sid": "OnlyByTLS",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["Logs.Arn", "Logs.Arn/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_log_files_are_private_encrypted_and_kept_for_a_while():
    logs = STACK["Logs"]

    assert set(logs["PublicAccessBlockConfiguration"].values()) == {True}
    assert logs["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert logs["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 365


def test_log_files_outlive_the_stack():
    assert STACK.resources["Logs"]["DeletionPolicy"] == "Retain"


def test_the_scope_is_the_parameter_of_the_application():
    by_default, narrowed = (
        deploy("template.yaml", WatchedBuckets="hr-data", **given)["Trail/Trail"]["AdvancedEventSelectors"][0]
        for given in ({}, {"TrailScope": "prefixes"})
    )

    assert (by_default["Name"], narrowed["Name"]) == ("watched buckets", "calls that no prefix selects")


@pytest.mark.parametrize(("existing", "name"), [("", "s3watch"), ("audit", "audit")], ids=["ours", "another"])
def test_whoever_judges_its_selectors_knows_the_trail_by_its_name(existing, name):
    stack = deploy("template.yaml", WatchedBuckets="hr-data", ExistingTrail=existing, ScanLogFiles="true")

    for function in ("Detect", "ScanLogs", "CheckHealth"):
        assert stack[function]["Environment"]["Variables"]["S3WATCH_TRAIL"] == name
