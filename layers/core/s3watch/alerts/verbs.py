"""The words for what an access did, and for what it tried: those of its event, else of its operation."""

from __future__ import annotations

from collections.abc import Sequence

from s3watch.alerts.own_verbs import OWN_PARTS
from s3watch.facts.requests.changes import LOGGING_OFF, OWN_KEY, SUSPENDED
from s3watch.text import quoted_name

_OPERATIONS = {  # what was done, and what was tried
    "read": ("read", "read"),
    "list": ("listed", "list"),
    "inspect": ("inspected", "inspect"),
    "write": ("wrote", "write"),
    "delete": ("deleted", "delete"),
    "permission": ("changed permissions of", "change permissions of"),
    "protection": ("changed protection of", "change protection of"),
    "configuration": ("changed settings of", "change settings of"),
}
_EVENTS = {  # events for which the operation alone says too little
    "StopLogging": ("stopped trail", "stop trail"),
    "DeleteTrail": ("deleted trail", "delete trail"),
    "UpdateTrail": ("changed trail", "change trail"),
    "PutEventSelectors": ("changed event selectors of trail", "change event selectors of trail"),
    "PutInsightSelectors": ("changed Insights selectors of trail", "change Insights selectors of trail"),
    "StopEventDataStoreIngestion": ("stopped event data store", "stop event data store"),
    "DeleteEventDataStore": ("deleted event data store", "delete event data store"),
    "PutEventConfiguration": ("changed event configuration of", "change event configuration of"),
    "UpdateEventDataStore": ("changed event data store", "change event data store"),
    "RegisterOrganizationDelegatedAdmin": (
        "delegated CloudTrail to account",
        "delegate CloudTrail to account",
    ),
    "DeregisterOrganizationDelegatedAdmin": (
        "withdrew CloudTrail from account",
        "withdraw CloudTrail from account",
    ),
    "RegisterDelegatedAdministrator": ("delegated CloudTrail to account", "delegate CloudTrail to account"),
    "DeregisterDelegatedAdministrator": (
        "withdrew CloudTrail from account",
        "withdraw CloudTrail from account",
    ),
    "DisableAWSServiceAccess": ("ended trusted access of", "end trusted access of"),
    "DisableKey": ("disabled key", "disable key"),
    "ScheduleKeyDeletion": ("scheduled deletion of key", "schedule deletion of key"),
    "DeleteImportedKeyMaterial": ("deleted material of key", "delete material of key"),
    "PutKeyPolicy": ("replaced policy of key", "replace policy of key"),
    "PutBucketVersioning": ("changed versioning of", "change versioning of"),
    "PutBucketLifecycle": ("changed lifecycle of", "change lifecycle of"),
    "PutBucketObjectLockConfiguration": ("changed Object Lock of", "change Object Lock of"),
    "PutObjectRetention": ("changed retention of", "change retention of"),
    "PutObjectLegalHold": ("changed legal hold of", "change legal hold of"),
    "UpdateObjectEncryption": ("changed encryption of", "change encryption of"),
    "PutBucketEncryption": ("changed encryption of", "change encryption of"),
    "PutBucketLogging": ("changed logging of", "change logging of"),
    "PutBucketNotification": ("changed notifications of", "change notifications of"),
    "PutBucketInventoryConfiguration": ("changed inventory of", "change inventory of"),
    "PutObjectTagging": ("changed tags of", "change tags of"),
    "DeleteObjectTagging": ("removed tags of", "remove tags of"),
    "PutBucketReplication": ("changed replication of", "change replication of"),
    "PutBucketMetricsConfiguration": ("changed request metrics of", "change request metrics of"),
    "DeleteBucketMetricsConfiguration": ("deleted request metrics of", "delete request metrics of"),
    "CreateJob": ("created a Batch Operations job in", "create a Batch Operations job in"),
    "PutStorageLensConfiguration": ("changed Storage Lens in", "change Storage Lens in"),
    "CreateFileSystem": ("made a file system on", "make a file system on"),
    "PutFileSystemPolicy": ("replaced policy of file system", "replace policy of file system"),
    "CreateBackupAccessPoint": ("opened backup", "open backup"),
    "DeleteBucketPublicAccessBlock": ("removed Block Public Access from", "remove Block Public Access from"),
    "PutBucketPublicAccessBlock": ("changed Block Public Access of", "change Block Public Access of"),
    "DeleteAccountPublicAccessBlock": ("removed Block Public Access from", "remove Block Public Access from"),
    "PutAccountPublicAccessBlock": ("changed Block Public Access of", "change Block Public Access of"),
}


_CHANGES = {  # what a request sets that says more than its event
    ("PutBucketVersioning", SUSPENDED): ("suspended versioning of", "suspend versioning of"),
    ("PutBucketLogging", LOGGING_OFF): ("turned off logging of", "turn off logging of"),
    ("", OWN_KEY): ("put an encryption key of its own on", "put an encryption key of its own on"),
}


def verbs(event_name: str, operation: str, changes: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return what was done and what was tried (`read`, `stopped trail`); None for an unknown event.

    `changes` are the settings that a request puts, as facts.requests.changes names them.
    """
    said = (_CHANGES.get((event_name, each)) or _CHANGES.get(("", each)) for each in changes)
    known = next(filter(None, said), None) or _EVENTS.get(event_name) or OWN_PARTS.get(event_name)
    return known or _OPERATIONS.get(operation)


def name_service(own_part: str) -> str:
    """Return what a call without a bucket and on no account is about, by the kind of part of our stack."""
    return "s3watch" if own_part else "CloudTrail"


def split_parts(resource: str, own_part: str) -> list[str]:
    """Return the names of parts that evidence is about: a call may name several alarms."""
    return resource.split(",") if own_part == "alarm" else [resource]


def name_parts(resource: str, own_part: str) -> str:
    """Return the first name that evidence is about, and how many more there are; empty if none."""
    first, *others = split_parts(resource, own_part)
    more = f" and {len(others)} other{'s' * (len(others) > 1)}" if others else ""
    return f"{quoted_name(first)}{more}"
