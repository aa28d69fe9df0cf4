"""Joins the records of a batch delete: one DeleteObjects call and the objects that it deleted.

The call's record names the caller and the network, but no keys. For each object CloudTrail adds a
DeleteObject record of type AwsServiceEvent: it names the key and the same request id, but hardly the caller
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html, example 3). Neither
can be evaluated alone, so whichever arrives first is held for the other, for at most PART_WAIT seconds.

S3's "Object Deleted" events say the same as the latter records, for deletes of a single object too. They
arrive first, and are held S3_EVENT_WAIT seconds for the record that names the caller; only if none arrives
are they evaluated alone.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.identity import identify
from s3watch.sources.cloudtrail import Record, decode
from s3watch.sources.feeds import OBJECT_DELETED, feed_of

# Seconds; log files arrive after five minutes on average: after fifteen no caller will be known
S3_EVENT_WAIT = 900.0
PART_WAIT = 30.0  # seconds; the sweeper runs every minute, so that alerts leave within a minute and a half
LONGEST_ID = 256  # characters of a request id, which names an item of the ledger; AWS writes some 20
MAX_OBJECTS = 250  # objects kept with their keys: a quarter of the largest request, and enough to evaluate it
EARLY_TURNS = 4  # batch deletes of a principal in an hour that are evaluated before those of a flood
# Of all objects kept: the item is rewritten for each batch of parts, and costs by its size
MAX_BYTES = 50_000
HASH_BYTES = 8  # of an object that is not kept: a request has a thousand at most
OBJECT_BYTES = 120  # of an object besides its key: an event id, a version


_PARTS = frozenset({"AwsServiceEvent", OBJECT_DELETED})  # types of records of one object of several

type Labels = tuple[str, ...]


class DeletedObject(Struct, frozen=True):
    """One object of a batch delete."""

    key: str
    version: str | None
    event_id: str
    labels: tuple[str, ...] = ()  # of the catalogue
    others: bytes = b""  # objects with the same labels that are not kept, by their identities

    @property
    def identity(self) -> bytes:
        """Eight bytes that stand for the object where it is not kept."""
        named = f"{self.key}\0{self.version or ''}".encode(errors="replace")
        return hashlib.blake2b(named, digest_size=HASH_BYTES).digest()


class BatchDelete(Struct, frozen=True):
    """What is known so far about one delete request; stored in the ledger while it is held."""

    request: str  # the request id
    call: bytes | None = None  # the record of the DeleteObjects call
    object_record: bytes | None = None  # one of the per-object records, evaluated if the call never arrives
    complete: bool = False  # a single delete with its own record: S3's event adds nothing to it
    objects: tuple[DeletedObject, ...] = ()
    unkept: bytes = b""  # objects of which none with the same labels is kept, by their identities
    records: int = 1  # how many records were joined
    # Epoch seconds to evaluate it at; None: it was, and late parts are evaluated at once
    due: float | None = None
    at_once: bool = False  # the caller is unexpected whatever the keys are: they need not be awaited
    way: str = "events"  # by which the call's record arrived, else the first part
    turns: str = ""  # counts the batch deletes of its principal (see ledger.principals); empty: not known
    turn: int = 0  # its number among them, from 1
    version: int = 0  # for optimistic locking

    @property
    def is_early(self) -> bool:
        """Whether it is among the first of its principal: no flood of others delays it."""
        return 0 < self.turn <= EARLY_TURNS

    def join(self, other: BatchDelete) -> BatchDelete:
        """Merge two parts of the same request; objects that are known already are not added again."""
        objects: dict[bytes, DeletedObject] = {}
        lost: defaultdict[Labels, set[bytes]] = defaultdict(set)
        for deleted in self.objects + other.objects:
            objects.setdefault(deleted.identity, deleted)
            lost[deleted.labels].update(_split(deleted.others))
        for hidden in lost.values():
            hidden.difference_update(objects)
        kept, unkept = _bounded(list(objects.values()), lost)
        unkept |= {*_split(self.unkept), *_split(other.unkept)} - objects.keys()
        return replace(
            self,
            call=self.call or other.call,
            object_record=_more_complete(self.object_record, other.object_record),
            objects=kept,
            unkept=b"".join(sorted(unkept)),
            complete=self.complete or other.complete,
            at_once=self.at_once or other.at_once,
            turns=self.turns or other.turns,
            way=self.way if self.call or not other.call else other.way,
            records=self.records + other.records,
        )

    def contradicts(self, part: BatchDelete) -> bool:
        """Return whether a part cannot be of the same request: one of the two is forged.

        That is a call by somebody else, or a call where the other has a record of a single object's delete.
        """
        if self.call and part.call:
            (account, name), (other_account, other) = _caller_of(self.call), _caller_of(part.call)
            return account != other_account or bool(name and other and name != other)
        return bool(self.call and part.complete) or bool(self.complete and part.call)

    def add_part(self, part: BatchDelete, now: float) -> BatchDelete:
        """Return the request with one more part, and when to evaluate it; further parts do not delay that."""
        after = self.join(part)
        if after.complete or after.at_once or (self.version and self.due is None):
            return replace(after, due=None)
        due = now + (S3_EVENT_WAIT if after.call is None and _is_event(after.object_record) else PART_WAIT)
        return replace(after, due=due if self.due is None else min(self.due, due))


def _caller_of(raw: bytes) -> tuple[str | None, str]:
    """Return who called: the account and, unless it is the owner's record of a foreign call, the name."""
    record = decode(raw)
    caller = identify(bytes(record.identity), record.recipient)
    is_vague = caller.type == "account" and caller.account != record.recipient
    return caller.account, "" if is_vague else caller.principal.removeprefix(f"{caller.account}:")


