"""The items of the ledger's DynamoDB table: partition key `pk`, a stream, and the sparse index `due`.

    group#ID                    version, body, due_shard, due_at, expires; if somebody judged it, verdict; if
                                somebody snoozed it, snooze; and where accesses are not claimed: counting,
                                additions, last, count:WAY:ACT, in:WAY, out:WAY
    message#TOPIC#GROUP#NUMBER  body, waits, leased_until, due_shard, due_at, expires; until its first lease
                                untried, which wakes notify; once it was sent, sent and expires alone
    claim#HASH                  group, statement (see ledger/claims.py), expires
    turns#PRINCIPAL#HOUR        turns, expires
    delete#REQUEST              version, body, due_shard, due_at, expires
    rate#TOPIC                  version, body
    review#BUCKET               version, body
    volume#HOUR                 calls#BUCKET, numbers (see own_parts/volume_store.py), expires
    slots#SERIES#BLOCK          seen:SLOT, a set of bytes, and more:SLOT (see ledger/slots.py), expires
    seen#NAME#BLOCK             windows, a set of numbers (see ledger/first_seen.py), expires; seen#begun, too
    silenced#ENTRY#DAY          accesses, alerts, examples, sets of bytes, and more (see
                                ledger/silence/day_counts.py), expires
    health                      problems and more (see own_parts/health_store.py)
    chat-key                    key (see own_parts/chat_key.py)

Counters are attributes of their own, outside the body, so that a busy group is counted by ADD, without a read
and without conflicts. So are the verdict and the snooze, so that whoever may decide need not be allowed to
write the body.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import msgspec
from msgspec.structs import replace

from s3watch.alerts.alert import Snooze, Verdict
from s3watch.aws.dynamodb_update import Item, Update, number
from s3watch.errors import BusyError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.claims import Claim
from s3watch.ledger.counters import Counters, Sums
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import Message, SentMessage
from s3watch.ledger.silence.day_counts import DayCount
from s3watch.ledger.slots import Slot, Slots
from s3watch.ledger.token_bucket import Bucket
from s3watch.posture.review_state import ReviewState
from s3watch.sources import tolerant_json

RETENTION = 15 * 86400.0  # seconds: queues keep a message for 14 days, and a copy must still find its claim
DAYS_KEPT = 40 * 86400.0  # seconds: reports tell of 30 days, and files may come late

type Stored = Group | BatchDelete | Bucket | ReviewState


def versioned_update(key: str, before: Stored | None, after: Stored) -> Update:
    """Start an update that fails if another writer changed the item since `before` was read."""
    if before:
        update = Update(key, "version = :before", before=number(before.version))
    else:
        update = Update(key, "attribute_not_exists(pk)")
    version = before.version + 1 if before else 1
    update.set(version=number(version), body={"B": encode(_body(after))})
    return update


def _body(value: Stored) -> Stored:
    """Return what is stored in `body`: all but what has attributes of its own."""
    if isinstance(value, Group):
        return replace(value, counters=Counters(), verdict=None, snooze=None, version=0)
    return replace(value, version=0)


def encode(body: Stored | Message | SentMessage | Verdict | Snooze) -> bytes:
    """Serialize a body; half a surrogate pair, which a policy may hold as an escape, becomes U+FFFD."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        return tolerant_json.encode(json.dumps(msgspec.to_builtins(body), ensure_ascii=False))


def read_stored[Kind: Stored](item: Item, kind: type[Kind]) -> Kind:
    """Return what an item holds, with its version. Raises BusyError, as `reading` does."""
    with reading(item):
        body = msgspec.json.decode(item["body"]["B"], type=kind)
        known = _attributes(item) if isinstance(body, Group) else {}
        return replace(body, version=int(item["version"]["N"]), **known)


def _attributes(item: Item) -> Item:
    """Return what a group has in attributes of its own; a verdict changes when it is due, not its body."""
    due = float(item["due_at"]["N"]) if "due_at" in item else None
    decided = {"verdict": _decided(item, "verdict", Verdict), "snooze": _decided(item, "snooze", Snooze)}
    return {"counters": read_counters(item), "due": due} | decided


