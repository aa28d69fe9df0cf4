"""Batch deletes: one DeleteObjects call and the objects it deleted, told in records that come separately.

The call's record knows who and from where, but no key. For each object CloudTrail adds a DeleteObject record
of type AwsServiceEvent that knows the key and the same request id, but hardly who
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html, example 3). Judging
either alone is wrong, so both wait for each other, WAIT seconds at most and in either order.

S3's own "Object Deleted" events know the same as the latter, and come for deletes of a single object too.
They come first, and wait PATIENCE for the record that says who; only if none came are they judged alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

import msgspec
from msgspec import Struct

from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode
from s3watch.sources.feeds import feed_of

PATIENCE = (
    900.0  # seconds; log files come after five minutes on average, so that after fifteen nobody will say who
)
WAIT = 30.0  # seconds; the sweeper looks each minute, so that an alert leaves within a minute and a half
MOST_OBJECTS = 250  # objects kept with their keys: a quarter of a full request, and enough to judge it by
MOST_TEXT = 60_000  # characters of keys kept: an item holds 400 KB and is rewritten for each batch of parts


class DeletedObject(Struct, frozen=True):
    """One object of a batch delete."""

    key: str
    version: str | None
    event_id: str
    labelled: bool = False


class BatchDelete(Struct, frozen=True):
    """What is known of one DeleteObjects request so far."""

    request: str
    call: bytes | None = None  # the call's record
    object_record: bytes | None = None  # one per-object record, judged by if the call never comes
    whole: bool = False  # a single delete, judged by its own record: S3's event of it has nothing to add
    objects: tuple[DeletedObject, ...] = ()
    records: int = 1
    due: float | None = None  # when to judge it; None: it was judged, and what comes later is judged at once
    version: int = 0

    def join(self, other: BatchDelete) -> BatchDelete:
        """Put together what two parts know of the same request; parts already known change nothing."""
        objects: dict[tuple[str, str | None], DeletedObject] = {}
        for deleted in self.objects + other.objects:
            objects.setdefault((deleted.key, deleted.version), deleted)
        return msgspec.structs.replace(
            self,
            call=self.call or other.call,
            object_record=_fuller(self.object_record, other.object_record),
            objects=_bounded(sorted(objects.values(), key=lambda deleted: not deleted.labelled)),
            whole=self.whole or other.whole,
            records=self.records + other.records,
        )

    def waiting(self, part: BatchDelete, now: float) -> BatchDelete:
        """Take a part that came, and say when to judge what is known then; parts do not put it off."""
        after = self.join(part)
        if after.whole or (self.version and self.due is None):
            return msgspec.structs.replace(after, due=None)
        due = now + (PATIENCE if after.call is None and _is_event(after.object_record) else WAIT)
        return msgspec.structs.replace(after, due=due if self.due is None else min(self.due, due))


def _fuller(one: bytes | None, other: bytes | None) -> bytes | None:
    """Keep CloudTrail's record of an object rather than S3's event, which knows less."""
    return other if one is None or (other and _is_event(one)) else one


def _is_event(raw: bytes | None) -> bool:
    return raw is not None and feed_of(decode(raw)) == "s3-event"


def _bounded(objects: Sequence[DeletedObject]) -> tuple[DeletedObject, ...]:
    """Keep what fits, sensitive ones first: one deleted among a thousand others is told all the same."""
    text = 0
    for number, deleted in enumerate(objects[:MOST_OBJECTS]):
        text += len(deleted.key)
        if text > MOST_TEXT:
            return tuple(objects[:number])
    return tuple(objects[:MOST_OBJECTS])


def part_of(access: Access, *, with_events: bool = False, labelled: bool = False) -> BatchDelete | None:
    """Take a record as part of a delete; None where it is none, or says all there is to say itself.

    With S3's events a single delete too has two records: CloudTrail's, which is whole, and the event.
    """
    record = access.record
    if not record.request_id or access.outcome != "success" or access.feed == "access-log":
        return None
    if record.event_name == "DeleteObjects":
        return None if access.key else BatchDelete(record.request_id, call=bytes(access.raw))
    if record.event_name != "DeleteObject" or not access.key or access.principal == "service/lifecycle":
        return None
    if access.feed == "cloudtrail" and record.event_type != "AwsServiceEvent":
        return BatchDelete(record.request_id, whole=True) if with_events else None
    deleted = DeletedObject(access.key, access.version, record.event_id or "", labelled)
    return BatchDelete(record.request_id, object_record=bytes(access.raw), objects=(deleted,))


def accesses(delete: BatchDelete, zone: tzinfo = UTC) -> list[Access]:
    """Draw a request's accesses: one for each object, by the call's caller; one without key if none came."""
    raw = delete.call or delete.object_record or b"{}"
    record = decode(raw)
    access = extract(record, raw, zone=zone)[0]
    if not delete.objects:
        return [access]
    # CloudTrail's record of an object names nobody; the caller's name, if it comes yet, is news.
    unknown = ("caller unknown",) if delete.call is None and access.feed == "cloudtrail" else ()
    return [_access_to(access, deleted, unknown) for deleted in delete.objects]


def _access_to(call: Access, deleted: DeletedObject, unknown: tuple[str, ...]) -> Access:
    """One object of the call; the call's bytes are nobody's share."""
    events = tuple(dict.fromkeys((*call.event_ids, deleted.event_id)))
    request = call.identity[0]
    return Access(
        call.record, call.raw, call.feed, call.zone, bucket=call.bucket, operation="delete", scope="object",
        key=deleted.key, version=deleted.version, event_ids=events, bytes_in=None, bytes_out=None,
        identity=(request, "delete", call.bucket, deleted.key, deleted.version, *unknown),
    )  # fmt: skip
