from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace
from s3watch.aws.dynamodb_items import (
    DAYS_KEPT,
    RETENTION,
    additions,
    claim_item,
    day_update,
    encode,
    message_item,
    read_counters,
    read_day,
    read_message,
    read_sent,
    read_stored,
    schedule,
    sent_item,
    turn_update,
    versioned_update,
)
from s3watch.aws.dynamodb_update import Item, Update, number
from s3watch.errors import BusyError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.claims import Claim
from s3watch.ledger.counters import Counters, Sums
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import Message, sent_messages
from s3watch.ledger.silence.day_counts import DayCount
from s3watch.ledger.token_bucket import Bucket
from s3watch.posture.review_state import ReviewState
from s3watch.times import WEEKS

from tests.support.broken_records import ten_damaged
from tests.support.hits import make_group, make_tally, open_first
from tests.support.mutations import mutated, ten_mutated
from tests.support.sensitive import NOW

EXPIRES = {"N": str(int(NOW + RETENTION))}
ACTS = st.dictionaries(st.sampled_from(["read", "delete", "copy-out"]), st.integers(1, 999), min_size=1)
SUMS = st.builds(Sums, ACTS, st.integers(0, 10**12), st.integers(0, 10**12))


def stored(message: Message) -> Item:
    """Return the item of a message without its body, which holds the message itself."""
    item = message_item(message, NOW)
    assert msgspec.json.decode(item.pop("body")["B"], type=Message) == message
    return item


def first_message() -> Message:
    """Return a message that leaves at once."""
    return open_first(make_tally())[1][0]


KINDS: dict[str, tuple[type[Struct], Struct]] = {
    "group": (Group, make_group()),
    "batch delete": (BatchDelete, BatchDelete("REQUEST1")),
    "token bucket": (Bucket, Bucket()),
    "review": (ReviewState, ReviewState("hr-data")),
}


@pytest.mark.inputs(10)
@pytest.mark.parametrize(("kind", "value"), KINDS.values(), ids=KINDS)
@given(st.data())
def test_an_item_is_read_or_only_that_item_is_busy(kind: type[Struct], value: Struct, data: st.DataObject):
    documents, contents = [msgspec.to_builtins(value)], [msgspec.json.encode(value)]
    for body in data.draw(ten_mutated(documents) | ten_damaged(contents)):
        try:
            assert isinstance(read_stored({"version": {"N": "1"}, "body": {"B": body}}, kind), kind)
        except BusyError as error:
            assert "cannot be read" in str(error)  # noqa: PT017  # one of two fair answers


@given(mutated([msgspec.to_builtins(first_message())]))
def test_a_message_is_read_or_only_that_message_is_busy(body: bytes):
    try:
        assert read_message({"waits": {"BOOL": True}, "body": {"B": body}}).waits
    except BusyError as error:
        assert "cannot be read" in str(error)  # noqa: PT017  # as above


def test_half_a_surrogate_pair_is_written_as_a_replacement_character():
    group = make_group()
    written = replace(group, evidence=replace(group.evidence, grants_accounts=("a\ud800",)))

    item = {"version": {"N": "0"}, "body": {"B": encode(written)}, "due_at": {"N": str(group.due)}}
    read = read_stored(item, Group)
    assert read == replace(written, evidence=replace(written.evidence, grants_accounts=("a\ufffd",)))


@pytest.mark.parametrize(
    "verdict",
    [{"B": b"{"}, {"B": b'{"judgement": "harmless", "by": "arn", "time": 1}'}, {"S": "expected"}, {}],
    ids=["not JSON", "a word of another version", "text", "empty"],
)
def test_a_verdict_that_cannot_be_read_neither_silences_a_group_nor_holds_it_up(verdict: Item):
    item = {"version": {"N": "1"}, "body": {"B": encode(make_group())}, "verdict": verdict}

    assert read_stored(item, Group).verdict is None


@pytest.mark.parametrize("snooze", [{"B": b"{"}, {"B": b'{"until": "soon"}'}, {"S": "x"}, {}], ids=str)
def test_a_snooze_that_cannot_be_read_holds_nothing(snooze: Item):
    item = {"version": {"N": "1"}, "body": {"B": encode(make_group())}, "snooze": snooze}

    assert read_stored(item, Group).snooze is None


def test_a_group_that_was_written_before_there_were_verdicts_and_snoozes_is_read():
    known = msgspec.to_builtins(make_group())
    del known["verdict"], known["snooze"]
    item = {"version": {"N": "1"}, "body": {"B": msgspec.json.encode(known)}}

    assert read_stored(item, Group) == replace(make_group(), version=1, due=None)


