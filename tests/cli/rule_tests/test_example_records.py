from __future__ import annotations

import msgspec
import pytest
from s3watch.facts.extraction import extract
from s3watch.facts.operations import S3_EVENTS
from s3watch.sources.cloudtrail import decode
from s3watch_cli.rule_tests.example_records import SSO_ROLE, TRAIL_NAMES, make_record
from s3watch_cli.rules.diagnostics import InvalidInputError


def access(**words):
    raw = msgspec.json.encode(make_record(words))
    return extract(decode(raw), raw)[-1]


def test_the_short_form_is_an_everyday_read_of_a_payroll_file():
    found = access(base="GetObject")

    assert {
        name: getattr(found, name)
        for name in ("uri", "operation", "outcome", "principal", "ip", "auth", "tls")
    } == {
        "uri": "s3://hr-data/payroll/2026/q3.csv",
        "operation": "read",
        "outcome": "success",
        "principal": "role/analyst",
        "ip": "203.0.113.7",
        "auth": "header",
        "tls": "1.3",
    }


@pytest.mark.parametrize(
    ("caller", "principal", "kind", "actor"),
    [
        ("role/x", "role/x", "role", "role/x"),
        ("user/alice", "user/alice", "user", "user/alice"),
        ("root", "root", "root", "root"),
        ("federated/bob", "federated/bob", "federated", "federated/bob"),
        ("444455556666:role/x", "444455556666:role/x", "role", "444455556666:role/x"),
        ("444455556666:root", "444455556666:root", "root", "444455556666:root"),
        ("444455556666", "444455556666", "account", "444455556666"),
        ("service/a.amazonaws.com", "service/a.amazonaws.com", "service", "service/a.amazonaws.com"),
        ("anonymous", "anonymous", "anonymous", "anonymous"),
        ("sso/alice@example.com", f"role/{SSO_ROLE}", "role", "alice@example.com"),
    ],
    ids=str,
)  # fmt: skip
def test_a_caller_is_recognised_by_the_facts_as_it_was_written(caller, principal, kind, actor):
    found = access(base="GetObject", **{"as": caller})

    assert (found.principal, found.principal_type, found.actor) == (principal, kind, actor)


@pytest.mark.parametrize("name", sorted({*S3_EVENTS, *TRAIL_NAMES, "DeleteObject by batch"}), ids=str)
def test_every_event_has_a_record_that_says_its_name(name):
    record = make_record({"base": name, "bucket": "a-bucket", "key": "a/key"})

    assert record["eventName"] == name.removesuffix(" by batch")
    assert "{" not in msgspec.json.encode(record).decode().replace('{"', "").replace(":{", "").replace(
        "[{", ""
    )


def test_an_object_of_a_batch_is_found_by_its_resources_alone():
    found = access(base="DeleteObject by batch", bucket="a-bucket", key="a/key")

    assert (found.uri, found.field("eventType"), found.field("requestParameters")) == (
        "s3://a-bucket/a/key", "AwsServiceEvent", None,
    )  # fmt: skip


def test_paths_are_set_made_and_removed():
    record = make_record({
        "base": "GetObject",
        "error": "AccessDenied",
        "vpce": "vpce-1",
        "set": {"resources.0.ARN": "x", "resources.2": {"type": "y"}, "a.b": 1, "userAgent": None},
        "remove": ["tlsDetails", "additionalEventData.SignatureVersion", "resources.1"],
    })  # fmt: skip

    assert record["resources"] == [{"type": "AWS::S3::Object", "ARN": "x"}, {"type": "y"}]
    assert (record["a"], record["userAgent"], record["errorMessage"]) == ({"b": 1}, None, "Access Denied")
    assert "tlsDetails" not in record
    assert "SignatureVersion" not in record["additionalEventData"]


def test_a_whole_record_stays_as_it_is():
    assert make_record({"eventName": "GetObject", "x": 1}) == {"eventName": "GetObject", "x": 1}


def test_the_events_of_a_case_have_their_own_ids():
    first, second = (make_record({"base": "GetObject"}, number) for number in range(2))

    assert first["eventID"] != second["eventID"]
    assert first["requestID"] != second["requestID"]


@pytest.mark.parametrize(
    "words",
    [
        {"bucket": "a"},
        {"base": "GetObjct"},
        {"base": "GetObject", "principal": "role/x"},
        {"base": "GetObject", "key": 5},
        {"base": "GetObject", "set": ["a"]},
        {"base": "GetObject", "remove": "tlsDetails"},
        {"base": "GetObject", "remove": ["requestParameters.versionId"]},
        {"base": "GetObject", "remove": [["tlsDetails"]]},
        {"base": "GetObject", "remove": ["resources.5.ARN"]},
        {"base": "GetObject", "remove": ["resources.²"]},
        {"base": "GetObject", "set": {"resources.5.ARN": "x"}},
        {"base": "GetObject", "set": {"resources.²": "x"}},
        {"base": "GetObject", "set": {"resources." + "1" * 5000: "x"}},
        {"base": "GetObject", "set": {"a." * 3000 + "b": "x"}},
        {"base": "GetObject", "as": "alice"},
    ],
    ids=lambda words: str(words)[:80],
)
def test_what_cannot_be_meant_is_refused_with_a_fix(words):
    with pytest.raises(InvalidInputError) as refused:
        make_record(words)

    assert refused.value.instead
