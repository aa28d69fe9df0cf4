from __future__ import annotations

from typing import Any

import pytest
from s3watch.detection.matcher import Matcher
from s3watch.facts.requests.access_grants import NO_SCOPE, Scope, find_grantees, read_scope
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import ANONYMOUS, OTHER, OWNER, as_bytes, make_record
from tests.support.sensitive import RULESET, first_access

EVE = f"arn:aws:iam::{OTHER}:user/eve"
GRANT = {
    "AccessGrantsLocationId": "default",
    "AccessGrantsLocationConfiguration": {"S3SubPrefix": "hr-data/payroll/*"},
    "Grantee": {"GranteeType": "IAM", "GranteeIdentifier": EVE},
    "Permission": "READWRITE",
}
WRAPPED = {"accountId": OWNER, "CreateAccessGrantRequest": GRANT}
IN_CAMEL_CASE = {
    "accessGrantsLocationId": "default",
    "accessGrantsLocationConfiguration": {"s3SubPrefix": "hr-data/payroll/*"},
    "grantee": {"granteeType": "IAM", "granteeIdentifier": EVE},
}
LOCATION = {"CreateAccessGrantsLocationRequest": {"LocationScope": "s3://hr-data"}}
ELSEWHERE = {"CreateAccessGrantRequest": GRANT | {"AccessGrantsLocationId": "0d1e2f3a-4b5c"}}


@pytest.mark.parametrize(
    ("request_parameters", "response", "scope"),
    [
        (WRAPPED, None, Scope("hr-data", "payroll/")),
        (GRANT, None, Scope("hr-data", "payroll/")),
        (IN_CAMEL_CASE, None, Scope("hr-data", "payroll/")),
        (ELSEWHERE, {"GrantScope": "s3://hr-data/payroll/*"}, Scope("hr-data", "payroll/")),
        (ELSEWHERE, None, NO_SCOPE),
        (GRANT | {"s3PrefixType": "Object"}, {"GrantScope": "s3://x/a.csv"}, Scope("x", key="a.csv")),
        (WRAPPED | {"s3SubPrefix": "scratch/*", "bucket": "scratch"}, None, Scope("hr-data", "payroll/")),
        (ELSEWHERE | {"target": "s3://scratch/*", "locationScope": "s3://scratch"}, None, NO_SCOPE),
        (None, None, NO_SCOPE),
        ([], "s3://hr-data", NO_SCOPE),
        ({"S3SubPrefix": 7, "accessGrantsLocationId": ["default"]}, None, NO_SCOPE),
    ],
    ids=[
        "as recorded", "without the wrapping", "in camel case", "another location", "a location not recorded",
        "one object", "added members", "added scopes", "null", "a list", "odd members",
    ],
)  # fmt: skip
def test_the_scope_of_a_grant(request_parameters: Any, response: Any, scope: Scope):
    assert read_scope("CreateAccessGrant", request_parameters, response) == scope


@pytest.mark.parametrize(
    ("event", "request_parameters", "response", "scope"),
    [
        ("CreateAccessGrantsLocation", LOCATION, None, Scope("hr-data", "")),
        ("CreateAccessGrantsLocation", {"LocationScope": "s3://"}, None, NO_SCOPE),
        ("UpdateAccessGrantsLocation", {}, {"LocationScope": "s3://hr-data/x/"}, Scope("hr-data", "x/")),
        ("GetDataAccess", {"target": "s3://hr-data/x/*"}, None, Scope("hr-data", "x/")),
        ("GetDataAccess", {"target": ["s3://x/a"], "targetType": "Object"}, None, Scope("x", key="a")),
        ("GetDataAccess", {"target": "s3://hr-*"}, None, NO_SCOPE),
        ("CreateAccessPoint", {"CreateAccessPointRequest": {"Bucket": "x"}}, None, Scope("x", "")),
    ],
    ids=[
        "a new location", "every bucket", "a location's role", "a use", "a use of one object",
        "a pattern of buckets", "an access point",
    ],
)  # fmt: skip
def test_the_scope_of_another_call(event: str, request_parameters: Any, response: Any, scope: Scope):
    assert read_scope(event, request_parameters, response) == scope


@pytest.mark.parametrize(
    ("grantee", "accounts"),
    [
        ({"GranteeType": "IAM", "GranteeIdentifier": EVE}, {OTHER}),
        ({"GranteeType": "IAM", "GranteeIdentifier": f"arn:aws-cn:iam::{OWNER}:role/analyst"}, {OWNER}),
        ({"GranteeType": "DIRECTORY_GROUP", "GranteeIdentifier": "0d1e2f3a-4b5c"}, set()),
        ({"GranteeType": "IAM", "GranteeIdentifier": "eve"}, set()),
    ],
    ids=["another account", "the owner's", "a directory group", "no ARN"],
)  # fmt: skip
def test_a_grant_is_given_to_the_account_of_its_principal(grantee: dict[str, str], accounts: set[str]):
    assert list(find_grantees({"CreateAccessGrantRequest": {"Grantee": grantee}})) == [accounts]


def test_a_request_that_grants_nothing_has_no_grantees():
    assert list(find_grantees({"name": "x", "CreateAccessGrantsInstanceRequest": {}})) == []


def granted(**changes: Any) -> dict[str, Any]:
    """A record of CreateAccessGrant, whose resource is the instance."""
    resource = {
        "accountId": OWNER,
        "type": "AWS::S3::AccessGrantsInstance",
        "ARN": f"arn:aws:s3:eu-west-1:{OWNER}:access-grants/default",
    }
    recorded = {"eventName": "CreateAccessGrant", "requestParameters": WRAPPED, "resources": [resource]}
    return make_record(**(recorded | changes))


def test_a_grant_is_a_change_of_permission_of_a_prefix_for_an_account():
    access = first_access(granted())

    assert (access.operation, access.scope) == ("permission", "prefix")
    assert (access.bucket, access.prefix, access.key) == ("hr-data", "payroll/", None)
    assert access.settings.grants_accounts == (OTHER,)


def test_a_grant_without_a_known_scope_is_one_of_the_account():
    access = first_access(granted(requestParameters=ELSEWHERE))

    assert (access.bucket, access.scope, access.settings.grants_accounts) == (None, "account", (OTHER,))


@pytest.mark.parametrize("without", [(), ("resources",)], ids=["with its resource", "without one"])
def test_the_matcher_labels_a_grant_whatever_it_remembers(without: tuple[str, ...]):
    matcher = Matcher(RULESET)
    for record in (
        make_record(eventName="ListBuckets", requestParameters=None, without=("resources",)),
        granted(without=without, userIdentity=ANONYMOUS),
    ):
        raw = as_bytes(record)
        hits = matcher.match(decode(raw), raw)

    assert [hit.access.label_names for hit in hits] == [("payroll",)]
