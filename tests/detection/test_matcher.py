from __future__ import annotations

import json
from random import Random
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.detection import matcher
from s3watch.detection.catalogue import Catalogue
from s3watch.detection.matcher import Hit, Matcher, Result, RuleFailure
from s3watch.facts import expectations
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.ruleset import AwsRanges, Condition, Detection, Expected, Label, Patterns, Ruleset
from s3watch.sources.access_logs import translate
from s3watch.sources.cloudtrail import decode

from tests.support import naive_matcher
from tests.support.access_log import make_line
from tests.support.cloudtrail import ANONYMOUS, OTHER, as_bytes, make_record, make_resources, make_role
from tests.support.generated import crossed, records, rulesets


def run(ruleset: Ruleset, *documents: dict[str, Any]) -> list[Result]:
    judge = Matcher(ruleset)
    raws = [as_bytes(document) for document in documents]
    return [result for raw in raws for result in judge.match(decode(raw), raw)]


def rules(results: list[Result]) -> list[list[str]]:
    return [
        [detection.rule for detection in result.detections] for result in results if isinstance(result, Hit)
    ]


def naive_rules(ruleset: Ruleset, document: dict[str, Any]) -> list[list[str]]:
    catalogue, raw = Catalogue(ruleset), as_bytes(document)
    found = []
    for access in extract(decode(raw), raw):
        catalogue.label(access)
        found.append(
            [each.rule for each in ruleset.detections if naive_matcher.holds(each.condition, access)]
        )
    return [sorted(each) for each in found if each]


@given(ruleset=rulesets, documents=st.lists(records, min_size=6, max_size=16))
def test_the_matcher_finds_what_testing_every_rule_finds(ruleset: Ruleset, documents: list[dict[str, Any]]):
    judge = Matcher(ruleset)
    for document in documents * 2:  # the second time with what was remembered from the first
        raw = as_bytes(document)
        found = judge.match(decode(raw), raw)

        assert [sorted(each) for each in rules(list(found))] == naive_rules(ruleset, document)


CROSSED = 60  # records of an example: with EXAMPLES=16667, `make fuzz` compares 10^6


@given(ruleset=rulesets, documents=st.lists(records, min_size=6, max_size=16), seed=st.integers(0, 2**32))
def test_what_is_remembered_changes_no_answer(ruleset: Ruleset, documents: list[dict[str, Any]], seed: int):
    judge = Matcher(ruleset)
    for document in crossed(documents, Random(seed), CROSSED):
        raw = as_bytes(document)
        found = judge.match(decode(raw), raw)
        with mock.patch.object(expectations, "_evaluator_for", expectations.Evaluator):  # remembers nothing
            plain = naive_rules(ruleset, document)

        assert [sorted(each) for each in rules(list(found))] == plain


EXPECTED_FALSE = Condition("bool", field="s3.expected", values=("false",))
PAYROLL = Label("payroll", "high", "hr@example.com", (Expected(("role/payroll-app",), ("read",)),))
SHARED = Label("shared", "low")
BAIT = Label("bait", "critical", is_decoy=True)


def make_ruleset(*conditions: Condition, level: str = "medium") -> Ruleset:
    return Ruleset(
        labels=(PAYROLL, SHARED, BAIT),
        patterns=(
            Patterns("hr-data", exact=(("shared/bait", 2),), prefixes=(("payroll/", 0), ("shared/", 1))),
        ),
        detections=tuple(
            Detection(f"rule-{number}", "A rule", level, condition)
            for number, condition in enumerate(conditions)
        ),
    )


def test_what_is_remembered_of_one_caller_is_not_applied_to_another():
    expected, other = make_record(userIdentity=make_role("payroll-app")), make_record()

    assert rules(run(make_ruleset(EXPECTED_FALSE), expected, other, expected, other)) == [["rule-0"]] * 2


def on(field: str, *values: str, op: str = "eq") -> Condition:
    return Condition(op, field=field, values=values)


def both(*parts: Condition) -> Condition:
    return Condition("and", of=parts)


def after(ruleset: Ruleset, first: dict[str, Any], second: dict[str, Any] | str) -> list[list[str]]:
    """What matches a record after an earlier one was remembered."""
    judge = Matcher(ruleset)
    last = second.encode() if isinstance(second, str) else as_bytes(second)
    raws = [as_bytes(first), as_bytes(first), last]
    return rules([list(judge.match(decode(raw), raw)) for raw in raws][-1])


