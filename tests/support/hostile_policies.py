"""Policies of nearly 20 KB, S3's limit, that are as slow to evaluate as their authors could make them."""

from __future__ import annotations

import json
from typing import Any

MOST_BYTES = 20_480  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html

Statement = dict[str, Any]


def _allow(**changes: Any) -> Statement:
    return {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"
    } | changes  # fmt: skip


def _deny(**changes: Any) -> Statement:
    return _allow(Effect="Deny", Action="*", Resource="*") | changes


def _accounts(first: int, count: int) -> list[str]:
    return [f"{number:012d}" for number in range(first, first + count)]


def _addresses(network: int, count: int) -> list[str]:
    return [f"10.{network + number // 250}.{number % 250}.1" for number in range(count)]


def _if(operator: str, **keys: Any) -> dict[str, Any]:
    return {"Condition": {operator: {f"aws:{name}": values for name, values in keys.items()}}}


HOSTILE: dict[str, list[Statement]] = {
    "many small statements": [_allow(Resource="a", Action="a"), _deny(Resource="*a*b")] * 145,
    "many actions": [_allow(Action=["s3:*"] * 1200), _deny(Action=["*b"] * 1200)],
    "many resources": [_allow(Resource=["a"] * 2000), _deny(Resource=["*b"] * 1800)],
    "many stars": [_allow(Resource="a" * 9000), _deny(Resource="*a" * 5000 + "*b")],
    "many question marks": [_allow(Resource="a" * 9000), _deny(Resource="*?a" * 3500 + "*b")],
    "many accounts": [_allow(Principal={"AWS": _accounts(0, 1250)}, Action="s3:*")],
    "many accounts twice": [
        _allow(**_if("StringEquals", PrincipalAccount=_accounts(0, 600), SourceAccount=_accounts(300, 600)))
    ],
    "many addresses": [
        _allow(**_if("IpAddress", SourceIp=_addresses(0, 750))),
        _deny(**_if("NotIpAddress", SourceIp=_addresses(0, 500))),
    ],
    "many denials of addresses": [
        _allow(Action="s3:*", **_if("IpAddress", SourceIp=_addresses(0, 200))),
        *(_deny(**_if("NotIpAddress", SourceIp=_addresses(network, 10))) for network in range(55)),
    ],
    "many denials of accounts": [
        *(_allow(Action="s3:*", Principal={"AWS": _accounts(first, 20)}) for first in range(0, 500, 20)),
        *[_deny(**_if("StringNotEquals", PrincipalAccount=_accounts(0, 20)))] * 20,
    ],
    "many services": [
        _allow(
            Principal={"Service": [f"service-{number}.amazonaws.com" for number in range(290)]},
            Action="s3:*",
            **_if("StringEquals", SourceAccount=_accounts(0, 250)),
        ),
        *[_deny(**_if("StringNotEquals", SourceVpc="x"))] * 40,
    ],
    "many beginnings of an ARN": [
        _allow(
            Principal={"AWS": ["*", "444455556666"], "Service": "s3.amazonaws.com"},
            Resource="arn:aws:s3:::b/" + "arn::s3:::" * 1900,
        )
    ],
    "many beginnings of a variable": [
        _allow(Resource="arn:aws:s3:::b/" + "${" * 9000),
        _deny(**_if("Bool", SecureTransport="false")),
    ],
    "many ids": [_allow(**_if("StringLike", userid=[f"AROA{number:016d}:*" for number in range(750)]))],
}


def as_policy(statements: list[Statement]) -> str:
    """Return the policy as S3 would store it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
