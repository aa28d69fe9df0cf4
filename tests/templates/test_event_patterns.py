"""What the deployed rules let through, judged by EventBridge's rules as the local AWS implements them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ministack.services import eventbridge
from s3watch.watched import add_watched
from s3watch_cli.event_scope.patterns import Scope, derive
from s3watch_cli.rule_tests.example_records import make_record as make_example
from s3watch_cli.rule_tests.example_records import repeat

from tests.support.cloudformation import deploy
from tests.support.cloudtrail import make_event, make_record, make_resources
from tests.support.event_scopes import HOME, PACK
from tests.support.project import ROOT

# Characters of a pattern: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LIMIT = 2048
BUCKETS = "hr-data,finance-exports"


def pattern(rule: str, **given: str) -> str:
    stack = deploy("template.yaml", **({"WatchedBuckets": BUCKETS} | given))
    return json.dumps(stack[rule]["EventPattern"], separators=(",", ":"))


def passes(event: bytes | str, text: str) -> bool:
    """EventBridge's TestEventPattern."""
    event = event if isinstance(event, str) else event.decode()
    status, _, body = eventbridge._test_event_pattern({"Event": event, "EventPattern": text})
    answer = json.loads(body)
    assert status == 200, answer
    return bool(answer["Result"])


def envelope(record: dict[str, Any], **changes: str) -> str:
    """An EventBridge event; `changes` replace members of the envelope, `_` standing for `-`."""
    event = json.loads(make_event(record))
    return json.dumps(event | {name.replace("_", "-"): value for name, value in changes.items()})


S3 = pattern("S3Rule")
S3_UNFILTERED = pattern("S3Rule", FilterByBucket="false")
TRAIL = pattern("TrailRule")
OWN = pattern("OwnCalls/Rule")
SERVICE = "AWS Service Event via CloudTrail"

DELETED_IN_BATCH = make_record(
    eventName="DeleteObject",
    eventType="AwsServiceEvent",
    requestParameters=None,
    userIdentity={"invokedBy": "AWS Internal"},
)
COPY = make_record(
    eventName="CopyObject",
    bucket="analyst-scratch",
    key="q3.csv",
    request={"x-amz-copy-source": "hr-data/payroll/2026/q3.csv"},
    resources=make_resources("analyst-scratch", "q3.csv") + make_resources("hr-data", "payroll/2026/q3.csv"),
)
BY_ACCESS_POINT = make_record(request={"bucketName": "payroll-ap-0123456789abcdef-s3alias"})
BLOCK_PUBLIC_ACCESS = make_record(
    eventName="DeleteAccountPublicAccessBlock",
    requestParameters=None,
    resources=None,
    eventCategory="Management",
)
DIRECTORY = "arn:aws:s3express:eu-west-1:111122223333:bucket/hr-data--euw1-az1--x-s3"
DELETED_IN_DIRECTORY_BUCKET = DELETED_IN_BATCH | {
    "eventSource": "s3express.amazonaws.com",
    "resources": [{"type": "AWS::S3Express::Object", "ARN": f"{DIRECTORY}/payroll/q3.csv"}],
}


def of_access_point(name: str) -> str:
    """What a call about an access point says of its bucket: nothing, but for the one that makes it."""
    request = {"name": "payroll-ap", "Host": "111122223333.s3-control.eu-west-1.amazonaws.com"}
    return envelope(make_record(eventName=name, requestParameters=request, without=("resources",)))


def of_access_grants(name: str) -> str:
    """What a call about access grants says: its resource is the instance, and it names no bucket."""
    instance = "arn:aws:s3:eu-west-1:111122223333:access-grants/default"
    resources = [{"accountId": "111122223333", "type": "AWS::S3::AccessGrantsInstance", "ARN": instance}]
    request = {"accountId": "111122223333", f"{name}Request": {"Permission": "READ"}}
    return envelope(make_record(eventName=name, requestParameters=request, resources=resources))