ATHENA = {"type": "AWSAccount", "accountId": OTHER, "invokedBy": "athena.amazonaws.com"}
LISTING = {"key": None, "eventName": "ListObjects"}


@pytest.mark.parametrize(
    ("condition", "first", "second"),
    [
        (
            on("s3.label", "payroll"),
            make_record(**LISTING, request={"prefix": "other/"}),
            make_record(**LISTING, resources=[{"ARNPrefix": "arn:aws:s3:::hr-data/payroll/"}]),
        ),
        (
            both(on("eventName", "DeleteObjects"), on("s3.label", "payroll")),
            make_record(key=None, eventName="DeleteObjects", resources=make_resources("hr-data", "other")),
            make_record(
                key=None, eventName="DeleteObjects", resources=make_resources("hr-data", "payroll/a")
            ),
        ),
        (
            on("s3.bucket", "hr-data"),
            make_record(bucket="ap-s3alias", resources=make_resources("logs", "a")),
            make_record(bucket="ap-s3alias", resources=make_resources("hr-data", "a")),
        ),
        (
            both(on("s3.operation", "read"), on("s3.label", "payroll")),
            make_record(eventName="CopyObject", key="a", request={"x-amz-copy-source": "logs/x"}),
            make_record(eventName="CopyObject", key="a", request={"x-amz-copy-source": "hr-data/payroll/x"}),
        ),
        (
            Condition("keyword", values=("kelvin",)),
            make_record(key="nothing"),
            make_record(key="\N{KELVIN SIGN}elvin"),
        ),
        (
            Condition("keyword", values=("to/me",)),
            make_record(key="nothing"),
            json.dumps(make_record(key="to/me")).replace("to/me", r"to\/me"),
        ),
        (
            Condition("keyword", values=('"key":"to"',)),
            make_record(key="nothing"),
            json.dumps(make_record(key="to")),
        ),
        (
            on("s3.principal_type", "account"),
            make_record(bucket="theirs", resources=make_resources("theirs", "a", OTHER), userIdentity=ATHENA),
            make_record(userIdentity=ATHENA),
        ),
    ],
    ids=[
        "a listing's prefix in the resources",
        "a batch delete's object in the resources",
        "another bucket behind an alias",
        "another source of a copy",
        "a letter that folds to ASCII",
        "an escaped keyword",
        "white space in a keyword",
        "another owner of the bucket",
    ],
)
def test_what_is_remembered_of_one_record_does_not_hide_the_next(
    condition: Condition, first: dict[str, Any], second: dict[str, Any] | str
):
    assert after(make_ruleset(condition), first, second) == [["rule-0"]]


NAMELESS = {"eventName": "GetObject", "without": ("resources",), "requestParameters": {"key": "payroll/a"}}
ANALYST_BY_ENDPOINT = Label("payroll", "high", "", (Expected(("role/*",), networks=("vpce-1",)),))
LINK = {"AuthenticationMethod": "QueryString"}
UNSAID = {"additionalEventData": {"bytesTransferredOut": 1}}
BATCH_DELETE = {"key": None, "eventName": "DeleteObjects"}
POINT = {"eventName": "CreateAccessPoint", "without": ("resources",)}
QUERY = {"AuthenticationMethod": "Query"}


