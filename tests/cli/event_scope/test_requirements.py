from __future__ import annotations

from typing import Any

import pytest
from s3watch.ruleset import AwsRanges, Condition, Detection, Expected, Label, Patterns, Ruleset
from s3watch_cli.event_scope.requirements import LISTINGS, ON_OBJECTS, Requirements, expected_callers

from tests.support.cloudtrail import OWNER
from tests.support.event_scopes import HOME

LABELS = (
    Label(
        "payroll",
        expected=(Expected(("role/payroll-app",), ("read",)), Expected(("role/lister",), ("list",))),
    ),
    Label("shared", expected=(Expected(("user/bob",)), Expected(("role/lister",), ("list",)))),
    Label("bait", "critical", is_decoy=True),
)
ENTRIES = Patterns("hr-data", prefixes=(("payroll/", 0), ("shared/", 1)))
BAIT = Patterns("bait", exact=(("passwords.csv", 2),), prefixes=(("shared/", 1),))
READS = frozenset({"GetObject"})


def on(field: str, *values: str, op: str = "eq") -> Condition:
    return Condition(op, field=field, values=values)


def every(*parts: Condition) -> Condition:
    return Condition("and", of=parts)


def no(part: Condition) -> Condition:
    return Condition("not", of=(part,))


def require(
    condition: Condition,
    calls: Any = ON_OBJECTS,
    *,
    bucket: str = "hr-data",
    callers: bool = True,
    ranges: AwsRanges | None = None,
) -> list[dict[str, Any]]:
    """What follows from a condition, as values by the last word of the member; all events are left out."""
    detection = Detection("rule", "A rule", "low", condition)
    ruleset = Ruleset(labels=LABELS, patterns=(BAIT, ENTRIES), detections=(detection,), aws_ranges=ranges)
    return [
        {
            path.rpartition(".")[2]: {str(leaf.write()) for leaf in leaves}
            for path, leaves in clause.members.items()
            if {leaf.value for leaf in leaves} != {*calls.names}
        }
        | ({"callers": set(clause.callers)} if clause.callers else {})
        for clause in Requirements(ruleset, bucket, calls, HOME, callers=callers).clauses()
    ]


UNEXPECTED = on("s3.expected", "false", op="bool")
READ = on("s3.operation", "read")
DECOY = on("s3.decoy", "true", op="bool")
KMS, OWN_KEYS = "x-amz-server-side-encryption-aws-kms-key-id", f"arn:aws:kms:eu-west-1:{OWNER}:"
PAYROLL, SHARED = "{'prefix': 'payroll/'}", "{'prefix': 'shared/'}"
SUCCESS = {"{'exists': False}", "None", ""}
NO_ROLES = "{'anything-but': ['AWSService', 'FederatedUser', 'IAMUser', 'Root']}"


@pytest.mark.parametrize(
    ("condition", "clauses"),
    [
        (on("s3.operation", "delete"), []),
        (READ, [{"eventName": READS}]),
        (no(on("s3.scope", "object")), []),
        (on("s3.bucket", "elsewhere"), []),
        (on("s3.bucket", "HR-data"), [{}]),
        (on("s3.bucket_labels", "true", op="exists"), [{}]),
        (on("s3.log_bucket", "true", op="bool"), [{}]),
        (on("s3.label", "true", op="exists"), [{"key": {PAYROLL, SHARED}}]),
        (on("s3.label", "PAYROLL"), [{"key": {PAYROLL}}]),
        (on("s3.label", "other"), []),
        (no(on("s3.label", "payroll")), [{}]),
        (every(READ, UNEXPECTED), [
            {"eventName": READS, "key": {PAYROLL}, "callers": {"role/payroll-app"}},
            {"eventName": READS, "key": {SHARED}, "callers": {"user/bob"}},
        ]),
        (no(on("s3.expected", "true", op="bool")), [{}]),
        (on("s3.expected", "true", op="bool"), [{"key": {PAYROLL, SHARED}}]),
        (on("s3.outcome", "success"), [{"errorCode": SUCCESS}]),
        (on("s3.outcome", "denied", "missing"), [{"errorCode": {"{'exists': True}"}}]),
        (on("s3.outcome", "denied", "success"), [{}]),
        (on("s3.key", ".pem", op="suffix"), [{"key": {"{'suffix': {'equals-ignore-case': '.pem'}}"}}]),
        (Condition("null", field="s3.key"), []),
        (on("s3.signature", "SigV2"), [{"SignatureVersion": {"{'equals-ignore-case': 'SigV2'}"}}]),
        (on("s3.tls", "none"), [{"CipherSuite": {"{'exists': False}", "None"}}]),
        (on("requestParameters.x-amz-acl", "private"), [{"x-amz-acl": {"{'exists': True}"}}]),
        (Condition("null", field="requestParameters.x-amz-acl"), [{}]),
        (Condition("null", field="s3.grants_public"), [{}]),
        (on("s3.kms_accounts", "true", "false", op="exists"), [{}]),
        (Condition("keyword", values=("payroll",)), [{}]),
        (on("userAgent", "curl"), [{}]),
        (on("s3.principal", "role/HR_", op="prefix"), [
            {"type": {NO_ROLES, "{'exists': False}"}, "userName": SUCCESS},
            {"userName": {"{'prefix': {'equals-ignore-case': 'HR_'}}"}},
        ]),
        (on("s3.principal", "role/", op="prefix"), [{}]),
        (on("s3.principal", "user/b", op="prefix"), [{}]),
    ],
    ids=[
        "another operation",
        "an operation",
        "not the scope of objects",
        "another bucket",
        "the bucket, folded",
        "labels in the bucket",
        "a log bucket",
        "any label",
        "a label, folded",
        "an unknown label",
        "not a label",
        "an operation, unexpected",
        "not expected",
        "expected",
        "success",
        "denied or missing",
        "denied or success",
        "a key's end",
        "no key",
        "a signature",
        "no TLS",
        "a header",
        "no header",
        "no grants",
        "keys of an account or not",
        "a keyword",
        "a user agent",
        "a role's name by its beginning",
        "any role",
        "a user's name",
    ],
)  # fmt: skip
def test_a_condition_implies_of_a_plain_call_on_an_object(condition, clauses):
    assert require(condition) == clauses


