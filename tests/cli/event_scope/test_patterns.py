from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import SettingError
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, Ruleset
from s3watch.sources.cloudtrail import read_text
from s3watch_cli.event_scope.patterns import LONGEST, MOST_RULES, derive, length
from s3watch_cli.event_scope.requirements import LISTINGS, ON_OBJECTS

from tests.support import event_patterns, generated
from tests.support.cloudtrail import OTHER, OWNER, make_record, make_resources, make_role, make_user
from tests.support.event_scopes import (
    BUCKET,
    HOME,
    WATCHED,
    hitting,
    lost,
    make_event_of,
    passes,
    passes_locally,
)

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
KMS = "x-amz-server-side-encryption-aws-kms-key-id"
OWN_KEY = {KMS: f"arn:aws:kms:{HOME.region}:{OWNER}:key/0d1e2f3a-4b5c-4d6e-8f70-1122aabbccdd"}
OTHER_KEY = {KMS: f"arn:aws:kms:{HOME.region}:{OTHER}:key/99887766-5544-4332-8110-ffeeddccbbaa"}
ALL_USERS = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
PARAMETERS: tuple[dict[str, Any], ...] = (
    {}, {}, *({name: "true"} for name in HEADERS), OWN_KEY, OTHER_KEY, {KMS: "alias/payroll"},
    {KMS.title(): OTHER_KEY[KMS]}, {"x-amz-acl": "private"}, {"x-amz-acl": ["public-read"]},
    {"X-Amz-Acl": "public-read"}, {"x-amz-grant-read-acp": ALL_USERS}, {"X-Amz-Grant-Read": f"id={'a' * 64}"},
    {"accessControlList": {"x-amz-grant-full-control": ALL_USERS}},
)  # fmt: skip


def make_call(
    name: str, bucket: str, key: str, who: Any, error: Any, request: dict[str, Any], owner: str, **more: Any
) -> Any:
    """A plain call on an object, or one that differs from it in one member."""
    changes = {"eventName": name, "userIdentity": who, "resources": make_resources(bucket, key, owner)}
    changes |= {} if error is None else {"errorCode": error}
    return make_record(bucket=bucket, key=key, request=request, **(changes | more))


calls = st.builds(
    make_call,
    st.just("GetObject")
    | st.sampled_from(["PutObject", "HeadObject", "DeleteObject", "CopyObject", "ListObjects"]),
    st.sampled_from(["hr-data", "hr-data", "logs"]),
    st.sampled_from(KEYS),
    st.sampled_from(CALLERS[:2]) | st.sampled_from(CALLERS),
    st.sampled_from([None, None, None, "AccessDenied", "NoSuchKey", ""]),
    st.just({}) | st.sampled_from(PARAMETERS),
    st.sampled_from([OWNER, OWNER, OWNER, OTHER]),
    responseElements=st.sampled_from([None, None, OWN_KEY, OTHER_KEY]),
    additional=st.sampled_from([{}, {}, {"SignatureVersion": "SigV2"}, {"CipherSuite": None}]),
).map(lambda record: {name: value for name, value in record.items() if value is not None}) | st.builds(
    make_call,
    st.just("GetObject"), st.just("hr-data"), st.sampled_from(KEYS), st.just(CALLERS[0]),
    st.none(), st.sampled_from([{}, OWN_KEY]), st.just(OWNER),
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
        Condition("bool", field="s3.decoy", values=("true",)),
        Condition("bool", field="s3.decoy", values=("false",)),
        Condition("eq", field="s3.outcome", values=("success",)),
        Condition("eq", field="s3.outcome", values=("denied",)),
        Condition("eq", field="s3.operation", values=("read",)),
        Condition("eq", field="s3.operation", values=("write", "delete")),
        Condition("eq", field="s3.signature", values=("SigV2",)),
        Condition("eq", field="s3.tls", values=("none",)),
        Condition("eq", field="errorCode", values=("accessdenied",)),
        Condition("bool", field="s3.grants_public", values=("true",)),
        Condition("bool", field="s3.grants_public", values=("false",)),
        Condition("exists", field="s3.grants_accounts", values=("true",)),
        Condition("exists", field="s3.kms_accounts", values=("true",)),
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
        is_decoy=st.booleans(),
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
    st.lists(parts, min_size=2, max_size=4),
    labels,
    patterns_of_keys,
    st.sampled_from([(), (("s3://hr-*/old/*", 1),), (("s3://l*", 2),)]),
)


def is_possible(record: dict[str, Any]) -> bool:
    """Whether S3 could have made a record: it takes no policy in a call on an object, nor in a listing."""
    plain = read_text(record.get("eventName")) in (*ON_OBJECTS.names, *LISTINGS.names)
    return not (plain and "policy" in str(record.get("requestParameters")).lower())