def _decided[Kind: (Verdict, Snooze)](item: Item, name: str, kind: type[Kind]) -> Kind | None:
    """Return what somebody decided; what cannot be read silences nothing and holds up no hit."""
    try:
        return msgspec.json.decode(item[name]["B"], type=kind)
    except (LookupError, TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def read_message(item: Item) -> Message:
    """Return the message of an item. Raises BusyError, as `reading` does."""
    with reading(item):
        message = msgspec.json.decode(item["body"]["B"], type=Message)
        return replace(message, waits=item["waits"]["BOOL"])


@contextmanager
def reading(item: Item) -> Iterator[None]:
    """Raise BusyError about an item that cannot be read, such as one that another version of s3watch wrote.

    It concerns this item only, and what is to be written to it waits in its queue, until the version that
    can read it is deployed again.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise BusyError(f"DynamoDB: the item {item.get('pk')} cannot be read: {error}") from error


def _expires(now: float) -> Item:
    return number(int(now + RETENTION))


def schedule(update: Update, due: float | None, shard: str, now: float) -> None:
    """Set when an item is due, and in which shard of the index."""
    update.set(expires=_expires(max(now, due or 0)))  # a group may be due in weeks
    if due is None:
        update.remove("due_shard", "due_at")
    else:
        update.set(due_shard={"S": shard}, due_at=number(due))


def set_decisions(update: Update, before: Group | None, after: Group) -> None:
    """Replace the verdict and the snooze, if they changed; there is always another, never none again."""
    if after.verdict and (before is None or after.verdict != before.verdict):
        update.set(verdict={"B": encode(after.verdict)})
    if after.snooze and (before is None or after.snooze != before.snooze):
        update.set(snooze={"B": encode(after.snooze)})


def count_change(update: Update, before: Group | None, after: Group) -> None:
    """Add to the counters, and say whether `count` may; a closing message must say all that was counted."""
    if after.exact or after.closed:
        update.remove("counting")
    else:
        update.set(counting={"BOOL": True})
    counted = before.counters if before else Counters()
    if after.counters != counted:
        update.set(last=number(after.counters.last))
    for way, sums in after.counters.ways.items():
        added = sums.since(counted.ways.get(way, Sums()))
        if added.count:  # of one way, because a write is of one batch
            update.add(additions(way, added))
    if not after.closed:
        return
    if counted.additions:
        update.require("additions = :additions", additions=number(counted.additions))
    else:
        update.require("attribute_not_exists(additions)")


def additions(way: str, added: Sums) -> dict[str, int]:
    """Return what one addition of a way adds to the attributes of a group."""
    counts = {f"count:{way}:{act}": count for act, count in added.acts.items()}
    return {"additions": 1, f"in:{way}": added.bytes_in, f"out:{way}": added.bytes_out} | counts


def read_counters(item: Item) -> Counters:
    """Read the counters of a group's item."""
    acts: dict[str, dict[str, int]] = {}
    for name, value in item.items():
        kind, _, rest = name.partition(":")
        if kind == "count":
            way, _, act = rest.partition(":")
            acts.setdefault(way, {})[act] = int(value["N"])
    ways = {
        way: Sums(counts, int(item[f"in:{way}"]["N"]), int(item[f"out:{way}"]["N"]))
        for way, counts in acts.items()
    }
    if not ways:
        return Counters()
    return Counters(ways, float(item["last"]["N"]), int(item["additions"]["N"]))


def claim_item(claim: Claim, group: str, now: float) -> Item:
    """Return the item of a claim."""
    says = {"statement": {"S": claim.statement}} if claim.statement else {}
    return {"pk": {"S": f"claim#{claim.name}"}, "group": {"S": group}, "expires": _expires(now)} | says


def message_item(message: Message, now: float) -> Item:
    """Return the item of a new message."""
    untried = {} if message.waits else {"untried": {"S": "yes"}}
    return untried | {
        "pk": {"S": f"message#{message.id}"},
        "body": {"B": encode(message)},
        "waits": {"BOOL": message.waits},
        "leased_until": number(0),
        "due_shard": queue_shard(message),
        "due_at": number(message.due),
        "expires": _expires(now),
    }


def sent_item(sent: SentMessage) -> Item:
    """Return the item of a message that was sent: nobody leases it, and no index has it."""
    body, expires = {"B": encode(sent)}, _expires(sent.time)
    return {"pk": {"S": f"message#{sent.id}"}, "sent": body, "expires": expires}


def read_sent(item: Item) -> SentMessage | None:
    """Return what stays of a message; None if it was not sent yet. Raises BusyError, as `reading` does."""
    with reading(item):
        return msgspec.json.decode(item["sent"]["B"], type=SentMessage) if "sent" in item else None


def queue_shard(message: Message) -> Item:
    """Return the shard of the index that holds a message: the queue of its topic."""
    return {"S": f"{message.topic}#{message.queue}"}


def slots_update(key: str, added: Slots, now: float) -> Update:
    """Return the update that adds to the slots of a block; made twice, only what is `more` counts twice."""
    update = Update(f"slots#{key}", "")
    update.set(expires=_expires(now))
    sets = {f"seen:{number}": sorted(slot.elements) for number, slot in added.items() if slot.elements}
    update.unite({name: {"BS": elements} for name, elements in sets.items()})
    update.add({f"more:{number}": slot.more for number, slot in added.items() if slot.more})
    return update


def read_slots(item: Item) -> Slots:
    """Return the slots of an item."""
    slots: dict[int, Slot] = {}
    for name, value in item.items():
        kind, _, number = name.partition(":")
        if kind in ("seen", "more"):
            added = Slot(frozenset(value["BS"])) if kind == "seen" else Slot(more=int(value["N"]))
            slots[int(number)] = slots.get(int(number), Slot()).plus(added)
    return slots


def seen_update(key: str, windows: Iterable[int], expires: float | None) -> Update:
    """Return the update that adds to the windows remembered under a key."""
    update = Update(f"seen#{key}", "")
    if expires is not None:
        update.set(expires=number(int(expires)))
    update.unite({"windows": {"NS": [str(window) for window in sorted(windows)]}})
    return update


def read_seen(item: Item) -> frozenset[int]:
    """Return the windows of an item."""
    return frozenset(map(int, item["windows"]["NS"])) if "windows" in item else frozenset()


def day_update(key: str, added: DayCount, now: float) -> Update:
    """Return the update that adds to what an entry silenced on a day; made twice, `more` counts twice."""
    update = Update(f"silenced#{key}", "")
    update.set(expires=number(int(now + DAYS_KEPT)))
    sets = {"accesses": added.accesses, "alerts": added.alerts, "examples": added.examples}
    update.unite({name: {"BS": sorted(elements)} for name, elements in sets.items() if elements})
    update.add({"more": added.more} if added.more else {})
    return update


def read_day(item: Item) -> DayCount:
    """Return what an entry silenced on a day, of its item."""
    sets = (frozenset(item.get(name, {}).get("BS", ())) for name in ("accesses", "alerts", "examples"))
    accesses, alerts, examples = sets
    return DayCount(accesses, int(item.get("more", {}).get("N", 0)), alerts, examples)


def turn_update(name: str, now: float) -> Update:
    """Return the update that counts a turn."""
    update = Update(f"turns#{name}", "")
    update.set(expires=_expires(now))
    update.add({"turns": 1})
    return update
