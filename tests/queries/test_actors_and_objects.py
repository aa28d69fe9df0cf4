"""What the searches that mails run find is what the rules hold to be by an actor, or on an object.

The records are generated: every kind of caller in several accounts, and every way in which a request names an
object.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode
from s3watch_cli.generate.query_files import read_queries
from s3watch_cli.generate.query_template import FOLDER
from s3watch_cli.history.names import names_of, touches

from tests.support.cloudtrail import (
    ANONYMOUS,
    OTHER,
    OWNER,
    SSO_PATH,
    as_bytes,
    make_record,
    make_resources,
    make_role,
    make_user,
)
from tests.support.project import ROOT
from tests.support.query_tables import Tables

QUERIES = {query.statement: query for query in read_queries(ROOT / FOLDER)}
EVER = ("1900/01/01", "2100/12/31", "1900-01-01T00:00:00Z", "2100-12-31T00:00:00Z")
SSO = "AWSReservedSSO_Analyst_0123456789abcdef"
MAIL = "alice@example.com"
ALICE = f"arn:aws:sts::{OWNER}:assumed-role/Analyst/alice"
PART = {
    "eventName": "DeleteObject",
    "eventType": "AwsServiceEvent",
    "requestParameters": None,
    "userIdentity": {"invokedBy": "AWS Internal"},
}
POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/payroll"


def federated(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "principalId": "X", "accountId": OWNER} | members


def by_web(subject: str) -> dict[str, Any]:
    role = make_role("deploy", "run-1")
    claims = {"accounts.example.com:aud": "x", "accounts.example.com:sub": subject}
    return role | {"sessionContext": role["sessionContext"] | {"webIdFederationData": {"attributes": claims}}}


def without_issuer(identity: dict[str, Any]) -> dict[str, Any]:
    return identity | {"sessionContext": {}}


IDENTITIES: dict[str, dict[str, Any]] = {
    "a role": make_role(),
    "a role with a path": make_role("etl", "i-1", path="/jobs/"),
    "a role of another account": make_role("etl", "i-1", OTHER),
    "a role without an issuer": without_issuer(make_role("etl", "i-1")),
    "a person of Identity Center": make_role(SSO, MAIL, path=SSO_PATH),
    "such a person elsewhere": make_role(SSO, MAIL, OTHER, path=SSO_PATH),
    "such a person in an access log": without_issuer(make_role(SSO, MAIL)),
    "a role that imitates": make_role(SSO, MAIL),
    "the same in small letters": make_role(SSO.lower(), MAIL),
    "a source identity": make_role("Analyst", "x") | {
        "sessionContext": make_role()["sessionContext"] | {"sourceIdentity": MAIL}
    },
    "a web identity": by_web("repo:example/app"),
    "an application for a person": make_role("app", "s") | {"onBehalfOf": {"userId": "user-1"}},
    "root with a role's session": make_role("x", "y") | {
        "arn": f"arn:aws:sts::{OWNER}:assumed-root", "sessionContext": {"sessionIssuer": {"type": "Root"}}
    },
    "a user": make_user(),
    "a user of another account": make_user(account=OTHER),
    "a user with a path": make_user() | {"arn": f"arn:aws:iam::{OWNER}:user/staff/bob", "userName": None},
    "a user without a name": {"type": "IAMUser", "accountId": OWNER},
    "a user without an ARN": {"type": "IAMUser", "accountId": OWNER, "userName": "bob"},
    "a role without an ARN": make_role("etl") | {"arn": None},
    "root": {"type": "Root", "arn": f"arn:aws:iam::{OWNER}:root", "accountId": OWNER},
    "a federated user": federated("FederatedUser", arn=f"arn:aws:sts::{OWNER}:federated-user/carol"),
    "SAML": federated("SAMLUser", userName="carol", accountId=None),
    "a web user": federated("WebIdentityUser", userName="dave", accountId=None),
    "Identity Center's own user": federated("IdentityCenterUser", onBehalfOf={"userId": "user-2"}),
    "a service": {"type": "AWSService", "invokedBy": "macie.amazonaws.com"},
    "a service by its id": {"type": "AWSService", "principalId": "x.amazonaws.com"},
    "another account": {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": OTHER},
    "another account by a service": {
        "type": "AWSAccount", "accountId": OTHER, "invokedBy": "athena.amazonaws.com"
    },
    "the own account by a service": {
        "type": "AWSAccount", "accountId": OWNER, "invokedBy": "athena.amazonaws.com"
    },
    "a role of which the ARN tells": {
        "type": "AWSAccount", "accountId": OTHER, "arn": f"arn:aws:sts::{OTHER}:assumed-role/etl/i-2"
    },
    "a canonical user": {"type": "AWSAccount", "principalId": "0123abcd", "accountId": ""},
    "S3 itself": {"invokedBy": "AWS Internal"},
    "nobody known": {"type": "Unknown", "principalId": "x"},
    "anonymous": ANONYMOUS,
    "anonymous as before": {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL"},
    "anonymous without an account": {"type": "AWSAccount", "principalId": "", "accountId": ""},
}  # fmt: skip


def by_actors() -> list[dict[str, Any]]:
    """Every caller, in an own bucket, in one of another account, and in no bucket."""
    where = [
        {},
        {"resources": make_resources("b", "k", OTHER), "sourceIPAddress": "198.51.100.4"},
        {"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com", "resources": None},
        {"recipientAccountId": OTHER, "resources": None},
    ]
    return [
        make_record(userIdentity=identity, requestID=f"R{number}", **place)
        for number, (identity, place) in enumerate(product(IDENTITIES.values(), where))
    ]


def on_objects() -> list[dict[str, Any]]:
    """Every way to name two objects whose keys are hard to write, and copies between them and elsewhere."""
    keys = ["payroll/2026/q3.csv", "payroll/a b+c%2Fé?.csv", "payroll/2026/q3.csv2"]
    written = {
        "payroll/2026/q3.csv": ["hr-data/payroll/2026/q3.csv", "/hr-data/payroll%2F2026/q3.csv?versionId=v1"],
        "payroll/a b+c%2Fé?.csv": ["hr-data/payroll/a%20b%2Bc%252F%C3%A9%3F.csv"],
        "payroll/2026/q3.csv2": [
            f"{POINT}/object/payroll/2026/q3.csv2", "payroll-x-s3alias/payroll/2026/q3.csv2"
        ],
    }  # fmt: skip
    there = make_resources("copies", "x y", OTHER)
    named = [
        make_record(key=key, eventName=name, **outcome)
        for key, name, outcome in product(
            keys, ("GetObject", "PutObject", "DeleteObject"), ({}, {"errorCode": "AccessDenied"})
        )
    ]  # fmt: skip
    points = [
        make_record(key=key) | {"requestParameters": {"bucketName": point, "key": key}}
        for key, point in product(keys, (POINT, "payroll-x-s3alias"))
    ]
    parts = [
        make_record(resources=make_resources("hr-data", key)[::order], **PART)
        for key, order in product(keys, (1, -1))
    ]  # fmt: skip
    copies = [
        make_record(eventName="CopyObject", bucket="copies", key="x y",
                    request={"x-amz-copy-source": header}, resources=resources)
        for key in keys
        for header in written[key]
        for resources in (
            [*there, *make_resources("hr-data", key)],
            [*there, *make_resources("hr-data", None)],
        )
    ]  # fmt: skip
    others = [
        make_record(eventName="DeleteObjects", key=None),
        make_record(eventName="DeleteObjects", key=None, errorCode="AccessDenied"),
        make_record(eventName="ListObjects", key=None),
        make_record(
            eventName="RenameObject", key="new", request={"x-amz-rename-source": "/hr-data/payroll/old"}
        ),
        make_record(without=("resources",)),
        make_record(eventName="CreateAccessPoint") | {
            "requestParameters": {"CreateAccessPointRequest": {"Bucket": "hr-data"}}, "resources": None
        },
        make_record(bucket="copies", key="payroll/2026/q3.csv"),
        make_record(eventSource="s3express.amazonaws.com", requestParameters=None, resources=[
            {"type": "AWS::S3Express::Object", "ARN": "arn:aws:s3express:eu-west-1:1:bucket/d--x-s3/k"}]),
    ]  # fmt: skip
    made = [*named, *points, *parts, *copies, *others]
    return [record | {"requestID": f"R{number}"} for number, record in enumerate(made)]


class World:
    """Records in a table, with the accesses that the rules see in them."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self.tables = Tables(records)
        raws = [as_bytes(record) for record in records]
        self.accesses: list[tuple[Access, ...]] = [extract(decode(raw), raw) for raw in raws]

    def ask(self, statement: str, value: str) -> set[str]:
        """The requests that a search finds."""
        rows = self.tables.ask(QUERIES[statement], *EVER, value)
        assert len(rows) == len({row["requestid"] for row in rows})
        return {row["requestid"] for row in rows}

    def requests(self, holds: Any) -> set[str | None]:
        """The requests with an access of which something holds."""
        return {each.record.request_id for some in self.accesses for each in some if holds(each)}


