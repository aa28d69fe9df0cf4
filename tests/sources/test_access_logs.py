from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.fields import FACTS
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import Condition, Detection, Ruleset
from s3watch.sources.access_log_lines import Line
from s3watch.sources.access_logs import read_key, read_time, translate
from s3watch.sources.cloudtrail import decode
from s3watch.sources.streams import read_records

from tests.support.access_log import ANALYST, OWNER_ID, STRANGER_ID, make_line
from tests.support.cloudtrail import as_bytes, make_record, make_resources

CORPUS = os.environ.get("S3WATCH_CORPUS", "")
IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID"
FILES = sorted(Path(CORPUS).rglob("*.log")) if CORPUS else []


def access_of_line(account: str | None = "111122223333", **changes: str) -> Access:
    raw = translate(make_line(**changes), account)
    (access,) = extract(decode(raw), raw)
    return access


def facts_of(access: Access) -> dict[str, Any]:
    return {name: value for name in FACTS if (value := access.field(name)) not in (None, (), False)}


def test_a_read_has_every_fact_that_the_log_carries():
    assert facts_of(access_of_line()) == {
        "s3.operation": "read", "s3.scope": "object", "s3.outcome": "success", "s3.bucket": "hr-data",
        "s3.key": "payroll/2026/q3.csv", "s3.principal": "role/Analyst", "s3.accountable": "role/Analyst",
        "s3.principal_type": "role",
        "s3.actor": "role/Analyst", "s3.caller_account": "111122223333", "s3.auth": "header",
        "s3.signature": "SigV4", "s3.network_kind": "ip", "s3.ip": "203.0.113.7", "s3.tls": "1.3",
        "s3.client": "aws-cli", "s3.bytes_out": 28441, "s3.hour": 8, "s3.weekday": "friday",
        "s3.feed": "access-log",
    }  # fmt: skip


def test_it_is_the_same_access_as_cloudtrails_record_of_it():
    raw = as_bytes(make_record())
    (counterpart,) = extract(decode(raw), raw)
    access = access_of_line()

    assert (access.dedupe_key, access.actor, access.outcome, access.time) == (
        counterpart.dedupe_key, counterpart.actor, counterpart.outcome, counterpart.time,
    )  # fmt: skip


def test_what_a_line_does_not_say_is_no_member_of_the_record():
    record = json.loads(translate(make_line(tls="-", agent="-", signature="-")))

    assert record == {
        "eventType": "S3ServerAccessLog",
        "eventName": "GetObject",
        "eventSource": "s3.amazonaws.com",
        "eventTime": "2026-11-20T08:14:03Z",
        "requestID": "K8R4TZ0QX6M2V9WB",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "requestParameters": {"bucketName": "hr-data", "key": "payroll/2026/q3.csv"},
        "userIdentity": {"type": "AssumedRole", "arn": ANALYST, "accountId": "111122223333"},
        "additionalEventData": {"AuthenticationMethod": "AuthHeader", "bytesTransferredOut": 28441},
        "tlsDetails": {},
    }


def test_a_write_has_the_number_of_bytes_sent():
    access = access_of_line(operation="REST.PUT.OBJECT", uri="PUT /payroll/2026/q3.csv HTTP/1.1", sent="-")

    assert (access.operation, access.bytes_in, access.bytes_out) == ("write", 28441, 0)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"key": "a%2520b.csv"}, "a b.csv"),
        ({"key": "%25C3%25BC.csv"}, "ü.csv"),
        ({"key": "100%2525.csv"}, "100%.csv"),
        ({"key": "100%252B.csv"}, "100+.csv"),
        ({"key": "foo-%2525Y", "operation": "BATCH.DELETE.OBJECT"}, "foo-%25Y"),
        ({"key": "a%20b.csv", "operation": "S3.RESTORE.OBJECT"}, "a b.csv"),
        ({"key": "-"}, "-"),
        ({"key": "-", "operation": "REST.GET.BUCKET"}, None),
    ],
    ids=[
        "a space",
        "a letter",
        "a percent sign",
        "a plus",
        "of a batch",
        "expired",
        "a dash is a key",
        "no key",
    ],
)
def test_a_key_is_decoded_as_often_as_it_was_encoded(changes: dict[str, str], key: str | None):
    assert access_of_line(**changes).key == key