@pytest.mark.parametrize(
    ("condition", "first", "second"),
    [
        (
            on("s3.bucket", "hr-data"),
            make_record(**NAMELESS),
            make_record(**NAMELESS | {"without": ()}),
        ),
        (
            on("s3.scope", "account"),
            make_record(key=None, eventName="GetBucketAcl"),
            make_record(eventName="GetBucketAcl", requestParameters={}, without=("resources",)),
        ),
        (on("s3.auth", "none"), make_record(**UNSAID), make_record(**UNSAID, userIdentity=ANONYMOUS)),
        (
            on("s3.presigned", "true"),
            make_record(
                additional=LINK, sessionCredentialFromConsole="true", request={"X-Amz-Expires": "300"}
            ),
            make_record(additional=LINK, userAgent="curl", request={"X-Amz-Expires": "86400"}),
        ),
        (
            EXPECTED_FALSE,
            make_record(userIdentity=make_role("payroll-app")),
            make_record(
                userIdentity=make_role("payroll-app"),
                resources=make_resources("hr-data", "payroll/2026/q3.csv", OTHER),
            ),
        ),
        (
            on("s3.scope", "object"),
            make_record(**BATCH_DELETE),
            make_record(**BATCH_DELETE, resources=make_resources("hr-data", "payroll/a")),
        ),
        (
            on("s3.scope", "prefix"),
            make_record(**BATCH_DELETE, resources=make_resources("hr-data", "payroll/a")),
            make_record(**BATCH_DELETE),
        ),
        (
            on("s3.bucket", "hr-data"),
            make_record(**POINT, requestParameters={"CreateAccessPointRequest": {"Bucket": "logs"}}),
            make_record(**POINT, requestParameters={"CreateAccessPointRequest": {"Bucket": "hr-data"}}),
        ),
        (
            on("s3.bucket", "hr-data"),
            make_record(bucket="logs"),
            make_record(
                bucket="logs", eventName="CopyObject", request={"x-amz-copy-source": "hr-data/payroll/x"}
            ),
        ),
        (
            Condition("exists", field="requestParameters.bucketName", values=("true",)),
            make_record(eventName="ListBuckets", requestParameters={}, without=("resources",)),
            make_record(eventName="ListBuckets", bucket="", key=None, without=("resources",)),
        ),
        (
            on("s3.presigned", "true"),
            make_record(
                additional=QUERY, sessionCredentialFromConsole="true", request={"X-Amz-Expires": "300"}
            ),
            make_record(additional=QUERY, userAgent="curl", request={"X-Amz-Expires": "86400"}),
        ),
        (on("s3.decoy", "true", op="bool"), make_record(key="shared/a"), make_record(key="shared/bait")),
        (on("s3.decoy", "false", op="bool"), make_record(key="shared/bait"), make_record(key="shared/a")),
        (
            on("s3.decoy", "true", op="bool"),
            make_record(**LISTING, request={"prefix": "shared/"}),
            make_record(**LISTING, request={"prefix": "shared/bait"}),
        ),
    ],
    ids=[
        "resources that name a bucket",
        "no bucket",
        "no signature",
        "a shared link",
        "another account's bucket",
        "a batch delete whose resources name an object",
        "a batch delete after one whose resources name an object",
        "the bucket of an access point that is created",
        "the source of a copy into a bucket without rules",
        "an empty bucket's name after an absent one",
        "a query signature by another name",
        "a decoy after the object beside it",
        "an object beside a decoy",
        "a listing that names a decoy",
    ],
)
def test_what_is_remembered_depends_on_everything_that_matters(
    condition: Condition, first: dict[str, Any], second: dict[str, Any]
):
    assert (after(make_ruleset(condition), first, first), after(make_ruleset(condition), first, second)) == (
        [],
        [["rule-0"]],
    )


@pytest.mark.parametrize("field", ["errorCode", "userAgent", "userIdentity"])
def test_a_member_that_is_null_is_told_apart_from_one_that_is_not_there(field: str):
    there, lacking = make_record(**{field: None}), make_record(without=(field,))

    assert (
        rules(run(make_ruleset(on(field, "true", op="exists")), lacking, there, lacking, there))
        == [["rule-0"]] * 2
    )


def test_an_event_without_a_bucket_is_told_apart_from_one_with_a_bucket():
    named = make_record(key=None, eventName="GetBucketAcl")
    nameless = [
        make_record(eventName=name, requestParameters={}, without=("resources",))
        for name in ("ListBuckets", "GetBucketAcl")
    ]
    found = run(make_ruleset(on("s3.scope", "account")), named, *nameless, *nameless)

    assert rules(found) == [["rule-0"]] * 4


def test_an_expected_caller_is_told_apart_by_network():
    ruleset = Ruleset(
        labels=(ANALYST_BY_ENDPOINT,),
        patterns=(Patterns("hr-data", prefixes=(("", 0),)),),
        detections=(Detection("unexpected", "", "low", EXPECTED_FALSE),),
    )

    assert after(ruleset, make_record(vpcEndpointId="vpce-1"), make_record(vpcEndpointId="vpce-2")) == [
        ["unexpected"]
    ]


