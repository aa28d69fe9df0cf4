"""Finds what somebody has changed of the deployment's functions, roles and rules without deploying it.

The first check after a deployment takes what is there for what was deployed; each later one compares with
that, so that a change is a problem until it is undone or the stack is deployed again. A change made between a
deployment and the check after it, at most an hour, is not seen here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256

from msgspec.structs import replace

from s3watch.health.parts import Made
from s3watch.health.problems import Problem

# CloudFormation leaves alone what a deployment does not change, so deploying again need not help.
BACK = "put back what was there, and find out who did that: search the trail for calls on it"


def mark_of(setting: object) -> str:
    """Return a short digest of a setting, which itself is not kept."""
    return sha256(json.dumps(setting, sort_keys=True).encode()).hexdigest()[:16]


def find_changes(before: Made, now: Made) -> Iterator[Problem]:
    """Yield a problem for each part that is not as the stack's last update left it.

    Only roles that both checks have read are compared; of these, what is new is a problem too.
    """
    if not before.deployed or before.deployed != now.deployed:
        return
    yield from _compare("changed", before.marks, now.marks)
    for role in sorted(before.by_role.keys() & now.by_role.keys()):
        yield from _compare("role", before.by_role[role], now.by_role[role])
        for name in sorted(now.by_role[role].keys() - before.by_role[role].keys()):
            yield Problem(f"role:{name}", f"{name} is new: nobody deployed that", BACK)


def _compare(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Problem]:
    for name, mark in before.items():
        if name not in now:
            yield Problem(f"{kind}:{name}", f"{name} is not there any more: nobody deployed that", BACK)
        elif now[name] != mark:
            yield Problem(f"{kind}:{name}", f"{name} was changed, and nobody deployed that", BACK)


def is_unseen(key: str, kept: Made, now: Made) -> bool:
    """Return whether a problem, by its key, is one of a role that is compared and was not read this time."""
    role = key.rpartition(" ")[2]  # a part's name ends with its role's
    return role in kept.by_role and role not in now.by_role


def keep_made(before: Made, now: Made) -> Made:
    """Return what the next check compares with; while an update of the stack runs, nothing is taken over.

    Roles that could not be read since the deployment are taken over once they can.
    """
    if not now.deployed:
        return before
    if now.deployed != before.deployed:
        return now
    return replace(before, by_role={**now.by_role, **before.by_role})