OF_A_BATCH = (  # as elastic/integrations has recorded one, in s3access's test-s3-server-access.log
    b"79a59df900b949e5 hr-data [20/Nov/2026:08:14:03 +0000] 203.0.113.7 arn:aws:iam::111122223333:user/bob"
    b" 6CE38F1312D32BDD BATCH.DELETE.OBJECT %s - 204 - - 57138 - - - - - EXAMPLE= SigV4"
    b" ECDHE-RSA-AES128-SHA AuthHeader s3.ap-southeast-1.amazonaws.com TLSv1.2"
)
OF_A_REQUEST = (
    b"79a59df900b949e5 hr-data [20/Nov/2026:08:14:03 +0000] 203.0.113.7 arn:aws:iam::111122223333:user/bob"
    b' 6CE38F1312D32BDD REST.GET.OBJECT %s "GET %s HTTP/1.1" 200 - 28441 28441 28 20 "-" "curl/8.9" -'
    b" EXAMPLE= SigV4 ECDHE-RSA-AES128-SHA AuthHeader s3.ap-southeast-1.amazonaws.com TLSv1.2"
)


@given(st.text(alphabet="a%éΣ€ 0123456789ABCDEFabcdef/+"))
def test_a_key_that_was_encoded_once_is_decoded_as_urllib_decodes_it(key: str):
    assert read_key(Line(operation="S3.EXPIRE.OBJECT", key=key)) == unquote(key)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        (b"Screen+Shot+2019-09-09+at+9.08.44+AM.png", "Screen Shot 2019-09-09 at 9.08.44 AM.png"),
        (b"a%2Bb.csv", "a+b.csv"),
        (b"a+%2B+%C3%BC.csv", "a + \u00fc.csv"),
    ],
    ids=["spaces", "a plus", "both"],
)
def test_in_a_batch_a_plus_is_a_space_and_an_encoded_one_a_plus(key: bytes, meant: str):
    assert decode(translate(OF_A_BATCH % key)).request.key == meant


def test_a_deletion_of_a_batch_is_the_same_access_as_cloudtrails_record_of_it():
    key = "Screen Shot 2019-09-09 at 9.08.44 AM.png"
    line = translate(OF_A_BATCH % key.replace(" ", "+").encode(), "111122223333")
    record = as_bytes(
        make_record(
            eventName="DeleteObject",
            eventType="AwsServiceEvent",
            requestID="6CE38F1312D32BDD",
            requestParameters=None,
            resources=make_resources("hr-data", key),
        )
    )
    (told,), (counterpart,) = (extract(decode(raw), raw) for raw in (line, record))

    assert told.dedupe_key == counterpart.dedupe_key


@pytest.mark.parametrize(
    ("key", "path", "meant"),
    [
        (b"a%2Bb.csv", b"/hr-data/a+b.csv?x=1", "a b.csv"),
        (b"a+b.csv", b"/a+b.csv", "a b.csv"),
        (b"a%252Bb.csv", b"/a%2Bb.csv", "a+b.csv"),
        (b"a%2Bb%252Bc.csv", b"/a+b%2Bc.csv", "a b+c.csv"),
        (b"a%252Bb.csv", b"/another+one.csv", "a+b.csv"),
    ],
    ids=["by path", "by host", "encoded", "both", "of another key, as in a copy"],
)
def test_a_plus_in_the_address_of_a_request_is_a_space(key: bytes, path: bytes, meant: str):
    assert decode(translate(OF_A_REQUEST % (key, path))).request.key == meant