def test_what_is_expected_of_a_bucket_is_told_apart_by_bucket_caller_and_operation():
    by_analyst = Label("hr", expected=(Expected(("role/Analyst",), ("permission",)),))
    ruleset = Ruleset(
        labels=(by_analyst, Label("logs")),
        patterns=(Patterns("hr-data", prefixes=(("a/", 0),)), Patterns("logs", prefixes=(("b/", 1),))),
        detections=(Detection("unexpected", "", "low", EXPECTED_FALSE),),
    )
    calls = [
        make_record(bucket=bucket, key=None, eventName=name, userIdentity=make_role(role))
        for bucket in ("hr-data", "logs", "other")
        for name in ("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketTagging")
        for role in ("Analyst", "eve")
    ]
    wanted = [[], ["unexpected"], [], *[["unexpected"]] * 9, *[[]] * 6]

    judge = Matcher(ruleset)
    for _ in range(3):
        found = [rules(list(judge.match(decode(raw), raw))) for raw in map(as_bytes, calls)]
        assert [each[0] if each else [] for each in found] == wanted


def test_the_detections_of_a_hit_are_sorted_by_level_then_name():
    every = tuple(
        Detection(rule, "A rule", level, on("eventName", "GetObject"))
        for rule, level in (("b", "low"), ("c", "critical"), ("a", "low"), ("d", "high"))
    )

    assert rules(run(Ruleset(detections=every), make_record())) == [["c", "d", "a", "b"]]


def test_a_detection_that_raises_is_reported_and_does_not_hide_others():
    broken, sound = on("s3.nonsense", "x"), on("eventName", "GetObject")
    failure, hit = run(make_ruleset(broken, sound), make_record())

    assert (failure, rules([hit])) == (
        RuleFailure("rule-0", "f2b287f3-0df1-4234-a2f4-c4bdfed47657", "KeyError: 's3.nonsense'"),
        [["rule-1"]],
    )


def test_each_side_of_a_copy_is_a_separate_hit():
    copy = make_record(eventName="CopyObject", request={"x-amz-copy-source": "hr-data/payroll/x"})

    assert rules(run(make_ruleset(on("s3.operation", "read"), on("s3.operation", "write")), copy)) == [
        ["rule-0"],
        ["rule-1"],
    ]


def test_a_detection_is_skipped_on_a_feed_without_a_fact_it_reads():
    ruleset = make_ruleset(
        Condition("not", of=(on("s3.vpce", "vpce-1"),)),
        Condition("not", of=(on("userAgent", "x"),)),
        on("s3.key", "a"),
    )
    raw = as_bytes(make_record(key="a"))
    access = Access(decode(raw), raw, feed="s3-event")

    assert rules(list(Matcher(ruleset).match_access(access))) == [["rule-2"]]


def test_a_record_that_is_not_a_request_is_matched_too():
    assert rules(run(make_ruleset(on("eventName", "StopLogging")), {"eventName": "StopLogging"})) == [
        ["rule-0"]
    ]


def test_what_is_remembered_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(matcher, "MAX_NODES", 5)
    monkeypatch.setattr(matcher, "NODES_PER_DETECTION", 0)
    documents = [make_record(bucket=f"bucket-{number}", key="a") for number in range(20)]

    assert rules(run(make_ruleset(on("s3.bucket", "bucket-19")), *documents, *documents)) == [["rule-0"]] * 2


@pytest.mark.parametrize(
    ("key", "changes", "level", "severity"),
    [
        ("payroll/a", {}, "medium", "high"),
        ("shared/a", {}, "medium", "medium"),
        ("payroll/a", {}, "critical", "critical"),
        ("other", {}, "low", "high"),
        ("payroll/a", {"errorCode": "AccessDenied"}, "low", "low"),
        ("payroll/a", {"errorCode": "NoSuchKey"}, "low", "low"),
    ],
    ids=[
        "a label raises it",
        "a label never lowers it",
        "the higher one",
        "an unlabelled object is as severe as its bucket",
        "denied",
        "missing",
    ],
)
def test_a_label_raises_the_severity_only_if_the_access_succeeded(
    key: str, changes: dict[str, Any], level: str, severity: str
):
    (hit,) = run(make_ruleset(on("s3.bucket", "hr-data"), level=level), make_record(key=key, **changes))

    assert (hit.level, matcher.severity(hit.access, hit.detections[0])) == (severity, severity)