@cache
def world_of_actors() -> World:
    return World(by_actors())


@cache
def world_of_objects() -> World:
    return World(on_objects())


NAMES = sorted({name for some in world_of_actors().accesses for name in names_of(some[0])})


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_search_for_an_actor_finds_every_access_by_that_name_and_no_other(name: str):
    world = world_of_actors()

    found = world.ask("what_this_actor_did", name)

    assert found == world.requests(lambda access: name in names_of(access))
    assert found >= world.requests(lambda access: name in (access.actor, access.principal))


@pytest.mark.parametrize("name", ["role/Analyst", f"{OWNER}:role/Analyst"], ids=["short", "with account"])
def test_a_search_for_an_actor_finds_the_objects_of_its_batch_deletes(name: str):
    tables = Tables(
        [
            make_record(eventName="DeleteObjects", key=None, requestID="A"),
            make_record(key="a", requestID="A", **PART),
            make_record(key="b", requestID="A", **PART),
            make_record(key="c", requestID="B", **PART),
            make_record(eventName="DeleteObjects", key=None, requestID="C", userIdentity=make_user()),
            make_record(key="d", requestID="C", **PART),
        ]
    )

    rows = tables.ask(QUERIES["what_this_actor_did"], *EVER, name)

    assert [(row["eventname"], row["object"], row["principal"]) for row in rows] == [
        ("DeleteObjects", "s3://hr-data", ALICE),
        ("DeleteObject", "s3://hr-data/a", ALICE),
        ("DeleteObject", "s3://hr-data/b", ALICE),
    ]


PLACES = [
    "s3://hr-data/payroll/2026/q3.csv",
    "s3://hr-data/payroll/a b+c%2Fé?.csv",
    "s3://hr-data/payroll/2026/q3.csv2",
    "hr-data/payroll/2026/q3.csv",
    "s3://hr-data/payroll/old",
    "s3://hr-data/new",
    "s3://hr-data",
    "s3://copies",
    "s3://copies/x y",
    "s3://d--x-s3/k",
    "s3://hr-data/payroll/",
    "s3://nothing/here",
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_search_for_an_object_or_a_bucket_finds_every_access_to_it_and_no_other(place: str):
    world = world_of_objects()

    found = world.ask("who_touched_this", place)

    assert found == world.requests(lambda access: touches(access, place))
    assert found >= world.requests(lambda access: access.uri == place)
    assert bool(found) == (place != "s3://nothing/here")
