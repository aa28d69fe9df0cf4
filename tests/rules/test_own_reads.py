"""What s3watch reads to enrich an alert alerts nobody in turn, whether AWS lets it or not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cloudtrail import make_record, make_role
from tests.support.situations import replay, shipped

OF_BUCKET = (
    "GetBucketAcl", "GetBucketPolicyStatus", "GetBucketPublicAccessBlock", "GetBucketTagging",
    "GetBucketVersioning",
)  # fmt: skip
OF_ACCOUNT = {
    "GetAccountPublicAccessBlock": {"accountId": "111122223333"},
    "ListRoleTags": {"roleName": "payroll-app"},
    "ListUserTags": {"userName": "bob"},
}
CALLS = [
    *(("s3", name) for name in (*OF_BUCKET, "GetAccountPublicAccessBlock")),
    *(("iam", name) for name in ("ListRoleTags", "ListUserTags")),
]
DENIED = {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}


def read(source: str, name: str, **more: Any) -> dict[str, Any]:
    return make_record(
        key=None,
        without=() if name in OF_BUCKET else ("resources",),
        eventSource=f"{source}.amazonaws.com",
        eventName=name,
        eventCategory="Management",
        readOnly=True,
        userIdentity=make_role("s3watch-DetectRole-1A2B3C4D5E6F", "s3watch-detect"),
        **({"requestParameters": OF_ACCOUNT[name]} if name in OF_ACCOUNT else {}),
        **more,
    )


@pytest.mark.parametrize("outcome", [{}, DENIED], ids=["done", "denied"])
@pytest.mark.parametrize(("source", "name"), CALLS, ids=[name for _, name in CALLS])
def test_a_read_that_enriches_an_alert_is_none_itself(source: str, name: str, outcome: dict[str, Any]):
    record = read(source, name, **outcome)

    assert "hr-data" in json.dumps(record) or name not in OF_BUCKET
    assert replay(shipped(), [record]) == []


def test_reading_an_object_instead_would_be_one():
    record = read("s3", "GetBucketAcl") | {"eventName": "GetObject", "eventCategory": "Data"}
    record["requestParameters"]["key"] = "payroll/2026/q3.csv"

    assert len(replay(shipped(), [record])) == 1