def test_the_plan_says_what_narrows_each_detection():
    ruleset = make_ruleset(
        both(on("s3.key", "a"), on("s3.bucket", "hr-data")),
        both(on("s3.key", "a"), Condition("not", of=(on("eventName", "GetObject"),))),
        EXPECTED_FALSE,
        on("userAgent", "rclone", op="contains"),
        on("s3.ip", "192.0.2.0/24", op="cidr"),
        Condition("keyword", values=("x",)),
        on("s3.key", "a"),
        Condition("or", of=(on("s3.key", "a"), on("s3.bucket", "hr-data"))),
        Condition("or", of=(on("eventName", "a"), both(on("s3.key", "a"), on("eventName", "b")))),
        Condition("not", of=(on("eventName", "a"),)),
        Condition("or", of=(on("eventName", "a"), on("s3.actor", "a"))),
        both(on("s3.actor", "a"), on("eventName", "a")),
    )

    assert list(matcher.plan_report(ruleset).values()) == [
        "bucket", "event", "labels", "client", "address", "keywords", "always", "always", "event", "event",
        "always", "event",
    ]  # fmt: skip


def test_what_a_feed_does_not_carry_is_never_true_by_absence():
    absent = Condition("not", of=(Condition("exists", field="s3.mfa"),))
    line = translate(make_line(), "111122223333")
    judge = Matcher(make_ruleset(absent, EXPECTED_FALSE))

    assert rules(list(judge.match(decode(line), line))) == [["rule-1"]]


def test_what_is_remembered_of_one_feed_is_not_applied_to_another():
    line = translate(make_line(), "111122223333")
    record = as_bytes(make_record())
    judge = Matcher(make_ruleset(Condition("eq", field="s3.feed", values=("access-log",))))
    found = [rules(list(judge.match(decode(raw), raw))) for raw in (line, record, line, record)]

    assert found == [[["rule-0"]], [], [["rule-0"]], []]


OUTSIDE = Condition("bool", field="s3.outside_aws", values=("true",))
AWS = AwsRanges("2026-11-20-08-00-00", ((0xC0000200, 0xC00002FF),))  # 192.0.2.0/24
NOT_INSIDE = Condition("not", of=(Condition("bool", field="s3.outside_aws", values=("false",)),))


def test_an_access_from_outside_aws_is_found_whether_it_is_remembered_or_not():
    ruleset = replace(make_ruleset(OUTSIDE), aws_ranges=AWS)
    outside, inside = make_record(), make_record(sourceIPAddress="192.0.2.7")

    assert rules(run(ruleset, outside, inside, outside, inside)) == [["rule-0"]] * 2


def test_a_hit_that_is_recalled_knows_whether_it_came_from_outside():
    ruleset = replace(make_ruleset(OUTSIDE), aws_ranges=AWS)
    raw = as_bytes(make_record())
    (hit,) = Matcher(ruleset).recall(decode(raw), raw, ("rule-0",))

    assert isinstance(hit, Hit)
    assert hit.access.outside_aws is True


@pytest.mark.parametrize("condition", [OUTSIDE, NOT_INSIDE], ids=["outside", "not inside"])
def test_what_asks_for_the_ranges_of_aws_finds_nothing_without_them(condition: Condition):
    assert run(make_ruleset(condition), make_record()) == []


def test_calls_on_the_stacks_own_parts_are_known_again():
    own = Condition("eq", field="s3.own_part", values=("rule",))
    ruleset = Ruleset(detections=(Detection("own", "A rule", "high", own),), stack="s3watch")
    call = {"eventName": "DisableRule", "eventSource": "events.amazonaws.com"}
    names = ("s3watch-S3Rule-1A2B", "checkout-Rule-1A2B", "s3watch-TrailRule-1A2B")
    documents = [
        make_record(**call, requestParameters={"name": name}, without=("resources",)) for name in names * 2
    ]

    assert len(run(ruleset, *documents)) == 4
    assert run(replace(ruleset, stack=""), *documents) == []
