"""The superset law catches what is wrong with patterns: each with one fault loses one of these records."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, Ruleset
from s3watch_cli.event_scope.patterns import derive
from s3watch_cli.event_scope.requirements import PLAIN_EVENTS

from tests.support.cloudtrail import (
    ANONYMOUS,
    OTHER,
    OWNER,
    make_record,
    make_resources,
    make_role,
    make_user,
)
from tests.support.event_patterns import passes
from tests.support.event_scopes import KEPT, WATCHED, hitting
from tests.support.pattern_mutations import mutate


def both(*parts: Condition) -> Condition:
    return Condition("and", of=parts)


def on(field: str, *values: str, op: str = "eq") -> Condition:
    return Condition(op, field=field, values=values)


SUCCESS = on("s3.outcome", "success")
RULES = {
    "unexpected": both(on("s3.expected", "false", op="bool"), SUCCESS),
    "denied": both(on("s3.label", "true", op="exists"), on("s3.outcome", "denied")),
    "credentials": both(on("s3.operation", "read"), on("s3.key", ".pem", "key", op="suffix")),
    "sigv2": both(on("s3.label", "true", op="exists"), on("s3.signature", "SigV2"), SUCCESS),
    "keyless": Condition("null", field="s3.key"),
    "deleted": on("s3.operation", "delete"),
    "nameless": on("eventName", "false", op="exists"),
    "sourceless": on("eventSource", "false", op="exists"),
    "elsewhere": on("eventSource", "s3express.amazonaws.com"),
}
OUTSIDE = ("keyless", "deleted", "nameless", "sourceless", "elsewhere")  # of what is no plain call
LABELS = (
    Label("payroll", expected=(Expected(("role/payroll-app", "role/backup"), ("read", "inspect")),)),
    Label("shared", expected=(Expected(("role/payroll-app", "user/bob")),)),
)


def make_ruleset(*names: str) -> Ruleset:
    return Ruleset(
        labels=LABELS,
        patterns=(
            Patterns("hr-data", prefixes=(("payroll/", 0), ("shared/", 1)), exact=(("x", 1),)),
            Patterns("logs", globs=(("*.csv", 0),)),
        ),
        detections=tuple(Detection(name, name, "low", RULES[name]) for name in names),
    )


APP, BOB = make_role("payroll-app"), make_user("bob")
ISSUER = APP["sessionContext"]["sessionIssuer"]


def session(issuer: dict[str, Any], *without: str, **changes: Any) -> dict[str, Any]:
    """The role's session, with another issuer and other members."""
    identity = APP | {"sessionContext": {"sessionIssuer": issuer}} | changes
    return {name: value for name, value in identity.items() if name not in without}


CALLERS = (
    make_role(), make_role("payroll-app", account=OTHER), APP, BOB, make_user("bob", OTHER), make_user("ann"),
    ANONYMOUS,
    session({**ISSUER, "type": "Root"}),
    session({"arn": ISSUER["arn"].replace("payroll-app", "other"), "type": "Role"}),
    session({"userName": "payroll-app"}, arn=f"arn:aws:sts::{OWNER}:assumed-root"),
    session(ISSUER, type="FederatedUser"),
    session(ISSUER, "type", "arn"),
    session(ISSUER, accountId=None),
    session(ISSUER, "accountId", arn=APP["arn"].replace(OWNER, OTHER)),
    {"type": "IAMUser", "accountId": OWNER, "arn": f"arn:aws:iam::{OWNER}:user/ann"},
)  # fmt: skip
LABELLED = (("hr-data", "payroll/a"), ("hr-data", "shared/a"), ("hr-data", "x"), ("logs", "q3.csv"))
WITHOUT_LABEL = (*product(WATCHED, ("a.pem", "a.KEY", "a.\N{KELVIN SIGN}ey", "other")),)


def call(bucket: str, key: str | None, name: str = "GetObject", **changes: Any) -> dict[str, Any]:
    return make_record(bucket=bucket, key=key, eventName=name, **changes)


def of_object(bucket: str, key: str) -> Iterator[dict[str, Any]]:
    for name, who in product(PLAIN_EVENTS, CALLERS):
        yield call(bucket, key, name, userIdentity=who)
        yield call(bucket, key, name, userIdentity=who, errorCode="AccessDenied")
    for who, code in product(CALLERS, ("", None)):
        yield call(bucket, key, userIdentity=who, errorCode=code)
        yield call(bucket, key, userIdentity=who, errorCode=code, additional={"SignatureVersion": "sigv2"})
    for name, who, code in product(PLAIN_EVENTS, (APP, BOB), ({}, {"errorCode": ""}, {"errorCode": None})):
        more = {"userIdentity": who, **code}
        yield call(bucket, key, name, **more, additional={"SignatureVersion": "sigv2"})
        yield call(bucket, key, name, **more, resources=make_resources(bucket, key, OTHER))
        yield call(bucket, key, name, **more, recipientAccountId=OTHER, without=("resources",))
        yield call(bucket, key, name, **more, without=("resources", "recipientAccountId"))


def of_bucket(bucket: str) -> Iterator[dict[str, Any]]:
    yield from (call(bucket, "x", without=(name,)) for name in ("eventName", "eventSource"))
    yield from (call(bucket, key, without=("resources",)) for key in ("", None))
    yield call(bucket, "", requestParameters={"bucketName": bucket, "key": None}, without=("resources",))
    yield call(bucket, "other", eventSource="s3express.amazonaws.com")
    yield call(bucket, "x", "DeleteObject")
    yield call(bucket, "x", "DeleteObject", requestParameters=None)
    yield call(bucket, "x", "DeleteObject", requestParameters={"bucketName": "ap-s3alias", "key": "x"})


RECORDS = (
    *(record for bucket, key in LABELLED for record in of_object(bucket, key)),
    *(call(bucket, key, userIdentity=who) for bucket, key in WITHOUT_LABEL for who in (APP, BOB)),
    *(record for bucket in WATCHED for record in of_bucket(bucket)),
)


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
@pytest.mark.parametrize("names", [("unexpected",), ("denied", "credentials"), ("sigv2",)], ids=" and ".join)
def test_each_fault_of_a_pattern_loses_a_record(names: tuple[str, ...], scope: Any):
    ruleset = make_ruleset(*names, *OUTSIDE)
    patterns = derive(ruleset, WATCHED, scope, account=OWNER)
    passing = [
        ([pattern for pattern in (*patterns, KEPT) if passes(event, pattern)], event)
        for event in hitting(ruleset, RECORDS)
    ]

    assert [event for by, event in passing if not by] == []
    for pattern in patterns:
        alone = [event for by, event in passing if by == [pattern]]
        missed = [fault for fault, mutant in mutate(pattern) if all(passes(event, mutant) for event in alone)]
        assert missed == []
