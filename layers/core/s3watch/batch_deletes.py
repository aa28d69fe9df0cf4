"""Batch deletes: one DeleteObjects call and the objects it deleted, told in records that come separately.

The call's record knows who and from where, but no key. For each object CloudTrail adds a DeleteObject record
of type AwsServiceEvent that knows the key and the same request id, but hardly who
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html, example 3). Judging
either alone is wrong, so both wait for each other, WAIT seconds at most and in either order.
"""

from __future__ import annotations

from datetime import UTC, tzinfo

import msgspec
from msgspec import Struct

from s3watch.access import Access
from s3watch.facts import draw
from s3watch.records import decode

WAIT = 30.0  # seconds; the sweeper looks each minute, so that an alert leaves within a minute and a half
MOST_OBJECTS = 250  # objects kept with their keys: a quarter of a full request, and enough to judge it by
MOST_TEXT = 60_000  # characters of keys kept: an item holds 400 KB and is rewritten for each batch of parts


class DeletedObject(Struct, frozen=True):
    """One object of a batch delete."""

    key: str
    version: str | None
    event_id: str


class BatchDelete(Struct, frozen=True):
    """What is known of one DeleteObjects request so far."""

    request: str
    call: bytes | None = None  # the call's record
    object_record: bytes | None = None  # one per-object record, judged by if the call never comes
    objects: tuple[DeletedObject, ...] = ()
    records: int = 1
    due: float | None = None  # when to judge it; None: it was judged, and what comes later is judged at once
    version: int = 0

    def join(self, other: BatchDelete) -> BatchDelete:
        """Put together what two parts know of the same request; parts already known change nothing."""
        objects = tuple(dict.fromkeys(self.objects + other.objects))
        return msgspec.structs.replace(
            self,
            call=self.call or other.call,
            object_record=self.object_record or other.object_record,
            objects=_bounded(objects),
            records=self.records + other.records,
        )


def _bounded(objects: tuple[DeletedObject, ...]) -> tuple[DeletedObject, ...]:
    text = 0
    for number, deleted in enumerate(objects[:MOST_OBJECTS]):
        text += len(deleted.key)
        if text > MOST_TEXT:
            return objects[:number]
    return objects[:MOST_OBJECTS]


def part_of(access: Access) -> BatchDelete | None:
    """Take a record as part of a batch delete; None where it is none, or says all there is to say itself."""
    record = access.record
    if not record.request_id or access.outcome != "success":
        return None
    if record.event_name == "DeleteObjects" and access.key is None:
        return BatchDelete(record.request_id, call=bytes(access.raw))
    if record.event_name == "DeleteObject" and record.event_type == "AwsServiceEvent" and access.key:
        deleted = DeletedObject(access.key, access.version, record.event_id or "")
        return BatchDelete(record.request_id, object_record=bytes(access.raw), objects=(deleted,))
    return None


def accesses(delete: BatchDelete, zone: tzinfo = UTC) -> list[Access]:
    """Draw a request's accesses: one for each object, by the call's caller; one without key if none came."""
    raw = delete.call or delete.object_record or b"{}"
    record = decode(raw)
    access = draw(record, raw, zone=zone)[0]
    if not delete.objects:
        return [access]
    return [_access_to(access, deleted) for deleted in delete.objects]


def _access_to(call: Access, deleted: DeletedObject) -> Access:
    """One object of the call; the call's bytes are nobody's share."""
    events = tuple(dict.fromkeys((*call.event_ids, deleted.event_id)))
    return Access(
        call.record, call.raw, zone=call.zone, bucket=call.bucket, operation="delete", scope="object",
        key=deleted.key, version=deleted.version, event_ids=events, bytes_in=None, bytes_out=None,
    )  # fmt: skip
