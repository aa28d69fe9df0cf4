from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import RecordError
from s3watch.sources.access_log_lines import Line, is_text, read_line

from tests.support.access_log import ANALYST, OWNER_ID, make_line

WHOLE = Line(
    operation="REST.GET.OBJECT", owner=OWNER_ID, bucket="hr-data", time="20/Nov/2026:08:14:03 +0000",
    ip="203.0.113.7", requester=ANALYST, request="K8R4TZ0QX6M2V9WB", key="payroll/2026/q3.csv",
    uri="GET /payroll/2026/q3.csv HTTP/1.1", status=200, error=None, sent=28441, size=28441,
    agent="aws-cli/2.31.0 md/awscrt#0.27.6", version=None, signature="SigV4", authentication="AuthHeader",
    host="hr-data.s3.eu-west-1.amazonaws.com", tls="TLSv1.3",
)  # fmt: skip
UNTRUSTED = ("uri", "agent")


def test_a_complete_line_is_parsed():
    assert read_line(make_line()) == WHOLE


@pytest.mark.parametrize("fields", range(18, 28), ids=str)
def test_an_older_line_with_fewer_fields_is_parsed(fields: int):
    members = ("version", None, "signature", None, "authentication", "host", "tls")
    lacking = {name: None for name in members[max(fields - 17, 0) :] if name}

    assert read_line(make_line(fields=fields)) == msgspec.structs.replace(WHOLE, **lacking)


def test_unknown_extra_fields_are_ignored():
    assert read_line(make_line() + b" new 17 -") == WHOLE


def test_a_dash_is_an_absent_field():
    line = read_line(make_line(ip="-", requester="-", key="-", status="-", sent="-", agent='"-"', tls="-"))

    assert (line.ip, line.requester, line.key, line.status, line.sent, line.agent, line.tls) == (None,) * 7


@pytest.mark.parametrize(
    ("client", "agent"),
    [
        ({"referer": "-", "agent": "-"}, None),
        ({"referer": "-", "agent": "curl/8.9"}, "curl/8.9"),
        ({"referer": "https://example.com/", "agent": "-"}, None),
        ({"referer": "https://example.com/", "agent": "curl/8.9"}, "curl/8.9"),
    ],
    ids=["none quoted", "agent quoted", "referer quoted", "both quoted"],
)
def test_a_header_that_the_client_did_not_send_is_an_unquoted_dash(client: dict[str, str], agent: str | None):
    line = read_line(make_line(uri="-", **client))

    assert (line.agent, line.signature, line.tls) == (agent, "SigV4", "TLSv1.3")


IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID"
BY_CLOUDFRONT = (  # in the form of elastic/integrations pull request 20442
    b"79a59df900b949e5 hr-data [20/Nov/2026:08:14:03 +0000] 192.0.2.44 arn:aws:iam::cloudfront:user/"
    b"CloudFront Origin Access Identity E2EXAMPLE1ID 938DB8C9F82C8CB5 REST.GET.OBJECT payroll/2026/q3.csv"
    b' "GET /payroll/2026/q3.csv HTTP/1.1" 200 - 28441 28441 28 20 "-" "Amazon CloudFront" - EXAMPLE= SigV4'
    b" TLS_AES_128_GCM_SHA256 AuthHeader hr-data.s3.eu-west-1.amazonaws.com TLSv1.3 - - eu-west-1"
)


def test_the_requester_of_cloudfronts_requests_has_spaces_in_its_name():
    assert read_line(BY_CLOUDFRONT) == Line(
        operation="REST.GET.OBJECT", owner="79a59df900b949e5", bucket="hr-data",
        time="20/Nov/2026:08:14:03 +0000", ip="192.0.2.44", requester=IDENTITY, request="938DB8C9F82C8CB5",
        key="payroll/2026/q3.csv", uri="GET /payroll/2026/q3.csv HTTP/1.1", status=200, error=None,
        sent=28441, size=28441, agent="Amazon CloudFront", version=None, signature="SigV4",
        authentication="AuthHeader", host="hr-data.s3.eu-west-1.amazonaws.com", tls="TLSv1.3",
    )  # fmt: skip


@pytest.mark.parametrize(
    "requester",
    ["arn:aws:iam::111122223333:user/a b", f"{IDENTITY} b", "CloudFront Origin Access Identity E2EXAMPLE1ID"],
    ids=["another user", "one space more", "without the ARN"],
)
def test_no_other_requester_has_spaces(requester: str):
    with pytest.raises(RecordError):
        read_line(make_line(requester=requester))