def _more_complete(one: bytes | None, other: bytes | None) -> bytes | None:
    """Return CloudTrail's record of an object rather than S3's event, which contains less."""
    return other if one is None or (other and _is_event(one)) else one


def _is_event(raw: bytes | None) -> bool:
    return raw is not None and feed_of(decode(raw)) == "s3-event"


def _bounded(
    objects: Sequence[DeletedObject], lost: defaultdict[Labels, set[bytes]]
) -> tuple[tuple[DeletedObject, ...], set[bytes]]:
    """Return as many objects as may be kept: one for each set of labels, then labelled ones, then others.

    So the labels that a request touched are known however many keys it has. An object that is not kept counts
    with the first one that has its labels, as those that are `lost` already. If there are more sets of labels
    than objects fit, the objects without such a first one are returned too.
    """
    first: dict[Labels, DeletedObject] = {}
    for deleted in objects:
        first.setdefault(deleted.labels, deleted)
    ordered = sorted(objects, key=lambda one: (first[one.labels] is not one, not one.labels))
    kept, left = _split_fitting(ordered)
    for deleted in left:
        lost[deleted.labels].add(deleted.identity)
    # The first with some labels takes them, and comes before all others that have these labels.
    counted = tuple(replace(one, others=b"".join(sorted(lost.pop(one.labels, ())))) for one in kept)
    return counted, set[bytes]().union(*lost.values())


def _split(identities: bytes) -> Iterator[bytes]:
    return (identities[at : at + HASH_BYTES] for at in range(0, len(identities), HASH_BYTES))


def _split_fitting(
    objects: Sequence[DeletedObject],
) -> tuple[Sequence[DeletedObject], Sequence[DeletedObject]]:
    """Split objects into those that fit into an item and the rest."""
    size = 0
    for number, deleted in enumerate(objects[:MAX_OBJECTS]):
        texts = (deleted.key, *deleted.labels)
        size += sum(len(text.encode(errors="replace")) for text in texts) + OBJECT_BYTES
        if size > MAX_BYTES:
            return objects[:number], objects[number:]
    return objects[:MAX_OBJECTS], objects[MAX_OBJECTS:]


def is_whole(record: Record) -> bool:
    """Return whether a record says all of the delete of a single object, and is no part of another."""
    return record.event_name == "DeleteObject" and record.event_type not in _PARTS


def read_part(
    access: Access, *, with_events: bool = False, labels: tuple[str, ...] = ()
) -> BatchDelete | None:
    """Return the part of a delete request that a record is; None if it is not, or can be evaluated alone.

    `with_events` says that S3 events arrive too: then a single delete has two records as well, CloudTrail's,
    which is complete, and the event.
    """
    record = access.record
    if not record.request_id or len(record.request_id) > LONGEST_ID:
        return None
    if access.outcome != "success" or access.feed == "access-log":
        return None
    if record.event_name == "DeleteObjects":
        return None if access.key else BatchDelete(record.request_id, call=bytes(access.raw))
    if record.event_name != "DeleteObject" or not access.key:
        return None
    if access.feed == "cloudtrail" and record.event_type != "AwsServiceEvent":
        return BatchDelete(record.request_id, complete=True) if with_events else None
    deleted = DeletedObject(access.key, access.version, record.event_id or "", labels)
    return BatchDelete(record.request_id, object_record=bytes(access.raw), objects=(deleted,))


def extract_accesses(delete: BatchDelete, zone: tzinfo = UTC) -> list[Access]:
    """Return the accesses of a request: one for each object, or one without a key if no object is known.

    Objects whose labels no kept one has are also one without a key, with all labels they may have.
    """
    raw = delete.call or delete.object_record or b"{}"
    record = decode(raw)
    access = extract(record, raw, zone=zone)[0]
    if not delete.objects:
        access.others = -1 if delete.at_once else 0  # its objects count, whose records follow
        return [access]
    # CloudTrail's record of an object names no caller. If the call arrives later, that is a new access.
    unknown = ("caller unknown",) if delete.call is None and access.feed == "cloudtrail" else ()
    accesses = [_access_to(access, deleted, unknown) for deleted in delete.objects]
    if delete.unkept and delete.call:
        access.others = len(delete.unkept) // HASH_BYTES - 1
        accesses.append(access)
    return accesses


def _access_to(call: Access, deleted: DeletedObject, unknown: tuple[str, ...]) -> Access:
    """Return the access to one object; bytes of the call are not attributed to any object."""
    events = tuple(dict.fromkeys((*call.event_ids, deleted.event_id)))
    request = call.dedupe_key[0]
    return Access(
        call.record, call.raw, call.feed, call.zone, bucket=call.bucket, operation="delete", scope="object",
        key=deleted.key, version=deleted.version, event_ids=events, bytes_in=None, bytes_out=None,
        others=len(deleted.others) // HASH_BYTES,
        dedupe_key=(request, "delete", call.bucket, deleted.key, deleted.version, *unknown),
    )  # fmt: skip
