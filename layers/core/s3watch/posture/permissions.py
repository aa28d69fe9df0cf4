"""Summarizes what a policy statement or an ACL permission allows, in a few verbs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s3watch.globs import Test, compile_glob
from s3watch.posture.elements import texts

VERBS: dict[str, tuple[str, ...]] = {  # each with the IAM actions that it stands for
    "read": ("s3:GetObject", "s3:GetObjectVersion"),
    "list": ("s3:ListBucket", "s3:ListBucketVersions"),
    "write": ("s3:PutObject",),
    "delete": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    "change permissions": (
        "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPublicAccessBlock",
        "s3:PutObjectAcl", "s3:PutObjectVersionAcl",
    ),
}  # fmt: skip
_WITH_VERB = frozenset(action.lower() for actions in VERBS.values() for action in actions)
OTHER = "do other things"  # actions that none of the verbs stands for
CHANGES = frozenset({"write", "delete", "change permissions"})  # the verbs by which others lose data
ACL_CHANGES = frozenset({"WRITE", "WRITE_ACP", "FULL_CONTROL"})  # the permissions that allow one of these
REACH = "reach objects"  # what exactly is not known
COPY = "receive copies"

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions, for the ACL of a bucket
_PERMISSIONS = {
    "READ": ("list",),
    "WRITE": ("write", "delete"),
    "READ_ACP": (OTHER,),
    "WRITE_ACP": ("change permissions",),
    "FULL_CONTROL": ("list", "write", "delete", "change permissions"),
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-data.html
_ACCESS_GRANTS = {"READ": ("read", "list"), "WRITE": ("write", "delete")}

ORDER = (*VERBS, COPY, REACH, OTHER)


def allowed_by_statement(statement: dict[str, Any]) -> dict[str, list[str]]:
    """Return the verbs for what a policy statement allows, each with the actions of it that are allowed.

    The actions of OTHER are the patterns of the statement that stand for more than the verbs do, as written.
    """
    written = texts(statement.get("Action")) or ["*"]
    others = [each for each in written if each.lower() not in _WITH_VERB]
    return {**dict(_allowed(statement)), **({OTHER: others} if others else {})}


def allowed_by_acl_permission(permission: str) -> tuple[str, ...]:
    """Return the verbs for what a permission in a bucket's ACL allows."""
    return _PERMISSIONS.get(permission, (OTHER,))


def allowed_by_access_grant(permission: str) -> tuple[str, ...]:
    """Return the verbs for the permission of a grant of S3 Access Grants: READ, WRITE or READWRITE."""
    return tuple(verb for name, verbs in _ACCESS_GRANTS.items() if name in permission for verb in verbs) or (
        OTHER,
    )


def sort_verbs(verbs: set[str]) -> list[str]:
    """Sort verbs from the most common to the rarest."""
    return sorted(verbs, key=ORDER.index)


def _allowed(statement: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    named, excluded = _tests(statement.get("Action")), _tests(statement.get("NotAction"))
    for verb, actions in VERBS.items():
        allowed = [
            each for each in actions if _names(named, each) or (excluded and not _names(excluded, each))
        ]
        if allowed:
            yield verb, allowed


def _names(tests: list[Test], action: str) -> bool:
    return any(test(action.lower()) for test in tests)


def _tests(patterns: Any) -> list[Test]:
    """Compile action patterns: they are case-insensitive, and a backslash in them is not special."""
    return [compile_glob(text.lower().replace("\\", r"\\")) for text in texts(patterns)]