HITS = {
    "a read": envelope(make_record()),
    "a denied read": envelope(make_record(errorCode="AccessDenied")),
    "a record without resources": envelope(make_record(without=("resources",))),
    "a bucket of the list's end": envelope(make_record(bucket="finance-exports")),
    "an object of a batch delete": envelope(DELETED_IN_BATCH, detail_type=SERVICE),
    "a copy out of a watched bucket": envelope(COPY),
    "a read by access point": envelope(BY_ACCESS_POINT),
    "a policy change": envelope(
        make_record(eventName="PutBucketPolicy", key=None, eventCategory="Management")
    ),
    "the account's public access block": envelope(BLOCK_PUBLIC_ACCESS),
    "an access point's policy": of_access_point("PutAccessPointPolicy"),
    "the loss of an access point's policy": of_access_point("DeleteAccessPointPolicy"),
    "a new access point": of_access_point("CreateAccessPoint"),
    "a Multi-Region Access Point's policy": of_access_point("PutMultiRegionAccessPointPolicy"),
    "an access grant": of_access_grants("CreateAccessGrant"),
    "the instance of access grants": of_access_grants("CreateAccessGrantsInstance"),
    "a location of access grants": of_access_grants("UpdateAccessGrantsLocation"),
    "the policy of access grants": of_access_grants("PutAccessGrantsInstanceResourcePolicy"),
    "a directory for access grants": of_access_grants("AssociateAccessGrantsIdentityCenter"),
    "an Object Lambda access point's policy": of_access_point("PutAccessPointPolicyForObjectLambda"),
    "an object of a directory bucket's batch delete": envelope(
        DELETED_IN_DIRECTORY_BUCKET, source="aws.s3express", detail_type=SERVICE
    ),
    "a copy out of a directory bucket": envelope(
        COPY | {"resources": [{"type": "AWS::S3Express::DirectoryBucket", "ARN": DIRECTORY}]}
    ),
    "a rename by access point in a directory bucket": envelope(
        make_record(
            eventName="RenameObject",
            eventSource="s3express.amazonaws.com",
            request={"bucketName": "payroll-ap--euw1-az1--xa-s3", "x-amz-rename-source": "payroll/q3.csv"},
            resources=[{"type": "AWS::S3Express::Object", "ARN": f"{DIRECTORY}/public/q3.csv"}],
        ),
        source="aws.s3express",
    ),
    "a directory bucket's read": envelope(
        make_record(eventSource="s3express.amazonaws.com"), source="aws.s3express"
    ),
}
MISSES = {
    "another bucket": envelope(make_record(bucket="website-assets")),
    "a read of another directory bucket": envelope(
        make_record(bucket="other--x-s3", resources=DELETED_IN_DIRECTORY_BUCKET["resources"]),
        source="aws.s3express",
    ),
    "a bucket whose name begins alike": envelope(make_record(bucket="hr-data-public")),
    "a bucket whose name ends alike": envelope(make_record(bucket="old-hr-data")),
    "the name of a watched bucket as a key": envelope(make_record(bucket="website-assets", key="hr-data")),
    "a denial by an endpoint's policy": envelope(
        make_record(), detail_type="AWS Network Activity Event via CloudTrail"
    ),
    "S3's own notification": envelope(make_record(), detail_type="Object Created"),
    "another service": envelope(make_record(), source="aws.kms"),
    "another bucket's policy": envelope(
        make_record(bucket="website-assets", eventName="PutBucketPolicy", key=None)
    ),
}


@pytest.mark.parametrize("event", HITS.values(), ids=HITS)
def test_what_concerns_a_watched_bucket_passes(event):
    assert passes(event, S3)


WATCHED = add_watched(PACK, BUCKETS.split(","))
SCOPES = pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)


def derive_texts(scope: Scope) -> list[str]:
    """The patterns of another scope, and of S3Rule what all keep: access points, the account, ..."""
    kept = json.loads(S3)
    kept["detail"]["$or"] = kept["detail"]["$or"][2:]
    derived = derive(WATCHED, BUCKETS.split(","), scope, HOME).patterns
    return [json.dumps(each) for each in (*derived, kept)]


@SCOPES
@pytest.mark.parametrize("event", HITS.values(), ids=HITS)
def test_what_may_hit_in_a_watched_bucket_passes_in_every_scope(event, scope):
    assert any(passes(event, text) for text in derive_texts(scope))


@SCOPES
@pytest.mark.parametrize("event", MISSES.values(), ids=MISSES)
def test_what_does_not_is_left_out_of_every_scope(event, scope):
    assert not any(passes(event, text) for text in derive_texts(scope))


