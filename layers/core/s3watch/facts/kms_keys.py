"""Finds the accounts of the KMS keys that a request encrypts with.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_MEMBERS = frozenset(
    {
        "x-amz-server-side-encryption-aws-kms-key-id",  # in the response too, if it is the bucket's default
        "objectencryption",  # in UpdateObjectEncryption
        "serversideencryptionconfiguration",  # in PutBucketEncryption
    }
)


def find_key_owners(*members: Any) -> Iterator[str]:
    """Yield the account of every KMS key or alias that request or response members name by ARN.

    A key named without an ARN is in the caller's own account, and the response has its ARN.
    """
    for member in members:
        for name, value in member.items() if isinstance(member, dict) else ():
            if name.lower() in _MEMBERS:
                yield from filter(None, map(_owner, _texts(value)))


def may_name_keys(names: Iterable[str]) -> bool:
    """Return whether members with these names may name a key."""
    return not _MEMBERS.isdisjoint(map(str.lower, names))


def _owner(arn: str) -> str | None:
    """Return the account of a KMS ARN, taken from its field: an alias may look like an account id too."""
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