@pytest.mark.parametrize(
    ("condition", "clauses"),
    [
        (READ, []),
        (on("s3.operation", "list"), [{}]),
        (on("s3.label", "true", op="exists"), [{}]),
        (on("s3.label", "other"), []),
        (UNEXPECTED, [{"callers": {"role/lister"}}]),
        (on("s3.key", ".pem", op="suffix"), [{}]),
        (Condition("null", field="s3.key"), [{}]),
    ],
    ids=[
        "of objects only",
        "listing",
        "any label",
        "an unknown label",
        "unexpected",
        "a key's end",
        "no key",
    ],
)
def test_a_condition_implies_of_a_listing(condition, clauses):
    assert require(condition, LISTINGS) == clauses


@pytest.mark.parametrize(
    ("condition", "calls", "bucket", "clauses"),
    [
        (DECOY, ON_OBJECTS, "bait", [{"key": {"passwords.csv"}}]),
        (no(on("s3.decoy", "false", op="bool")), ON_OBJECTS, "bait", [{}]),
        (on("s3.decoy", "false", op="bool"), ON_OBJECTS, "bait", [{}]),
        (DECOY, LISTINGS, "bait", [{}]),
        (DECOY, ON_OBJECTS, "hr-data", []),
        (DECOY, LISTINGS, "hr-data", []),
        (every(READ, UNEXPECTED, DECOY), ON_OBJECTS, "bait", [
            {"eventName": READS, "key": {"passwords.csv"}},
        ]),
    ],
    ids=[
        "any call of anybody", "not that it is none", "what is none", "listings", "a bucket without one",
        "listings there", "nobody is expected",
    ],
)  # fmt: skip
def test_a_condition_on_decoys_passes_whatever_could_touch_one(condition, calls, bucket, clauses):
    assert require(condition, calls, bucket=bucket) == clauses


def test_of_objects_everything_is_told_but_the_callers():
    condition = every(READ, UNEXPECTED, on("s3.outcome", "success"))

    assert require(condition, callers=False) == [
        {"eventName": READS, "key": {PAYROLL, SHARED}, "errorCode": SUCCESS}
    ]


def test_whatever_grants_anything_is_named_by_headers_in_both_ways_of_writing_them():
    names = {name for clause in require(on("s3.grants_public", "true", op="bool")) for name in clause}

    assert {"x-amz-acl", "X-Amz-Acl", "x-amz-grant-read-acp", "X-Amz-Grant-Read-Acp"} <= names
    assert len(names) == 2 * (1 + 5)


def test_a_key_of_another_account_is_one_that_is_not_of_the_own_or_of_another_buckets_owner():
    found = require(on("s3.kms_accounts", "true", op="exists"))
    others = {f"{{'anything-but': ['{OWNER}']}}"}

    assert {name: leaves for clause in found for name, leaves in clause.items()} == {
        KMS: {f"{{'anything-but': {{'prefix': '{OWN_KEYS}'}}}}"},
        KMS.title(): {f"{{'anything-but': {{'prefix': '{OWN_KEYS}'}}}}"},
        "accountId": others,
        "recipientAccountId": {*others, "{'exists': False}"},
    }
    assert len(found) == 6  # keys in the request and in the answer


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        ("role/payroll-app", True),
        ("user/bob", True),
        (r"role/a\*b", True),
        ("role/payroll-*", False),
        ("root", False),
        ("anonymous", False),
        ("service/lifecycle", False),
        ("444455556666:role/payroll-app", False),
        ("role/AWSReservedSSO_HR_0123", False),
        ("role/awsreservedsso_hr", False),
    ],
    ids=str,
)
def test_callers_are_named_by_role_or_user_of_the_own_account(principal, named):
    found = expected_callers(Label("payroll", expected=(Expected((principal,)),)), "read")

    assert found == ({principal.replace("\\", "")} if named else frozenset())


@pytest.mark.parametrize(
    ("expected", "named"),
    [
        (Expected(("role/app",), ("read", "list")), True),
        (Expected(("role/app",), ("write",)), False),
        (Expected(("role/app",), networks=("vpce-0a1b2c3d",)), False),
    ],
    ids=["this operation", "another operation", "from a network only"],
)
def test_callers_are_expected_for_an_operation_from_anywhere(expected, named):
    found = expected_callers(Label("payroll", expected=(expected,)), "read")

    assert found == ({"role/app"} if named else frozenset())


def test_only_with_the_ranges_of_aws_does_asking_for_them_require_events():
    outside = on("s3.outside_aws", "true", op="bool")
    labelled = every(on("s3.label", "true", op="exists"), outside)

    assert require(labelled) == []
    assert require(labelled, ranges=AwsRanges("2026-11-20-08-00-00")) == [{"key": {PAYROLL, SHARED}}]
