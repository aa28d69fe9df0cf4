"""Reads what the roles of the deployment's functions may do, who may assume them and what bounds them.

Four calls for a role of one policy, which no single call replaces but GetAccountAuthorizationDetails, for
which all roles of the account would have to be ours to read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from s3watch.aws.clients import ask, client, is_cut_off
from s3watch.errors import RefusedError, UnavailableError
from s3watch.health.own_changes import mark_of


class Found(NamedTuple):
    """The roles that could be read, and why others could not be."""

    by_role: Mapping[str, Mapping[str, str]] = {}  # name: a digest of each part, by the part's name in words
    unreadable: tuple[str, ...] = ()  # as in health.parts.Parts
    is_whole: bool = True  # every role was asked for


def read_roles(names: Sequence[str]) -> Found:
    """Read what decides what these roles are good for; of inline policies the first hundred of each.

    A role that IAM refuses hides only itself. If IAM cannot be reached, since a VPC may have no way to it,
    that is said too; if it is busy or down, that passes by itself: the rest is for the next check.
    """
    found, refused, is_whole = dict[str, dict[str, str]](), dict[str, str](), True
    try:
        for name in names:
            try:
                found[name] = {part: mark_of(setting) for part, setting in _read_role(name)}
            except RefusedError as error:
                refused[name] = str(error)
    except UnavailableError as error:
        if is_cut_off(error):
            return Found(found, (str(error),), is_whole=False)
        is_whole = False
    if not found:  # which has one cause
        return Found(found, tuple(refused.values())[:1], is_whole)
    named = (error.replace("IAM:", f"IAM, the role {name}:", 1) for name, error in refused.items())
    return Found(found, tuple(named), is_whole)


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
