"""The identity behind an access key of the local AWS, as CloudTrail's userIdentity.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import time
from typing import Any

from ministack.core.iam_evaluator import (
    CredentialResolutionError,
    find_iam_access_key_account,
    resolve_credential,
)
from ministack.core.responses import _12_DIGIT_RE, _account_from_sts_session
from ministack.services import iam, sts

from local.cloudtrail.record import ANONYMOUS, Caller
from local.settings import ACCOUNT


def caller(access_key: str) -> Caller | None:
    """Return the caller behind an access key, anonymous without one; None for an unknown key."""
    if not access_key:
        return ANONYMOUS
    account = _account(access_key)
    credential = resolve_credential(access_key, account)
    if isinstance(credential, CredentialResolutionError):
        return None
    identity: dict[str, Any] = {
        "type": {"User": "IAMUser"}.get(credential.principal_type, credential.principal_type),
        "principalId": credential.principal_id,
        "arn": credential.principal_arn,
        "accountId": account,
        "accessKeyId": access_key,
    }
    if credential.principal_type == "User":
        identity["userName"] = credential.principal_name
    if credential.principal_type == "AssumedRole":
        identity |= _assumed(access_key, credential.principal_arn, account)
    return Caller(account, identity)


def _account(access_key: str) -> str:
    if _12_DIGIT_RE.match(access_key):
        return access_key
    return _account_from_sts_session(access_key) or find_iam_access_key_account(access_key) or ACCOUNT


def _assumed(access_key: str, arn: str, account: str) -> dict[str, Any]:
    _, name, session_name = arn.split("/", 2)
    role = iam._roles.get_scoped(account, None, name) or {}
    session = sts._sessions[access_key]
    issuer = {
        "type": "Role",
        "principalId": role.get("RoleId", ""),
        "arn": role.get("Arn", f"arn:aws:iam::{account}:role/{name}"),
        "accountId": account,
        "userName": name,
    }
    attributes = {
        "creationDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(session["IssuedAt"])),
        "mfaAuthenticated": "false",
    }
    return {
        "principalId": f"{issuer['principalId']}:{session_name}",
        "sessionContext": {"sessionIssuer": issuer, "attributes": attributes},
    }