@pytest.mark.parametrize("event", MISSES.values(), ids=MISSES)
def test_what_does_not_is_left_out(event):
    assert not passes(event, S3)


@pytest.mark.parametrize("event", HITS.values(), ids=HITS)
def test_without_the_filter_nothing_is_lost(event):
    assert passes(event, S3_UNFILTERED)


def test_without_the_filter_every_bucket_passes():
    assert passes(MISSES["another bucket"], S3_UNFILTERED)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-eusc"], ids=str)
def test_resources_are_found_in_every_partition(partition):
    arns = [{"type": "AWS::S3::Bucket", "ARN": f"arn:{partition}:s3:::finance-exports"}]
    record = make_record(requestParameters=None, resources=arns)

    assert passes(envelope(record, detail_type=SERVICE), pattern("S3Rule", Partition=partition))


KEY = "arn:aws:kms:eu-west-1:111122223333:key/0d1e2f3a-4b5c-4d6e-8f70-1122aabbccdd"
OTHER_KEY = "arn:aws:kms:eu-west-1:111122223333:key/99887766-5544-4332-8110-ffeeddccbbaa"


def of_trail(name: str) -> str:
    record = make_record(
        eventName=name, eventSource="cloudtrail.amazonaws.com", requestParameters={"name": "s3watch"}
    )
    return envelope(record, source="aws.cloudtrail")


def of_organization(name: str, service: str) -> str:
    parameters = {"accountId": "444455556666", "servicePrincipal": service}
    record = make_record(
        eventName=name, eventSource="organizations.amazonaws.com", requestParameters=parameters
    )
    return envelope(record, source="aws.organizations")


