"""Policies, and the statements they are made of, for the tests of their evaluation."""

from __future__ import annotations

from typing import Any

from s3watch.posture.confinement import Way
from s3watch.posture.grants import EVERYBODY
from s3watch.posture.policy import find_grants

ALL = frozenset({EVERYBODY})
NOBODY: frozenset[str] = frozenset()


def find_grantees(policy: Any, owner: str = "", way: Way = Way.DIRECTLY) -> frozenset[str]:
    """Whom a policy grants access to outside the account of its owner."""
    return frozenset(name for grant in find_grants(policy, owner, way) for name in grant.grantees)


def in_words(value: Any) -> str:
    """An id that is the same in every process: sets have no order of their own."""
    return str(sorted(value)) if isinstance(value, set | frozenset) else str(value)


def allow(principal: Any = "*", condition: Any = None, **changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::hr-data/*",
    }
    return statement | ({"Condition": condition} if condition is not None else {}) | changes


def deny(**changes: Any) -> dict[str, Any]:
    return allow() | {"Effect": "Deny", "Action": "s3:*"} | changes


def grantees_of(*statements: Any, owner: str = "", way: Way = Way.DIRECTLY) -> frozenset[str]:
    return find_grantees({"Version": "2012-10-17", "Statement": list(statements)}, owner, way)