@pytest.mark.parametrize(
    ("changes", "principal", "kind"),
    [
        ({}, "role/Analyst", "role"),
        ({"requester": "arn:aws:iam::111122223333:user/team/bob"}, "user/bob", "user"),
        ({"requester": "arn:aws:iam::444455556666:user/eve"}, "444455556666:user/eve", "user"),
        ({"requester": "arn:aws:iam::111122223333:root"}, "root", "root"),
        ({"requester": "arn:aws:sts::111122223333:federated-user/carol"}, "federated/carol", "federated"),
        ({"requester": OWNER_ID}, "root", "root"),
        ({"requester": STRANGER_ID}, STRANGER_ID, "account"),
        ({"requester": IDENTITY}, "cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID", "user"),
        ({"requester": "svc:cloudfront.amazonaws.com"}, "service/cloudfront.amazonaws.com", "service"),
        ({"requester": "-", "signature": "-", "authentication": "-"}, "anonymous", "anonymous"),
        ({"requester": "-", "status": "403", "error": "SignatureDoesNotMatch"}, "unknown", "unknown"),
        ({"requester": "-", "fields": 18, "error": "InvalidAccessKeyId"}, "unknown", "unknown"),
        ({"requester": "AmazonS3", "operation": "S3.COMPUTE.OBJECT.CHECKSUM"},
         "service/s3.amazonaws.com", "service"),
    ],
    ids=["role", "user", "foreign user", "root by ARN", "federated", "the bucket's owner", "another account",
         "CloudFront's identity", "service", "nobody", "wrong signature", "wrong key, short line",
         "S3 itself"],
)  # fmt: skip
def test_the_requester_is_normalized_like_any_principal(changes: dict[str, Any], principal: str, kind: str):
    access = access_of_line(**changes)

    assert (access.principal, access.principal_type) == (principal, kind)


def test_the_person_behind_a_shared_role_is_the_actor():
    requester = (
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Analyst_0123456789abcdef/alice@example.com"
    )

    assert access_of_line(requester=requester).actor == "alice@example.com"


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        ("200", "-", "success"),
        ("206", "-", "success"),
        ("304", "-", "success"),
        ("403", "AccessDenied", "denied"),
        ("403", "SignatureDoesNotMatch", "denied"),
        ("403", "InvalidAccessKeyId", "denied"),
        ("403", "-", "denied"),
        ("404", "NoSuchKey", "missing"),
        ("404", "AccessDenied", "denied"),
        ("404", "-", "missing"),
        ("503", "SlowDown", "failed"),
        ("500", "-", "failed"),
    ],
)
def test_the_outcome_comes_from_the_error_code_or_the_status(status: str, error: str, outcome: str):
    assert access_of_line(status=status, error=error).outcome == outcome


EXPIRED = (  # as elastic/integrations has recorded one, in s3access's test-s3-server-access.log
    b"79a59df900b949e5 hr-data [20/Nov/2026:08:14:03 +0000] - AmazonS3 366DB3C4B325AB11 %s"
    b' payroll/2026/q3.csv "-" - - - 317 - - "-" "-" qsEq9bDa2VyxyZ4cz0c7oBnF67VYTTij EXAMPLE= - - - - - - -'
)
BY_LIFECYCLE = (
    b"S3.EXPIRE.OBJECT", b"S3.CREATE.DELETEMARKER", b"S3.DELETE.UPLOAD", b"S3.TRANSITION.OBJECT",
    b"S3.TRANSITION_GDA.OBJECT",
)  # fmt: skip


@pytest.mark.parametrize("operation", BY_LIFECYCLE, ids=bytes.decode)
def test_what_a_lifecycle_rule_does_is_nobodys_access(operation: bytes):
    raw = translate(EXPIRED % operation, "111122223333")

    assert extract(decode(raw), raw) == ()


def test_what_a_lifecycle_rule_does_alerts_nobody_whatever_the_rules_say():
    lines = b"\n".join(EXPIRED % operation for operation in BY_LIFECYCLE)
    delete = Detection("delete", "Deleted", "high", Condition("exists", field="s3.key", values=("true",)))
    pipeline = Pipeline(Ruleset(detections=(delete,)), Ledger(MemoryStore()))
    outcome = pipeline.run(((str(n), raw) for n, raw in enumerate(read_records([lines], "a"))), 0.0)

    assert (outcome.counts.received, outcome.counts.clean, outcome.hits) == (5, 5, [])


def test_a_website_request_is_an_anonymous_read():
    access = access_of_line(
        operation="WEBSITE.GET.OBJECT", requester="-", signature="-", authentication="-",
        host="hr-data.s3-website-eu-west-1.amazonaws.com",
    )  # fmt: skip

    assert (access.operation, access.principal_type, access.auth, access.record.region) == (
        "read", "anonymous", "none", "eu-west-1",
    )  # fmt: skip


