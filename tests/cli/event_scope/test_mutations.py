"""The superset law catches what is wrong with patterns: each with one fault loses one of these records."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from s3watch.facts.operations import classify_event
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, Ruleset
from s3watch_cli.event_scope.patterns import derive
from s3watch_cli.event_scope.requirements import LISTINGS, ON_OBJECTS, SOURCE

from tests.support.cloudtrail import (
    ANONYMOUS,
    OTHER,
    OWNER,
    make_record,
    make_resources,
    make_role,
    make_user,
)
from tests.support.event_patterns import expand, passes_any
from tests.support.event_scopes import HOME, KEPT, WATCHED, hitting
from tests.support.pattern_mutations import Pattern, mutate


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
    "opened": both(on("s3.grants_public", "true", op="bool"), on("s3.operation", "write"), SUCCESS),
    "other keys": both(
        on("s3.label", "true", op="exists"), on("s3.operation", "write"),
        on("s3.kms_accounts", "true", op="exists"), SUCCESS,
    ),
    "keyless": both(on("eventName", *ON_OBJECTS.names), Condition("null", field="s3.key")),
    "decoy": on("s3.decoy", "true", op="bool"),
    "deleted": on("s3.operation", "delete"),
    "nameless": on("eventName", "false", op="exists"),
    "sourceless": on("eventSource", "false", op="exists"),
    "elsewhere": on("eventSource", "s3express.amazonaws.com"),
}  # fmt: skip
OUTSIDE = ("keyless", "deleted", "nameless", "sourceless", "elsewhere")  # of what is no plain call
LABELS = (
    Label("payroll", expected=(Expected(("role/payroll-app", "role/backup"), ("read", "list", "inspect")),)),
    Label("shared", expected=(Expected(("role/payroll-app", "user/bob")),)),
    Label("bait", "critical", is_decoy=True),
)


def make_ruleset(*names: str) -> Ruleset:
    return Ruleset(
        labels=LABELS,
        patterns=(
            Patterns(
                "hr-data", prefixes=(("payroll/", 0), ("shared/", 1)), exact=(("payroll/bait", 2), ("x", 1))
            ),
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
    make_role(), make_role("backup"), make_role("payroll-app", account=OTHER), APP,
    make_user("ann"), make_user("bob", OTHER), BOB, ANONYMOUS,
    session({**ISSUER, "type": "Root"}),
    session({"arn": ISSUER["arn"].replace("payroll-app", "other"), "type": "Role"}),
    session({"userName": "payroll-app"}, arn=f"arn:aws:sts::{OWNER}:assumed-root"),
    session(ISSUER, type="FederatedUser"),
    session(ISSUER, "type", "arn"),
    session(ISSUER, accountId=None),
    session(ISSUER, "accountId", arn=APP["arn"].replace(OWNER, OTHER)),
    {"type": "IAMUser", "accountId": OWNER, "arn": f"arn:aws:iam::{OWNER}:user/ann"},
)  # fmt: skip
LABELLED = (
    ("hr-data", "payroll/a"), ("hr-data", "payroll/bait"), ("hr-data", "shared/a"), ("hr-data", "x"),
    ("logs", "q3.csv"),
)  # fmt: skip
WITHOUT_LABEL = (*product(WATCHED, ("a.pem", "a.KEY", "a.\N{KELVIN SIGN}ey", "other")),)


def call(bucket: str, key: str | None, name: str = "GetObject", **changes: Any) -> dict[str, Any]:
    return make_record(bucket=bucket, key=key, eventName=name, **changes)


def of_calls(bucket: str, key: str | None, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for name, who in product(names, CALLERS):
        yield call(bucket, key, name, userIdentity=who)
    for name, who, code in product(names[::5], CALLERS, ("", None)):  # a read and a write
        yield call(bucket, key, name, userIdentity=who, errorCode=code)
    for name, who in product(names, (APP, BOB)):
        yield call(bucket, key, name, userIdentity=who, errorCode="AccessDenied")
        yield from of_expected(bucket, key, name, userIdentity=who)
    for name, who, code in product(names[::5], (APP, BOB), ("", None)):
        yield from of_expected(bucket, key, name, userIdentity=who, errorCode=code)


def of_expected(bucket: str, key: str | None, name: str, **more: Any) -> Iterator[dict[str, Any]]:
    """Calls by somebody whom the catalogue expects, but for what they say besides."""
    yield call(bucket, key, name, **more, additional={"SignatureVersion": "sigv2"})
    yield call(bucket, key, name, **more, resources=make_resources(bucket, key, OTHER))
    yield call(bucket, key, name, **more, recipientAccountId=OTHER, without=("resources",))
    yield call(bucket, key, name, **more, without=("resources", "recipientAccountId"))


def of_bucket(bucket: str) -> Iterator[dict[str, Any]]:
    yield from of_calls(bucket, None, LISTINGS.names)
    yield from (call(bucket, "x", without=(name,)) for name in ("eventName", "eventSource"))
    for name in ON_OBJECTS.names:
        yield from (call(bucket, key, name, without=("resources",)) for key in ("", None))
        yield call(bucket, "", name, requestParameters={"bucketName": bucket, "key": None}, resources=None)
    yield call(bucket, "other", eventSource="s3express.amazonaws.com")
    yield call(bucket, "x", "DeleteObject")
    yield call(bucket, "x", "DeleteObject", requestParameters=None)
    yield call(bucket, "x", "DeleteObject", requestParameters={"bucketName": "ap-s3alias", "key": "x"})


UPLOADS = [name for name in ON_OBJECTS.names if classify_event(name, SOURCE, "hr-data", "x")[0] == "write"]
ALL = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
GRANTED = {
    "x-amz-acl": "public-read",
    **{f"x-amz-grant-{what}": ALL for what in ("full-control", "read", "read-acp", "write", "write-acp")},
}
KEY = "x-amz-server-side-encryption-aws-kms-key-id"
OWN_KEY, OTHER_KEY = (f"arn:aws:kms:eu-west-1:{account}:key/0d1e2f3a" for account in (OWNER, OTHER))


def granting() -> Iterator[dict[str, Any]]:
    """The request parameters of uploads that open an object to everyone, each by one header."""
    for name, value in GRANTED.items():
        for spelling in (name, name.title()):
            yield {spelling: value}
            yield {"accessControlList": {spelling: value}}


def of_uploads(bucket: str, key: str) -> Iterator[dict[str, Any]]:
    """Uploads by somebody whom the catalogue expects that grant something, or are encrypted by some key."""
    for name, code in product(UPLOADS, (None, "")):
        for changes in ({"errorCode": code}, {"without": ("errorCode",)}):
            changes |= {"userIdentity": APP}
            for request in granting():
                yield call(bucket, key, name, request=request, **changes)
            for header in (KEY, KEY.title()):
                yield call(bucket, key, name, request={header: OTHER_KEY}, **changes)
                yield call(bucket, key, name, responseElements={header: OTHER_KEY}, **changes)
            of_other = {"resources": make_resources(bucket, key, OTHER)}
            yield call(bucket, key, name, request={KEY: OWN_KEY}, **changes | of_other)
            for without in (("resources",), ("resources", "recipientAccountId")):
                given = {"recipientAccountId": OTHER, "responseElements": {KEY: OWN_KEY}}
                yield call(bucket, key, name, **changes | given | {"without": without})


RECORDS = (
    *(record for bucket, key in LABELLED for record in of_uploads(bucket, key)),
    *(record for bucket, key in LABELLED for record in of_calls(bucket, key, ON_OBJECTS.names)),
    *(call(bucket, key, userIdentity=who) for bucket, key in WITHOUT_LABEL for who in (APP, BOB)),
    *(record for bucket in WATCHED for record in of_bucket(bucket)),
    *(call("hr-data", None, name, request={"prefix": "payroll/bait"}) for name in LISTINGS.names),
)


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
@pytest.mark.parametrize(
    "names",
    [("unexpected",), ("denied", "credentials"), ("sigv2",), ("opened",), ("other keys",), ("decoy",)],
    ids=" and ".join,
)
def test_each_fault_of_a_pattern_loses_a_record(names: tuple[str, ...], scope: Any):
    ruleset = make_ruleset(*names, *OUTSIDE)
    patterns = derive(ruleset, WATCHED, scope, HOME).patterns
    expanded = [expand(pattern) for pattern in (*patterns, KEPT)]
    passing = [
        ([number for number, each in enumerate(expanded) if passes_any(event, each)], event)
        for event in hitting(ruleset, RECORDS)
    ]

    assert [event for by, event in passing if not by] == []
    for number, pattern in enumerate(patterns):
        alone = [event for by, event in passing if by == [number]]
        held = [(event, [each for each in expanded[number] if passes_any(event, [each])]) for event in alone]
        faults = [(fault, expand(mutant)) for fault, mutant in mutate(pattern)]
        assert [fault for fault, mutant in faults if not loses(mutant, held)] == []


def loses(mutant: list[Pattern], held: list[tuple[Any, list[Pattern]]]) -> bool:
    """Whether a pattern does not pass one of the events, each with the conjunctions that passed it before."""
    kept = {id(each) for _, by in held for each in by if each in mutant}  # these pass it still
    return any(not passes_any(event, mutant) for event, by in held if kept.isdisjoint(map(id, by)))
