"""Names the act of an access, and ranks acts by how grave they are.

An act is coarser than an event name and finer than an operation: it is what an alert says first, and what it
takes for an alert not to wait (a worse act than those reported so far).
"""

# ruff: noqa: D102  # fields.FACTS documents each fact, for people and for the compiler
from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Literal, Protocol

from s3watch.facts.requests.own_parts import Part
from s3watch.facts.requests.requested_settings import RequestedSettings
from s3watch.sources.cloudtrail import Record

Act = Literal[
    "opened", "trail-stopped", "protection", "delete", "permission", "copy-out", "replication",
    "trail-change", "own-part", "write", "configuration", "other", "read", "list", "inspect", "finding",
]  # fmt: skip

_BY_GRAVITY: tuple[tuple[Act, ...], ...] = (
    ("list", "inspect"),
    ("read", "finding"),
    ("write", "configuration", "other"),
    ("permission", "copy-out", "replication", "trail-change"),
    ("delete",),
    ("opened", "trail-stopped", "own-part", "protection"),
)
GRAVITY: dict[str, int] = {act: number for number, acts in enumerate(_BY_GRAVITY, 1) for act in acts}
UNSUCCESSFUL = 0  # the gravity of what was only tried
LASTING = GRAVITY["permission"]  # from here on, acts outlast the request: what they did to whom matters
DETAIL = 200  # characters; a destination or an account fits, and a hash tells longer texts apart
HASH = 16  # hex digits
_MARKED = " #"  # before the hash
_HASHED = re.compile(rf"{_MARKED}[0-9a-f]{{{HASH}}}$")
_DESTINATIONS = "requestParameters.ReplicationConfiguration.Rule.Destination.Bucket"

_ACTS_BY_EVENT: dict[str, Act] = {
    "StopLogging": "trail-stopped",
    "DeleteTrail": "trail-stopped",
    "UpdateTrail": "trail-change",
    "PutEventSelectors": "trail-change",
    "PutInsightSelectors": "trail-change",
    "StopEventDataStoreIngestion": "protection",
    "DeleteEventDataStore": "protection",
    "UpdateEventDataStore": "protection",
    "PutEventConfiguration": "protection",
    "RegisterOrganizationDelegatedAdmin": "permission",
    "DeregisterOrganizationDelegatedAdmin": "permission",
    "RegisterDelegatedAdministrator": "permission",
    "DeregisterDelegatedAdministrator": "permission",
    "DisableAWSServiceAccess": "permission",
    "DisableKey": "protection",
    "ScheduleKeyDeletion": "protection",
    "DeleteImportedKeyMaterial": "protection",
    "PutKeyPolicy": "protection",
    "PutBucketLogging": "protection",
    "PutBucketNotification": "protection",
    "PutBucketReplication": "replication",
    "PutBucketPublicAccessBlock": "protection",
    "DeleteBucketPublicAccessBlock": "protection",
    "PutAccountPublicAccessBlock": "protection",
    "DeleteAccountPublicAccessBlock": "protection",
}
_BEGINS = {"CreateChangeSet": "ExecuteChangeSet"}  # the same act: a deployment makes both calls
_ACTS_BY_OPERATION: dict[str, Act] = {
    "read": "read", "list": "list", "inspect": "inspect", "write": "write", "delete": "delete",
    "permission": "permission", "protection": "protection", "configuration": "configuration",
}  # fmt: skip
_MAY_GRANT = frozenset({"permission", "write", "configuration", "other"})  # by a policy, an ACL or a header


class ActFacts(Protocol):
    """The facts of an access that its act depends on."""

    @property
    def record(self) -> Record: ...
    @property
    def operation(self) -> str: ...
    @property
    def settings(self) -> RequestedSettings: ...
    @property
    def bucket(self) -> str | None: ...
    @property
    def peer_uri(self) -> str | None: ...
    @property
    def own(self) -> Part: ...
    @property
    def leaves_label(self) -> bool | None: ...
    @property
    def act(self) -> Act: ...
    def field(self, name: str) -> Any: ...


def name_act(access: ActFacts) -> Act:
    """Return the act of an access, whether it succeeded or not."""
    operation = access.operation
    if operation in _MAY_GRANT and (access.settings.grants_public or access.settings.grants_accounts):
        return "opened"
    if act := _ACTS_BY_EVENT.get(access.record.event_name):
        return act
    if operation == "read" and _is_elsewhere(access):
        return "copy-out"
    if operation == "other" and access.own.kind:
        return "own-part"
    return _ACTS_BY_OPERATION.get(operation, "other")


def gravity(act: str, outcome: str) -> int:
    """Return how grave an act is, from 0 for one that was only tried, to 6."""
    return GRAVITY.get(act, GRAVITY["other"]) if outcome == "success" else UNSUCCESSFUL


def describe_act(access: ActFacts) -> str:
    """Return the act with what makes it another one: to whom, to where, by which call, and to do what.

    What is opened, or left unrecorded, is a hash at the end. Acts below LASTING are the same whatever they
    touched; an alert counts them.
    """
    act = access.act
    if GRAVITY[act] < LASTING or act == "delete":
        return act
    call = _BEGINS.get(access.record.event_name, access.record.event_name)
    text = " ".join(filter(None, (act, call, ",".join(_targets(access, act)))))
    mark = access.settings.grants_mark if act == "opened" else _mark(",".join(access.settings.left_out))
    if len(text) > DETAIL - len(_MARKED) - HASH:
        mark = _mark(f"{text}{mark}")
    return f"{text[: DETAIL - len(_MARKED) - HASH]}{_MARKED}{mark}" if mark else text


def _mark(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:HASH] if text else ""


def without_hash(described: str) -> str:
    """Return a described act as people read it."""
    return _HASHED.sub("", described)


def _targets(access: ActFacts, act: Act) -> tuple[str, ...]:
    """Return to whom something was opened, or the buckets that objects go to."""
    if act == "copy-out":
        return (bucket_of(access.peer_uri),)
    if act == "replication":
        found = access.field(_DESTINATIONS)  # text, or a list if there are several rules
        buckets = (text for text in (found if isinstance(found, list) else [found]) if isinstance(text, str))
        return (*buckets, *access.settings.destination_accounts)
    return ("everyone",) * bool(access.settings.grants_public) + access.settings.grants_accounts


def bucket_of(uri: str | None) -> str:
    """Return the bucket of an `s3://bucket/key` URI; empty if there is none."""
    return (uri or "").removeprefix("s3://").partition("/")[0]


def name_destination(uri: str, bucket: str) -> str:
    """Return the bucket that an object of `bucket` was copied to; if it is the same, its key there."""
    other = bucket_of(uri)
    return other if other != bucket else uri.removeprefix(f"s3://{other}/")


def _is_elsewhere(access: ActFacts) -> bool:
    return bool(access.leaves_label or (access.peer_uri and bucket_of(access.peer_uri) != access.bucket))