def test_each_side_of_a_copy_has_its_own_line():
    source, destination = (
        access_of_line(operation="REST.COPY.OBJECT_GET"),
        access_of_line(operation="REST.COPY.OBJECT"),
    )

    assert (source.operation, destination.operation) == ("read", "write")


def test_the_call_of_a_batch_delete_is_no_access_because_its_objects_have_lines():
    call = translate(
        make_line(operation="REST.POST.MULTI_OBJECT_DELETE", key="-", uri="POST /?delete HTTP/1.1")
    )

    assert extract(decode(call), call) == ()


def test_a_denied_batch_delete_is_an_access_because_it_has_no_other_line():
    access = access_of_line(
        operation="REST.POST.MULTI_OBJECT_DELETE", key="-", status="403", error="AccessDenied"
    )

    assert (access.operation, access.scope, access.outcome) == ("delete", "prefix", "denied")


@pytest.mark.parametrize(
    ("query", "prefix"),
    [
        ("list-type=2&prefix=payroll%2F2026%2F", "payroll/2026/"),
        ("list-type=2", ""),
        ("prefix=&prefix=harmless/", ""),
    ],
    ids=["one", "none", "two"],
)
def test_a_listing_has_the_prefix_in_its_url_if_there_is_exactly_one(query: str, prefix: str):
    access = access_of_line(operation="REST.GET.BUCKET", key="-", uri=f"GET /?{query} HTTP/1.1")

    assert (access.operation, access.scope, access.prefix) == ("list", "prefix", prefix)


@pytest.mark.parametrize(
    ("expires", "presigned"), [("604800", True), ("300", False)], ids=["a week", "perhaps the console's"]
)
def test_a_presigned_url_has_its_lifetime(expires: str, presigned: bool):
    uri = f"GET /payroll/2026/q3.csv?X-Amz-Expires={expires}&X-Amz-Signature=abc HTTP/1.1"
    access = access_of_line(uri=uri, authentication="QueryString")

    assert (access.auth, access.presigned, access.presign_expires) == ("query", presigned, int(expires))


def test_a_private_address_comes_through_a_vpc_endpoint():
    assert access_of_line(ip="10.0.0.1").network_kind == "vpce"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("20/Nov/2026:08:14:03 +0000", "2026-11-20T08:14:03Z"),
        ("20/Nov/2026:09:14:03 +0100", "2026-11-20T08:14:03Z"),
        ("20/Nov/2026:00:44:03 -0730", "2026-11-20T08:14:03Z"),
        ("2026-11-20T08:14:03.000Z", "2026-11-20T08:14:03.000Z"),
        ("31/Feb/2026:08:14:03 +0000", ""),
        ("20/Foo/2026:08:14:03 +0000", ""),
    ],
)
def test_a_time_is_converted_to_utc(text: str, time: str):
    assert read_time(text) == time


@given(st.binary(max_size=300))
def test_every_fact_can_be_read_from_any_line(content: bytes):
    key = content.decode(errors="replace").replace(" ", "_").replace('"', "_").replace("\n", "_") or "-"
    for access in (
        access_of_line(key=key),
        access_of_line(requester=key),
        access_of_line(operation=key),
        access_of_line(host=key),
    ):
        assert {name: access.field(name) for name in FACTS}


@pytest.mark.skipif(not FILES, reason="S3WATCH_CORPUS names no folder of recorded logs")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_recorded_line_is_an_access_with_its_facts(path: Path):
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    records = list(read_records([path.read_bytes()], path.name, account="111122223333"))
    accesses = [access for raw in records for access in extract(decode(raw), raw)]

    assert len(accesses) == len(records) == len(lines)
    for access, line in zip(accesses, lines, strict=True):
        assert access.bucket == line.split(b" ")[1].decode()
        assert access.time is not None
        assert {access.operation, access.outcome}.isdisjoint({"other", "failed"})
        assert access.principal_type in ("role", "user", "root")
        assert all(access.field(name) is not None for name in ("s3.scope", "s3.client", "s3.bytes_out"))
