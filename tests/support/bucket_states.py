"""Settings of buckets for the tests of reviews."""

from __future__ import annotations

import json
from typing import Any

from s3watch.posture.bucket_state import State
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import describe

OWNER = "111122223333"
OTHER = "444455556666"
OWNER_ID = "1" * 64
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"
ANY_ACCOUNT = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def make_policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any = "*", action: Any = "s3:GetObject", **more: Any) -> dict[str, Any]:
    """A statement on all of the bucket's objects."""
    who = {} if "NotPrincipal" in more else {"Principal": principal}
    return {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::hr-data/*"} | who | more


def make_acl(*grants: tuple[str, str]) -> dict[str, Any]:
    """GetBucketAcl's answer: the owner's own grant and others, of a group's URI or an id."""
    listed = [{"Grantee": {"Type": "CanonicalUser", "ID": OWNER_ID}, "Permission": "FULL_CONTROL"}]
    for grantee, permission in grants:
        kind = (
            {"Type": "Group", "URI": grantee} if "/" in grantee else {"Type": "CanonicalUser", "ID": grantee}
        )
        listed.append({"Grantee": kind, "Permission": permission})
    return {"Owner": {"ID": OWNER_ID}, "Grants": listed}


def make_state(*statements: dict[str, Any], **changes: Any) -> State:
    """A bucket with a policy of these statements and a private list, unless the changes say otherwise."""
    policy = make_policy(*statements) if statements else ""
    return State(**{"bucket": "hr-data", "account": OWNER, "policy": policy, "acl": make_acl()} | changes)


def allow_if(**condition: Any) -> dict[str, Any]:
    return allow(Condition=condition)


def where(operator: str, key: str, value: Any) -> dict[str, Any]:
    return allow_if(**{operator: {key: value}})


def shown(state: State) -> list[str]:
    """All grants of a bucket in words, with the ineffective ones."""
    posture = evaluate(state)
    return [*describe(posture.grants), *describe(posture.ineffective, ", void")]