FAKE = '" 200 - 1 1 1 1 "'
ATTACKS = {
    "a fake answer in the referer": {"referer": f"x{FAKE}y"},
    "a fake answer in the agent": {"agent": f"x{FAKE}y"},
    "a fake request in the referer": {"referer": f"x GET / HTTP/1.1{FAKE}y"},
    "fake fields behind the agent": {"agent": 'x" - HOST SigV2 cipher QueryString evil TLSv1 - -'},
    "quotes in the address": {"uri": 'GET /payroll/"2026"/q3.csv?x="200 HTTP/1.1'},
    "quotes alone": {"referer": '"""', "agent": '" " "'},
}


@pytest.mark.parametrize("fields", ATTACKS.values(), ids=ATTACKS.keys())
def test_quotes_sent_by_a_client_do_not_shift_other_fields(fields: dict[str, str]):
    line = read_line(make_line(status="403", error="AccessDenied", sent="243", **fields))

    assert _trusted(line) == _trusted(
        msgspec.structs.replace(WHOLE, status=403, error="AccessDenied", sent=243)
    )


def _trusted(line: Line) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(line).items() if name not in UNTRUSTED}


header = st.text(
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=60
) | st.sampled_from([FAKE, f"a HTTP/1.1{FAKE}b", '" "', '- - "', '"'])
target = st.text(st.characters(exclude_characters="\n ", exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(target, header, header)
def test_no_text_sent_by_a_client_shifts_other_fields(path: str, referer: str, agent: str):
    line = read_line(make_line(uri=f"GET {path} HTTP/1.1", referer=f"x{referer}", agent=f"x{agent}"))

    assert _trusted(line) == _trusted(WHOLE)


@pytest.mark.parametrize(
    "uri",
    ["GET /a b HTTP/1.1", f"GET /a HTTP{FAKE}b HTTP/1.1", "GET /a", ""],
    ids=["a space", "a space and a fake answer", "no version", "empty"],
)
def test_a_malformed_request_is_parsed_with_its_status(uri: str):
    assert read_line(make_line(uri=uri)).status == 200


def test_a_forged_refusal_in_a_malformed_request_does_not_hide_its_success():
    line = read_line(make_line(uri='GET /a b" 403 AccessDenied 1 1 1 1 "c HTTP/1.1'))

    assert (line.status, line.error) == (200, None)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_line_is_parsed_or_refused(line: bytes):
    try:
        assert isinstance(read_line(line), Line)
    except RecordError as error:
        assert "access-log" in str(error)  # noqa: PT017  # refusing is fine, if the message names the format


@given(st.integers(0, 600))
def test_a_line_cut_off_anywhere_is_parsed_or_refused(length: int):
    try:
        assert read_line(make_line()[:length]).requester in (ANALYST, None)
    except RecordError as error:
        assert str(error) == "neither JSON nor an access-log line"  # noqa: PT017  # as above


def test_the_json_form_is_parsed():
    record = {
        "schema_version_id": "V_1_0", "bucket_arn": "arn:aws:s3:::hr-data", "bucket_name": "hr-data",
        "request_time": "2026-11-20T08:14:03.000Z", "bucket_owner_id": OWNER_ID, "remote_ip": "203.0.113.7",
        "requester": ANALYST, "request_id": "K8R4TZ0QX6M2V9WB", "operation": "REST.GET.OBJECT",
        "key_name": "payroll/2026/q3.csv", "request_uri": "GET /payroll/2026/q3.csv HTTP/1.1",
        "http_status": 200, "error_code": None, "bytes_sent_size": 28441, "object_size": 28441,
        "total_duration": 70, "turn_around_duration": 10, "referer": None,
        "user_agent": "aws-cli/2.31.0 md/awscrt#0.27.6", "version_id": None, "host_id": "EXAMPLE=",
        "signature_version": "SigV4", "cipher_suite": "TLS_AES_128_GCM_SHA256",
        "authentication_type": "AuthHeader", "host_header": "hr-data.s3.eu-west-1.amazonaws.com",
        "tls_version": "TLSv1.3", "access_point_arn": None, "acl_required": False,
        "source_region": "eu-west-1",
    }  # fmt: skip
    expected = msgspec.structs.replace(WHOLE, time="2026-11-20T08:14:03.000Z")

    assert read_line(json.dumps(record).encode()) == expected


@pytest.mark.parametrize(
    ("content", "text"),
    [(make_line(), True), (b'{"Records": []}', False), (b"hello world", False), (b"", False)],
    ids=["access log", "JSON", "other text", "nothing"],
)
def test_an_access_log_is_recognized_by_its_beginning(content: bytes, text: bool):
    assert is_text(content) is text
