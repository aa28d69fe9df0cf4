"""What the event selectors that a request puts on a trail leave out, of the buckets that are watched.

CloudTrail records selectors as GetEventSelectors returns them, but with small first letters. They replace all
earlier ones, which the record does not name: what is left out now may have been left out before.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Required, TypedDict

import msgspec

from s3watch.facts.requests.event_selectors import OBJECTS, records_all, records_changes

PUT = "PutEventSelectors"
DIRECTORY_BUCKET = "--x-s3"  # at the end of its name; its objects are of another resource type
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}  # by how their Regions begin


class Watch(NamedTuple):
    """What a deployment watches, and the account and name of the trail that records it, if that is known."""

    buckets: tuple[str, ...] = ()
    account: str = ""
    trail: str = ""

    def may_use(self, request: Any, account: str) -> bool:
        """Return whether a request to CloudTrail in an account may be about the trail.

        Of another account's trails nothing is known: their log files may be read, too.
        """
        named = request.get("trailName") if isinstance(request, dict) else None
        if account != self.account or not self.trail or not isinstance(named, str):
            return True
        return named.rpartition("/")[2].lower() == self.trail.lower()  # it may be an ARN


class _DataResource(TypedDict, total=False):
    type: str
    values: list[str] | None


class _Basic(TypedDict, total=False):
    readWriteType: str
    includeManagementEvents: bool
    dataResources: list[_DataResource]


class _Field(TypedDict, total=False):
    field: Required[str]
    equals: list[str] | None
    startsWith: list[str] | None
    endsWith: list[str] | None
    notEquals: list[str] | None
    notStartsWith: list[str] | None
    notEndsWith: list[str] | None


class _Advanced(TypedDict):
    fieldSelectors: list[_Field]


class _Put(TypedDict, total=False):
    eventSelectors: list[_Basic] | None
    advancedEventSelectors: list[_Advanced] | None


def find_unrecorded(request: Any, watched: Sequence[str], region: str) -> tuple[str, ...]:
    """Return the watched buckets of whose objects not all calls are recorded, but no directory buckets."""
    selectors = _read(request)
    partition = next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")
    return tuple(
        bucket
        for bucket in watched
        if not bucket.endswith(DIRECTORY_BUCKET)
        and not records_all(selectors, OBJECTS, f"arn:{partition}:s3:::{bucket}/")
    )


def leaves_out_changes(request: Any) -> bool:
    """Return whether management events by which buckets and trails are changed are not all recorded."""
    return not records_changes(_read(request))


def _read(request: Any) -> dict[str, Any]:
    """Return the selectors in the spelling of GetEventSelectors; none if they are not of the known form."""
    try:
        known: dict[str, Any] = _capitalized(msgspec.convert(request, _Put))
    except msgspec.ValidationError:
        return {}
    return known


def _capitalized(value: Any) -> Any:
    """Write members as the API does, without empty ones."""
    if isinstance(value, list):
        return [_capitalized(one) for one in value]
    if not isinstance(value, dict):
        return value
    filled = {name: member for name, member in value.items() if member not in ([], None)}
    return {f"{name[0].upper()}{name[1:]}": _capitalized(member) for name, member in filled.items()}
