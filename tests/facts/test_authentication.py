from __future__ import annotations

from typing import Any

import pytest
from s3watch.facts.access import Access
from s3watch.facts.authentication import read_count, read_tls
from s3watch.sources.cloudtrail import Additional, decode

from tests.support.cloudtrail import SSO_PATH, as_bytes, make_record, make_role, make_user


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"SignatureVersion": "SigV4", "bytesTransferredIn": 791.0}, Additional("SigV4", bytes_in=791)),
        ({"SignatureVersion": 4, "bytesTransferredOut": "12"}, Additional("4", bytes_out="12")),
        (None, None),
        ("text", None),
    ],
    ids=["well formed", "malformed", "null", "text"],
)
def test_the_members_that_s3_adds_are_read(member, expected):
    assert decode(as_bytes({"additionalEventData": member})).additional == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (791, 791),
        (791.0, 791),
        ("791", 791),
        ("791.0", 791),
        (None, None),
        ("many", None),
        (float("inf"), None),
        ([], None),
        (2.0**53, 2**53),
        (1e308, None),
        (10**400, None),
        (-1, None),
    ],
    ids=str,
)
def test_a_count_is_read_in_every_notation(value, expected):
    assert read_count(value) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("TLSv1.3", "1.3"), ("TLSV1.2", "1.2"), ("TLSv1", "1.0"), ("SSLv3", "sslv3"), ("", None), (None, None)],
    ids=str,
)
def test_the_tls_version_is_a_number(version, expected):
    assert read_tls(as_bytes({"tlsVersion": version})) == expected


def test_without_tls_details_there_is_no_tls_version():
    assert read_tls(b"null") is None


BROWSER = "[Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0]"
QUERY = {"AuthenticationMethod": "QueryString"}
PERSON = make_user("clerk") | {"accessKeyId": "ASIAEXAMPLE"}  # signed in to the console
ALICE = make_role("AWSReservedSSO_Analyst_1", "alice@example.com", path=SSO_PATH)
UPLOADED = {
    "X-Amz-Expires": "300",
    "X-Amz-SignedHeaders": "content-md5;content-type;host;x-amz-acl;x-amz-storage-class",
}
DOWNLOADED = {
    "X-Amz-Expires": "300",
    "X-Amz-SignedHeaders": "host",
    "response-content-disposition": "attachment",
}


def in_console(request: dict[str, str], **changes: Any) -> Access:
    """An upload or download in the console's shape, as records of versions 1.08 to 1.11 show it."""
    name = "PutObject" if request["X-Amz-SignedHeaders"] != "host" else "GetObject"
    shape = {"eventName": name, "userAgent": BROWSER, "userIdentity": PERSON, "additional": QUERY}
    raw = as_bytes(make_record(**shape | {"request": request} | changes))
    return Access(decode(raw), raw)


@pytest.mark.parametrize("request_", [UPLOADED, DOWNLOADED], ids=["upload", "download"])
@pytest.mark.parametrize(
    "identity",
    [PERSON, ALICE, {"type": "Root", "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE"}],
    ids=["user", "Identity Center", "root"],
)
def test_what_has_every_sign_of_the_console_looks_like_it_and_stays_presigned(
    request_: dict[str, str], identity: dict[str, Any]
):
    access = in_console(request_, userIdentity=identity)

    assert (access.like_console, access.presigned, access.console) == (True, True, False)


@pytest.mark.parametrize(
    "access",
    [
        in_console(UPLOADED | {"X-Amz-Expires": "299"}),
        in_console(UPLOADED | {"X-Amz-SignedHeaders": "content-type;host;x-amz-acl"}),
        in_console(UPLOADED, userAgent="[curl/8.14.1]"),
        in_console(UPLOADED, userIdentity=make_user("clerk")),
        in_console(UPLOADED, userIdentity=make_role("web-backend", "i-0a1b2c3d")),
        in_console(UPLOADED, userIdentity=make_role("AWSReservedSSO_Analyst_1", "alice@example.com")),
        in_console(UPLOADED, additional={"AuthenticationMethod": "AuthHeader"}),
        in_console(UPLOADED, eventName="DeleteObject"),
        in_console(UPLOADED, sessionCredentialFromConsole="true"),
        in_console(DOWNLOADED | {"response-content-disposition": "inline"}),
        in_console(DOWNLOADED | {"X-Amz-SignedHeaders": "host;range"}, eventName="GetObject"),
        in_console({"X-Amz-Expires": "300", "X-Amz-SignedHeaders": "host"}),
        in_console(DOWNLOADED, userIdentity=make_role("web-backend", "i-0a1b2c3d")),
    ],
    ids=[
        "another lifetime", "other signed headers", "no browser", "a long-term key", "a program's role",
        "a role named like Identity Center's", "signed in the header", "a deletion", "CloudTrail says it",
        "opened in a tab", "another header signed", "no disposition", "a program's download",
    ],
)  # fmt: skip
def test_what_lacks_a_sign_of_the_console_does_not_look_like_it(access: Access):
    assert access.like_console is False
