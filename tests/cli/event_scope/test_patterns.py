from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, Ruleset
from s3watch_cli.event_scope.patterns import LONGEST, derive, length

from tests.support import generated
from tests.support.cloudtrail import OTHER, OWNER, make_record, make_resources, make_role, make_user
from tests.support.event_scopes import WATCHED, hitting, lost

ASSUMED_ROOT = {
    "type": "AssumedRole",
    "principalId": OWNER,
    "arn": f"arn:aws:sts::{OWNER}:assumed-root",
    "accountId": OWNER,
    "sessionContext": {"attributes": {"mfaAuthenticated": "false"}, "assumedRoot": "true"},
}
CALLERS = (
    make_role("payroll-app"),
    make_role("Analyst"),
    make_role("payroll-app", account=OTHER),
    make_role("AWSReservedSSO_HR_0123"),
    make_role("payroll-app", path="/service-role/"),
    make_user("bob"),
    make_user("payroll-app"),
    make_user("bob", account=OTHER),
    ASSUMED_ROOT,
    {"type": "Root", "accountId": OWNER, "arn": f"arn:aws:iam::{OWNER}:root", "principalId": OWNER},
    *(each for each in generated.IDENTITIES if each is not None),
)
KEYS = (
    *generated.KEYS,
    "payroll/id_rsa", "x.PEM", "x.\N{KELVIN SIGN}ey", "x.KEY", "pa\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}",
    "a*b", "a/b*", "q?", "",
)  # fmt: skip
HEADERS = ("x-amz-bypass-governance-retention", "x-amz-object-lock-mode")


def make_call(
    name: str, bucket: str, key: str, who: Any, error: Any, header: str, owner: str, **more: Any
) -> Any:
    """A plain call on an object, or one that differs from it in one member."""
    changes = {"eventName": name, "userIdentity": who, "resources": make_resources(bucket, key, owner)}
    changes |= {} if error is None else {"errorCode": error}
    return make_record(bucket=bucket, key=key, request={header: "true"} if header else {}, **(changes | more))


calls = st.builds(
    make_call,
    st.just("GetObject")
    | st.sampled_from(["PutObject", "HeadObject", "ListParts", "DeleteObject", "CopyObject"]),
    st.sampled_from(["hr-data", "hr-data", "logs"]),
    st.sampled_from(KEYS),
    st.sampled_from(CALLERS[:2]) | st.sampled_from(CALLERS),
    st.sampled_from([None, None, None, "AccessDenied", "NoSuchKey", ""]),
    st.sampled_from(["", "", *HEADERS]),
    st.sampled_from([OWNER, OWNER, OWNER, OTHER]),
    additional=st.sampled_from([{}, {}, {"SignatureVersion": "SigV2"}, {"CipherSuite": None}]),
).map(lambda record: {name: value for name, value in record.items() if value is not None}) | st.builds(
    make_call,
    st.just("GetObject"), st.just("hr-data"), st.sampled_from(KEYS), st.just(CALLERS[0]),
    st.none(), st.just(""), st.just(OWNER),
    tlsDetails=st.just(None), additional=st.sampled_from([{}, {"CipherSuite": None}]),
    recipientAccountId=st.sampled_from([OWNER, OTHER]),
    without=st.sampled_from([(), ("resources",), ("recipientAccountId",), ("requestParameters",)]),
)  # fmt: skip

EXPECTED = (
    Expected(("role/payroll-app",), ("read", "inspect")),
    Expected(("role/payroll-app", "user/bob")),
    Expected(("user/payroll-app",), ("write",)),
    Expected(("role/AWSReservedSSO_HR_0123", "role/Ana*")),
    Expected(("role/Analyst",), networks=("203.0.113.0/24",)),
    Expected((f"{OTHER}:role/payroll-app", r"role/x\*")),
)
texts = st.sampled_from([*generated.KEYS, ".pem", "key", ".key", "pai", "PAYROLL/", "x", "ay"])
of_calls = st.sampled_from(
    [
        Condition("bool", field="s3.expected", values=("false",)),
        Condition("exists", field="s3.label", values=("true",)),
        Condition("eq", field="s3.label", values=("payroll",)),
        Condition("eq", field="s3.outcome", values=("success",)),
        Condition("eq", field="s3.outcome", values=("denied",)),
        Condition("eq", field="s3.operation", values=("read",)),
        Condition("eq", field="s3.operation", values=("write", "delete")),
        Condition("eq", field="s3.signature", values=("SigV2",)),
        Condition("eq", field="s3.tls", values=("none",)),
        Condition("eq", field="errorCode", values=("accessdenied",)),
        *(Condition("exists", field=f"requestParameters.{name}", values=("true",)) for name in HEADERS),
    ]
) | st.builds(
    Condition,
    op=st.sampled_from(["eq", "prefix", "suffix", "glob"]),
    field=st.just("s3.key"),
    values=st.lists(texts, min_size=1, max_size=2).map(tuple),
    cased=st.booleans(),
)
parts = st.recursive(
    of_calls | of_calls | generated.leaves,
    lambda some: st.one_of(
        st.builds(Condition, op=st.just("and"), of=st.lists(some, min_size=2, max_size=3).map(tuple)),
        st.builds(Condition, op=st.just("or"), of=st.lists(some, min_size=2, max_size=2).map(tuple)),
        st.builds(Condition, op=st.just("not"), of=st.tuples(some)),
    ),
    max_leaves=5,
)
labels = st.lists(
    st.builds(
        Label,
        name=st.sampled_from(["payroll", "old", "logs"]),
        expected=st.lists(st.sampled_from(EXPECTED), max_size=2).map(tuple),
    ),
    min_size=3,
    max_size=3,
).map(tuple)
patterns_of_keys = st.builds(
    Patterns,
    bucket=st.just("hr-data"),
    exact=st.lists(st.tuples(st.sampled_from(["x", "a*b"]), st.integers(0, 2)), max_size=1).map(tuple),
    prefixes=st.lists(
        st.tuples(st.sampled_from(["payroll/", "payroll/old/", "a", ""]), st.integers(0, 2)), max_size=2
    ).map(lambda some: tuple(sorted(some))),
    globs=st.lists(
        st.tuples(st.sampled_from(["*.csv", "p*l/*", r"a/b\*", "q?", "*roll*"]), st.integers(0, 2)),
        max_size=1,
    ).map(tuple),
)
rulesets = st.builds(
    lambda parts, labels, patterns, wild: Ruleset(
        labels=labels,
        patterns=(patterns,),
        wild=wild,
        detections=tuple(Detection(f"rule-{n}", "A rule", "low", part) for n, part in enumerate(parts)),
        log_buckets=("logs",),
    ),
    st.lists(parts, min_size=1, max_size=4),
    labels,
    patterns_of_keys,
    st.sampled_from([(), (("s3://hr-*/old/*", 1),), (("s3://l*", 2),)]),
)


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
@given(ruleset=rulesets, records=st.lists(calls | generated.records, min_size=8, max_size=24))
def test_whatever_the_matcher_hits_passes(scope: Any, ruleset: Ruleset, records: list[dict[str, Any]]):
    """The superset law, of both implementations of EventBridge's semantics."""
    patterns = derive(ruleset, WATCHED, scope, account=OWNER)

    assert lost(hitting(ruleset, records), patterns) == []
    assert max(map(length, patterns)) <= LONGEST
