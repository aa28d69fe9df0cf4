"""Whose KMS keys a request encrypts with.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MEMBERS = frozenset(
    {
        "x-amz-server-side-encryption-aws-kms-key-id",  # also answered, where it is the bucket's default
        "objectencryption",  # of UpdateObjectEncryption
        "serversideencryptionconfiguration",  # of PutBucketEncryption
    }
)


def find_key_owners(*members: Any) -> Iterator[str]:
    """Give the account of every KMS key or alias that a request's parameters or its answer name by ARN.

    A key without an ARN is one of the caller's own account, and the answer has its ARN.
    """
    for member in members:
        for name, value in member.items() if isinstance(member, dict) else ():
            if name.lower() in _MEMBERS:
                yield from filter(None, map(_owner, _texts(value)))


def _owner(arn: str) -> str | None:
    """The account's place in the ARN, wherever else an account id stands: an alias may be called like one."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" and parts[2] == "kms" else None


def _texts(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, list | dict):
            left += each.values() if isinstance(each, dict) else each
