"""Reads the elements of a policy document, whose values may be single or in a list, and of any shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# What an ARN of objects has before their keys, in a bucket or by an access point; and an ARN without keys
_OBJECTS = re.compile(
    r"arn:[^:]*:s3:(?:::[^/*]*/|[^:]*:[^:]*:accesspoint/[^/]*/object/)|arn:[^:]*:s3:::[^/]*(?=\*$)"
)
_BUCKET = re.compile(r"arn:[^/]*(?::accesspoint/[^/]*)?")
MOST_PLACES = 3  # that are named
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")


def member(value: Any, name: str) -> Any:
    """Return a member of an object; None if it has none, or is no object."""
    return value.get(name) if isinstance(value, dict) else None


def items(value: Any) -> Iterable[tuple[str, Any]]:
    """Return the members of an object; none if it is no object."""
    return value.items() if isinstance(value, dict) else ()


def listed(value: Any) -> list[Any]:
    """Return a value that may be single or in a list as a list."""
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> list[str]:
    """Return the texts of a value that may be single or in a list.

    Account ids may be numbers, and values of Bool conditions true or false.
    """
    return [_text(each) for each in listed(value) if isinstance(each, str | int)]


def bucket_arns(bucket: object) -> frozenset[str]:
    """Return the ARNs of a bucket in every partition; policies may name it by one as the source of a call."""
    return frozenset(f"arn:{partition}:s3:::{bucket}" for partition in _PARTITIONS)


def _text(value: str | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_account(text: str) -> bool:
    """Return whether a text is the id of an account."""
    return _ACCOUNT.fullmatch(text) is not None


def account_of(arn: str) -> str:
    """Return the account in an ARN; empty if it has none, or is no ARN."""
    return arn.split(":", 5)[4] if arn.startswith("arn:") and arn.count(":") > 4 else ""


def name_places(statement: dict[str, Any], known: Iterable[str] = ()) -> str:
    """Name the objects that a statement is about; empty for all of a bucket or access point.

    Those of `known` resources come last.
    """
    spared = texts(member(statement, "NotResource"))
    keys = {_without_bucket(each) for each in spared or texts(member(statement, "Resource"))}
    last = {_without_bucket(each) for each in known}
    some = {each for each in keys if not _BUCKET.fullmatch(each)}
    named = sorted(some, key=lambda each: (each in last, each))
    if not spared and keys & {"*", ""}:
        return ""
    shown = ", ".join(named[:MOST_PLACES])
    more = f" and {len(named) - MOST_PLACES:,} more" if len(named) > MOST_PLACES else ""
    return f"all but {shown}{more}" if spared and named else shown + more


def _without_bucket(resource: str) -> str:
    before = _OBJECTS.match(resource)
    return resource[before.end() :] if before else resource
