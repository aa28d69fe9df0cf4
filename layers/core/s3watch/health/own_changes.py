"""Finds what somebody has changed of the deployment's functions and rules without deploying it.

The first check after a deployment takes what is there for what was deployed; each later one compares with
that, so that a change is a problem until it is undone or the stack is deployed again. A change made between a
deployment and the check after it, at most an hour, is not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator

from s3watch.health.parts import Made
from s3watch.health.problems import Problem

AGAIN = "deploy again, and find out who did that: search the trail for calls on it"


def find_changes(before: Made, now: Made) -> Iterator[Problem]:
    """Yield a problem for each part that is not as the stack's last update left it."""
    if not before.deployed or before.deployed != now.deployed:
        return
    for name, mark in before.marks.items():
        if name not in now.marks:
            yield Problem(f"changed:{name}", f"{name} is not there any more: nobody deployed that", AGAIN)
        elif now.marks[name] != mark:
            what = f"{name} was changed, and nobody deployed that"
            yield Problem(f"changed:{name}", what, AGAIN)


def keep_made(before: Made, now: Made) -> Made:
    """Return what the next check compares with; while an update of the stack runs, nothing is taken over."""
    return now if now.deployed and now.deployed != before.deployed else before