every_record = calls | generated.records.filter(is_possible)


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
@pytest.mark.inputs(36)  # 12 records, each with three rule sets at least
@given(
    ruleset=rulesets,
    records=st.lists(every_record, min_size=12, max_size=12),
    most=st.sampled_from([MOST_RULES, MOST_RULES, 3, 2, 1]),
)
def test_whatever_the_matcher_hits_passes(
    scope: Any, ruleset: Ruleset, records: list[dict[str, Any]], most: int
):
    """The superset law, by both implementations of EventBridge's semantics, however few rules there are.

    It is held by each detection alone, too: together they let more pass.
    """
    for each in (
        ruleset,
        *(msgspec.structs.replace(ruleset, detections=(one,)) for one in ruleset.detections),
    ):
        patterns = derive(each, WATCHED, scope, HOME, most=most).patterns

        assert lost(hitting(each, records), patterns) == []
        assert max(map(length, patterns)) <= LONGEST
        assert len(patterns) <= most


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
@given(ruleset=rulesets, records=st.lists(calls | generated.records, max_size=8))
def test_no_scope_passes_more_than_whole_buckets(scope: Any, ruleset: Ruleset, records: list[dict[str, Any]]):
    patterns = derive(ruleset, WATCHED, scope, HOME).patterns
    events = [make_event_of(record) for record in records]

    assert [
        event
        for event in events
        if any(event_patterns.passes(event, pattern) for pattern in patterns)
        and not event_patterns.passes(event, BUCKET)
    ] == []


def make_ruleset(**changes: Any) -> Ruleset:
    """One bucket, in it one label that expects one role to do anything, and a rule on what is unexpected."""
    detection = Detection("rule", "A rule", "low", Condition("bool", field="s3.expected", values=("false",)))
    ruleset = Ruleset(
        labels=(Label("payroll", expected=(Expected(("role/payroll-app",)),)),),
        patterns=(Patterns("hr-data", prefixes=(("payroll/", 0),)),),
        detections=(detection,),
    )
    return msgspec.structs.replace(ruleset, **changes)


def many_prefixes(number: int) -> tuple[Patterns, ...]:
    return (Patterns("hr-data", prefixes=tuple((f"department-{each:05}/", 0) for each in range(number))),)


MANY_ROLES = (Label("payroll", expected=(Expected(tuple(f"role/{each:064}" for each in range(100))),)),)
LARGE = {
    "few": {},
    "many prefixes": {"patterns": many_prefixes(500)},
    "a long prefix": {"patterns": (Patterns("hr-data", prefixes=(("a" * 1024, 0),)),)},
    "many roles": {"labels": MANY_ROLES},
    "many of both": {"labels": MANY_ROLES, "patterns": many_prefixes(100)},
}


@pytest.mark.parametrize("changes", LARGE.values(), ids=LARGE)
def test_a_pattern_is_valid_and_short_enough(changes: dict[str, Any]):
    derived = derive(make_ruleset(**changes), ["hr-data"], "unexpected", HOME)

    assert derived.whole == ()
    assert max(map(length, derived.patterns)) <= LONGEST
    assert not any(passes_locally({"source": "elsewhere"}, each) for each in derived.patterns)


def test_a_bucket_whose_patterns_are_too_many_is_passed_whole():
    ruleset = make_ruleset(patterns=many_prefixes(5000))
    derived = derive(ruleset, WATCHED, "unexpected", HOME)
    expected = make_event_of(make_record(key="department-00000/a", userIdentity=make_role("payroll-app")))

    assert derived.whole == ("hr-data",)
    assert len(derived.patterns) <= MOST_RULES
    assert passes(expected, derived.patterns)


def test_before_a_bucket_is_whole_keys_are_left_out_of_what_is_rare():
    """Of callers who are no roles or users of the account, but not of roles that are only not expected."""
    ruleset, stranger = make_ruleset(patterns=many_prefixes(10)), make_role("payroll-app", account=OTHER)
    of_stranger, of_role = (
        make_event_of(make_record(key="other/a", userIdentity=who)) for who in (stranger, make_role())
    )
    needed = len(derive(ruleset, ["hr-data"], "unexpected", HOME).patterns)
    loose = derive(ruleset, ["hr-data"], "unexpected", HOME, most=needed - 1)

    assert loose.whole == ()
    assert not passes(of_stranger, derive(ruleset, ["hr-data"], "unexpected", HOME).patterns)
    assert (passes(of_stranger, loose.patterns), passes(of_role, loose.patterns)) == (True, False)


def test_an_access_points_alias_is_passed_whole():
    derived = derive(make_ruleset(), ["hr-data", "hr-ap-s3alias"], "unexpected", HOME)

    assert derived.whole == ("hr-ap-s3alias",)


def test_too_many_buckets_are_refused():
    with pytest.raises(SettingError, match=r"more than 45 rules for 1,000 buckets; choose EventScope=bucket"):
        derive(make_ruleset(), [f"{number:063}" for number in range(1000)], "objects", HOME)
