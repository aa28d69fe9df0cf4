"""Reads which settings a request changes, in the words of S3 and CloudTrail: `BlockPublicAcls off`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s3watch.sources.cloudtrail import unwrap_single

MOST = 8  # settings named: Block Public Access has four
LONGEST = 200  # characters of a value
DEPTH = 4  # ServerSideEncryptionConfiguration.Rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_OPERATIONS = ("configuration", "protection")
_SOURCES = ("cloudtrail.amazonaws.com",)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
_SSE_C = "x-amz-server-side-encryption-customer-algorithm"
OWN_KEY = "SSE-C AES256"  # the only algorithm that there is
LOGGING_OFF = "LoggingEnabled off"
SUSPENDED = "Status Suspended"
_OFF = frozenset({"false", "disabled", "suspended", "off", "none", "0"})
_NOT_SETTINGS = frozenset(
    {"bucketname", "host", "key", "xmlns", "name", "trailname", "versionid", "xsi:type", "x-amz-account-id"}
)


def read_changes(event_name: str, source: str, operation: str, request: Any) -> tuple[str, ...]:
    """Return the settings that a request puts, at most eight; none if they are grants, or it names none.

    Those that turn something off come first, in whatever order the caller wrote them.
    Of Block Public Access those that are off after it, since a setting that is left out is off.
    """
    if event_name.endswith("PublicAccessBlock"):
        return _blocks_off(event_name, request)
    if event_name == "PutBucketLogging" and _is_logging_off(request):
        return (LOGGING_OFF,)
    if operation == "write" and isinstance(request, dict) and any(name.lower() == _SSE_C for name in request):
        return (OWN_KEY,)
    if operation not in _OPERATIONS and source not in _SOURCES:
        return ()
    return tuple(sorted(dict.fromkeys(_settings(request, DEPTH)), key=_turns_on))[:MOST]


def _turns_on(setting: str) -> bool:
    return setting.rpartition(" ")[2].lower() not in _OFF


def _blocks_off(event_name: str, request: Any) -> tuple[str, ...]:
    if event_name.startswith("Delete"):
        return tuple(f"{name} off" for name in _BLOCKS)
    put = request.get("PublicAccessBlockConfiguration") if isinstance(request, dict) else None
    if not event_name.startswith("Put") or not isinstance(put, dict):
        return ()
    return tuple(f"{name} off" for name in _BLOCKS if str(put.get(name)).lower() != "true")


def _is_logging_off(request: Any) -> bool:
    """Return whether a request puts a logging status without a target, which turns logging off."""
    put = request.get("BucketLoggingStatus") if isinstance(request, dict) else None
    return isinstance(put, dict) and not put.get("LoggingEnabled")


def _settings(value: Any, depth: int) -> Iterator[str]:
    """Yield the name and value of each setting in nested members."""
    for name, member in value.items() if isinstance(value, dict) else ():
        put = unwrap_single(member)
        if isinstance(put, dict) and depth > 1:
            yield from _settings(put, depth - 1)
        elif isinstance(put, (str, bool, int)) and put != "" and name.lower() not in _NOT_SETTINGS:
            yield f"{name} {str(put).lower() if isinstance(put, bool) else put}"[:LONGEST]
