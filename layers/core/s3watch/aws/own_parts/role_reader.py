"""Reads what the roles of the deployment's functions may do, who may assume them and what bounds them.

Four calls for a role of one policy, which no single call replaces but GetAccountAuthorizationDetails, for
which all roles of the account would have to be ours to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from s3watch.aws.clients import ask, client
from s3watch.errors import RefusedError, UnavailableError
from s3watch.health.own_changes import mark_of


def read_roles(names: Iterable[str]) -> dict[str, str]:
    """Return a mark for each part of these roles that decides what they are good for, by its name in words.

    Of a role's inline policies the first hundred are read. Raises RefusedError, also if IAM cannot be
    reached: a VPC may have no way to it, and the other parts are to be checked all the same.
    """
    try:
        return {part: mark_of(setting) for name in names for part, setting in _read_role(name)}
    except UnavailableError as error:
        raise RefusedError(str(error)) from error


def _read_role(name: str) -> Iterator[tuple[str, object]]:
    role = _ask("get_role", "NoSuchEntity", RoleName=name)
    if role is None:
        return
    yield f"the trust policy of the role {name}", role["Role"]["AssumeRolePolicyDocument"]
    if boundary := role["Role"].get("PermissionsBoundary"):
        yield f"the permissions boundary of the role {name}", boundary["PermissionsBoundaryArn"]
    for policy in _ask("list_role_policies", RoleName=name)["PolicyNames"]:
        found = _ask("get_role_policy", RoleName=name, PolicyName=policy)
        yield f"the policy {policy} of the role {name}", found["PolicyDocument"]
    for attached in _ask("list_attached_role_policies", RoleName=name)["AttachedPolicies"]:
        yield f"the policy {attached['PolicyArn']} of the role {name}", _version(attached["PolicyArn"])


def _version(policy: str) -> str:
    """Return which version of an attached policy holds, if it is the deployment's; else nothing is said."""
    if policy.split(":")[4] == "aws":  # AWS changes its own as it likes
        return ""
    try:
        return str(_ask("get_policy", PolicyArn=policy)["Policy"]["DefaultVersionId"])
    except RefusedError:
        return ""


def _ask(call: str, *absent: str, **request: str) -> Any:
    return ask("IAM", partial(getattr(client("iam"), call), **request), *absent)
