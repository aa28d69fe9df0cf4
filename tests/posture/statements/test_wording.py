from __future__ import annotations

from typing import Any

import pytest
from s3watch.posture.statements.statement import read_statements
from s3watch.posture.statements.wording import Loss, describe, describe_left, describe_lost

BUCKET = "arn:aws:s3:::hr-data"
ROLE = "arn:aws:iam::111122223333:role/payroll"


def read(**changes: Any) -> Any:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    kept = {name: each for name, each in statement.items() if f"Not{name}" not in changes}
    return read_statements({"Version": "2012-10-17", "Statement": kept | changes})[0]


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


INSECURE = when("Bool", "aws:SecureTransport", "false")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(INSECURE | {"Sid": "Tls"}, "s3:* without TLS (statement Tls)", id="TLS"),
        pytest.param(
            when("StringNotEquals", "aws:SourceVpce", ["vpce-1", "vpce-2"]),
            "s3:* if the VPC endpoint is not vpce-1 or vpce-2", id="endpoints",
        ),
        pytest.param(
            when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1") | {"Action": "s3:Get*"},
            "s3:Get* if the organization is not o-1", id="organization",
        ),
        pytest.param(
            when("Null", "s3:x-amz-server-side-encryption", "true") | {"Action": "s3:PutObject"},
            "s3:PutObject if there is no encryption", id="unencrypted upload",
        ),
        pytest.param(
            when("NumericLessThan", "s3:TlsVersion", "1.2"), "s3:* if the TLS version is below 1.2",
            id="number",
        ),
        pytest.param(
            when("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
            "s3:* if aws:MultiFactorAuthPresent is false or absent", id="or absent",
        ),
        pytest.param(
            {"Condition": INSECURE["Condition"] | {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
            "s3:* without TLS if the IP address is 192.0.2.0/24", id="both",
        ),
        pytest.param(
            {"Principal": {"AWS": [ROLE, "444455556666"]}, "Action": "s3:DeleteObject"},
            f"s3:DeleteObject to account 444455556666 and principal {ROLE}", id="somebody",
        ),
        pytest.param(
            {"NotPrincipal": {"AWS": ROLE}, "NotAction": "s3:Get*", "NotResource": f"{BUCKET}/public/*"},
            f"all but s3:Get* to all but principal {ROLE} on all but public/*", id="all but",
        ),
        pytest.param(
            {"Action": [f"s3:a{number}" for number in range(9)], "Resource": f"{BUCKET}/payroll/*"},
            "s3:a0, s3:a1, s3:a2 and 6 more on payroll/*", id="many actions",
        ),
    ],
)  # fmt: skip
def test_a_denial_is_described_in_words(changes, words):
    assert describe(read(**changes)) == words


DELETES = read(Sid="Keep", Action=["s3:DeleteObject", "s3:DeleteObjectVersion"])


@pytest.mark.parametrize(
    ("loss", "before", "now"),
    [
        pytest.param(
            Loss("bucket policy", read(**INSECURE)),
            "bucket policy denied s3:* without TLS",
            "the bucket policy no longer denies s3:* without TLS", id="gone",
        ),
        pytest.param(
            Loss("access point pay", DELETES, read(Sid="Keep", Action="s3:DeleteObject")),
            "access point pay denied s3:DeleteObject and s3:DeleteObjectVersion (statement Keep)",
            "the policy of access point pay denies only s3:DeleteObject (statement Keep)", id="less",
        ),
        pytest.param(
            Loss("access point pay", None),
            "access point pay denied what is too long to be kept",
            "the policy of access point pay does not deny the same as before", id="not kept",
        ),
    ],
)  # fmt: skip
def test_a_loss_is_described_before_and_after(loss, before, now):
    assert (describe_lost(loss), describe_left(loss)) == (before, now)