def of_key(name: str, key: str) -> str:
    resources = [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": key}]
    record = make_record(
        eventName=name, eventSource="kms.amazonaws.com", requestParameters={"keyId": key}, resources=resources
    )
    return envelope(record, source="aws.kms")


@pytest.mark.parametrize(
    "name",
    [
        "StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors",
        "RegisterOrganizationDelegatedAdmin", "DeregisterOrganizationDelegatedAdmin",
        "StopEventDataStoreIngestion", "DeleteEventDataStore", "UpdateEventDataStore",
        "PutEventConfiguration",
    ],
    ids=str,
)  # fmt: skip
def test_tampering_with_a_trail_passes(name):
    assert passes(of_trail(name), TRAIL)


@pytest.mark.parametrize("name", ["StartLogging", "CreateTrail", "LookupEvents", "AddTags"], ids=str)
def test_other_calls_to_cloudtrail_are_left_out(name):
    assert not passes(of_trail(name), TRAIL)


@pytest.mark.parametrize(
    "name",
    ["RegisterDelegatedAdministrator", "DeregisterDelegatedAdministrator", "DisableAWSServiceAccess"],
    ids=str,
)
def test_what_an_organization_changes_about_cloudtrail_passes_and_about_others_does_not(name):
    assert passes(of_organization(name, "cloudtrail.amazonaws.com"), TRAIL)
    assert not passes(of_organization(name, "guardduty.amazonaws.com"), TRAIL)


@pytest.mark.parametrize(
    "name", ["DisableKey", "ScheduleKeyDeletion", "DeleteImportedKeyMaterial", "PutKeyPolicy"], ids=str
)
def test_the_loss_of_a_log_files_key_passes_and_of_another_key_does_not(name):
    text = pattern("TrailRule", LogFileKeys=KEY)

    assert passes(of_key(name, KEY), text)
    assert not passes(of_key(name, OTHER_KEY), text)
    assert not passes(of_key(name, KEY), TRAIL)
    assert not passes(of_key("Encrypt", KEY), text)


@pytest.mark.parametrize("source", ["s3-banner", "s3-object-lambda"], ids=str)
def test_object_lambda_passes_by_every_source_that_it_may_have(source):
    record = make_record(
        eventName="PutAccessPointPolicyForObjectLambda", eventSource=f"{source}.amazonaws.com"
    )

    assert passes(envelope(record, source=f"aws.{source}"), TRAIL)
    assert not passes(envelope(make_record(), source=f"aws.{source}"), TRAIL)


@pytest.mark.parametrize("name", ["CreateJob", "PutStorageLensConfiguration"], ids=str)
def test_what_names_buckets_in_places_of_its_own_passes_and_other_calls_on_s3_do_not(name):
    record = make_record(eventName=name, requestParameters={}, without=("resources",))

    assert passes(envelope(record), TRAIL)
    assert not passes(envelope(record | {"eventName": "GetObject"}), TRAIL)
    assert not passes(envelope(record | {"eventSource": "kms.amazonaws.com"}, source="aws.kms"), TRAIL)


@pytest.mark.parametrize(
    ("name", "delivered"),
    [
        ("PutBucketPolicy", True),
        ("DeleteBucketLifecycle", True),
        ("DeleteBucket", True),
        ("GetBucketPolicy", False),
        ("CreateBucket", False),
        ("DeleteObject", False),
    ],
    ids=str,
)
def test_changed_settings_of_every_bucket_pass_because_any_may_have_log_files(name, delivered):
    record = make_record(eventName=name, bucket="trail-logs", key=None)

    assert passes(envelope(record), TRAIL) == delivered


def changes_in_the_pack() -> dict[str, list[dict[str, Any]]]:
    """The management events that detections match in the test cases of rules/tests."""
    cases = {
        f"{path.stem}: {case['name']}": [
            make_example(one) for event in case["events"] for one in repeat(event)
        ]
        for path in sorted((ROOT / "rules/tests").glob("*.yml"))
        for case in yaml.safe_load(path.read_bytes())["cases"]
        if case["expect"] == "hit"
    }
    return {name: records for name, records in cases.items() if records[0].get("managementEvent")}


@pytest.mark.parametrize("records", changes_in_the_pack().values(), ids=changes_in_the_pack())
def test_every_change_that_a_detection_of_the_pack_matches_is_delivered(records):
    trail = pattern("TrailRule", LogFileKeys=KEY)
    for record in records:
        event = envelope(record, source=f"aws.{record['eventSource'].removesuffix('.amazonaws.com')}")

        assert passes(event, S3) or passes(event, trail) or passes(event, OWN)


def sample_events() -> dict[str, str]:
    """The events of events/, as EventBridge delivers them."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "events").glob("*.json"))}
    return {
        name: text
        for name, text in texts.items()
        # those: test_findings.py, test_review.py
        if name != "sqs-batch" and not name.startswith(("finding-", "review-"))
    }


@pytest.mark.parametrize("name", sample_events(), ids=str)
def test_the_sample_events_pass_but_for_the_unwatched_bucket(name):
    event = sample_events()[name]

    assert (passes(event, S3) or passes(event, TRAIL)) == (name != "unwatched-bucket")


@pytest.mark.parametrize(
    "text", [S3, S3_UNFILTERED, TRAIL, OWN], ids=["S3Rule", "S3Rule unfiltered", "TrailRule", "OwnCalls"]
)
def test_patterns_are_short_enough(text):
    assert len(text) <= LIMIT


@pytest.mark.parametrize(
    "partition", ["aws", "aws-us-gov"], ids=["the first", "the one with the longest ARNs"]
)
@pytest.mark.parametrize("characters", [3, 20, 63], ids=str)
def test_the_number_of_buckets_that_fit_is_as_documented(characters, partition):
    fit = {3: (63, 49), 20: (27, 24), 63: (11, 10)}[characters][partition != "aws"]

    def length(number: int) -> int:
        buckets = ",".join(["b" * characters] * number)
        return len(pattern("S3Rule", WatchedBuckets=buckets, Partition=partition))

    assert length(fit) <= LIMIT < length(fit + 1)


@pytest.mark.parametrize(
    ("call", "passing"),
    [({"eventName": "LookupEvents", "readOnly": True}, []), ({"eventName": "StopLogging"}, [TRAIL])],
    ids=["ours", "one that hides something"],
)
def test_our_own_look_ups_in_the_event_history_do_not_come_back(call: Any, passing: list[str]):
    asked = {"lookupAttributes": [{"attributeKey": "ResourceName", "attributeValue": "ASIAEXAMPLE"}]}
    record = make_record(
        eventSource="cloudtrail.amazonaws.com", requestParameters=asked, resources=None,
        eventCategory="Management", managementEvent=True, **call,
    )  # fmt: skip
    event = envelope(record, source="aws.cloudtrail")

    assert [each for each in (S3, S3_UNFILTERED, TRAIL, OWN) if passes(event, each)] == passing