@pytest.mark.parametrize(
    "item",
    [{}, {"body": {}}, {"body": {"B": b"{}"}}, {"body": {"S": "{}"}, "version": {"N": "1"}}],
    ids=["empty", "no bytes", "no version", "text"],
)
def test_an_item_of_another_shape_is_busy(item: Item):
    with pytest.raises(BusyError):
        read_stored(item, Bucket)


def test_a_new_message_is_due_in_the_queue_of_its_topic_and_wakes_notify():
    message = first_message()

    assert stored(message) == {
        "pk": {"S": f"message#{message.topic}#G1#1"},
        "untried": {"S": "yes"},
        "waits": {"BOOL": False},
        "leased_until": {"N": "0"},
        "due_shard": {"S": f"{message.topic}#{message.queue}"},
        "due_at": number(message.due),
        "expires": EXPIRES,
    }


def test_a_message_that_waits_for_the_digest_does_not_wake_notify():
    assert "untried" not in stored(replace(first_message(), waits=True))


def test_what_stays_of_a_message_is_in_no_index_wakes_nobody_and_expires():
    (sent,) = sent_messages([first_message()], NOW)
    item = sent_item(sent)

    assert item | {"sent": {}} == {"pk": {"S": f"message#{sent.topic}#G1#1"}, "sent": {}, "expires": EXPIRES}
    assert (read_sent(item), len(item["sent"]["B"]) < 200) == (sent, True)


def test_a_message_that_waits_was_not_sent():
    assert read_sent(stored(first_message())) is None


def test_a_claim_names_its_group_and_expires_after_every_copy():
    assert claim_item(Claim("abc", "what it says"), "G1", NOW) == {
        "pk": {"S": "claim#abc"},
        "group": {"S": "G1"},
        "statement": {"S": "what it says"},
        "expires": EXPIRES,
    }


def test_a_turn_is_counted_by_an_addition_without_a_condition():
    request = turn_update("alice#494", NOW).request("ledger")

    assert request["UpdateExpression"].endswith("ADD #n1 :v1")
    assert "ConditionExpression" not in request


@pytest.mark.parametrize(
    ("before", "condition"),
    [(None, "attribute_not_exists(pk)"), (make_group(), "version = :before")],
    ids=["new", "known"],
)
def test_an_item_is_replaced_only_as_it_was_read(before: Group | None, condition: str):
    request = versioned_update("group#G1", before, make_group()).request("ledger")

    assert request["ConditionExpression"] == condition


def test_what_is_not_due_leaves_the_index():
    update = Update("group#G1", "")
    schedule(update, None, "groups", NOW)
    request = update.request("ledger")

    assert sorted(request["ExpressionAttributeNames"].values()) == ["due_at", "due_shard", "expires"]
    assert " REMOVE " in request["UpdateExpression"]


@pytest.mark.parametrize(
    ("due", "kept_from"),
    [(NOW + WEEKS, NOW + WEEKS), (NOW - 60, NOW), (None, NOW)],
    ids=["due in weeks", "overdue", "not due"],
)
def test_an_item_is_kept_for_the_retention_after_it_was_written_and_is_due(
    due: float | None, kept_from: float
):
    update = Update("group#G1", "")
    schedule(update, due, "groups", NOW)

    assert (
        number(int(kept_from + RETENTION)) in update.request("ledger")["ExpressionAttributeValues"].values()
    )


@given(st.dictionaries(st.sampled_from(["events", "log_files", "access_logs"]), SUMS, min_size=1))
def test_counters_are_read_as_they_were_added(ways: dict[str, Sums]):
    item: Item = {"last": {"N": "7"}}
    for way, sums in ways.items():
        for name, added in additions(way, sums).items():
            before = int(item[name]["N"]) if name in item else 0
            item[name] = {"N": str(before + added)}

    assert read_counters(item) == Counters(ways, 7.0, len(ways))


def test_an_item_without_counters_has_none():
    assert read_counters({"pk": {"S": "group#G1"}}) == Counters()


def test_what_was_silenced_on_a_day_is_kept_longer_than_reports_tell_of():
    added = DayCount(frozenset({b"b", b"a"}), 3, frozenset({b"c"}))
    request = day_update("ENTRY#2026-11-20", added, NOW).request("ledger")

    assert request["Key"] == {"pk": {"S": "silenced#ENTRY#2026-11-20"}}
    assert {"N": str(int(NOW + DAYS_KEPT))} in request["ExpressionAttributeValues"].values()
    assert {"BS": [b"a", b"b"]} in request["ExpressionAttributeValues"].values()


def test_a_day_on_which_nothing_was_silenced_is_empty():
    assert read_day({}) == DayCount()
