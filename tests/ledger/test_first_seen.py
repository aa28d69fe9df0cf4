from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.detection.matcher import Hit, RuleFailure
from s3watch.earlier import LEARNING, SPAN, UNKNOWN, Earlier, window_of
from s3watch.ledger import first_seen
from s3watch.ledger.first_seen import BEGUN, MOST_TRAITS, MOST_WINDOWS, NOT_YET, Asked, FirstSeen, Trait, ask
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.store import Store
from s3watch.ruleset import Condition, Detection
from s3watch.times import WINDOW

from tests.support.cloudtrail import make_record, make_role
from tests.support.ledger_table import TABLE
from tests.support.naive_first_seen import Came, judge
from tests.support.sensitive import NOW, first_access

TODAY = window_of(NOW)
READ = Detection("read", "read", "low", Condition("and"))
FIRST = Detection(
    "first",
    "first",
    "low",
    Condition("and"),
    whole=Condition("bool", field="s3.first_seen", values=("true",)),
)
NEW = Detection(
    "new", "new", "low", Condition("and"),
    whole=Condition("not", of=(Condition("bool", field="s3.new_client", values=("false",)),)),
)  # fmt: skip
BROKEN = Detection(
    "broken", "broken", "low", Condition("and"), whole=Condition("gte", field="s3.hour", number=1)
)


def make_asked(came: Came) -> Asked:
    traits: tuple[Trait, ...] = (
        (came.actor, "label", came.label),
        (came.actor, "network", came.network),
        (came.actor, "client", came.client),
    )
    return Asked(first_access(make_record()), came.window, traits)


def answers(store: Store, batches: Sequence[Sequence[Came]]) -> list[Earlier]:
    memory = FirstSeen([], store)
    asked = [[make_asked(each) for each in batch] for batch in batches]
    for batch in asked:
        memory.judge(batch)
    return [each.access.earlier for batch in asked for each in batch]


windows = st.sampled_from([0, 1, 2, 3, LEARNING - 1, LEARNING, LEARNING + 1, SPAN - 1, SPAN, SPAN + 1, 800])
comings = st.builds(
    Came,
    window=windows.map(TODAY.__add__),
    actor=st.sampled_from(["alice", "bob"]),
    label=st.sampled_from(["payroll", "ledgers"]),
    network=st.sampled_from(["NL", "vpce-0a1b2c3d"]),
    client=st.sampled_from(["aws-cli", "rclone"]),
)


@given(st.lists(comings, min_size=1, max_size=30), st.randoms(use_true_random=False), st.booleans())
def test_whatever_the_batches_and_their_order_it_answers_as_it_is_defined(
    came: list[Came], chance: random.Random, several: bool
):
    arriving = [*came, *chance.sample(came, len(came) // 3)]
    chance.shuffle(arriving)
    size = chance.randint(1, 8)
    batches = [arriving[at : at + size] for at in range(0, len(arriving), size)]
    store = MemoryStore()
    memories = [FirstSeen([], store) for _ in range(1 + several)]

    arrived: list[Came] = []
    for number, batch in enumerate(batches):
        arrived += batch
        asked = [make_asked(each) for each in batch]
        memory = memories[number % len(memories)]
        if several:  # a process keeps what it has read: another one may know better
            memory._latest.clear()
            memory._answers.clear()
            memory._begun = NOT_YET
        memory.judge(asked)
        assert [each.access.earlier for each in asked] == [judge(each, arrived) for each in batch]


def test_both_stores_remember_the_same(store: Store):
    came = Came(TODAY, "alice", "payroll", "NL", "aws-cli")
    later = Came(TODAY + LEARNING, "alice", "payroll", "US", "aws-cli")

    assert answers(store, [[came], [later], [later]]) == [
        UNKNOWN,
        Earlier(first_seen=False, last_seen_days=14, new_network=True, new_client=False),
        Earlier(first_seen=False, last_seen_days=14, new_network=True, new_client=False),
    ]


def test_what_was_ninety_days_ago_is_remembered_and_then_forgotten(store: Store):
    came = Came(TODAY, "alice", "payroll", "NL", "aws-cli")
    answered = answers(store, [[came], [came._replace(window=TODAY + SPAN)]])
    assert answered[1] == Earlier(False, 90, False, False)

    memory = answers(MemoryStore(), [[came], [came._replace(window=TODAY + SPAN + 1)]])
    assert memory[1] == Earlier(True, None, True, True)


def test_a_process_that_knows_an_access_neither_reads_nor_writes(table: Any):
    calls: list[str] = []
    table.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    memory = FirstSeen([], DynamoDBStore(table, TABLE))
    asked = [make_asked(Came(TODAY, "alice", "payroll", "NL", "aws-cli"))]
    memory.judge(asked)
    memory.judge(asked)

    assert calls == ["BatchGetItem", "UpdateItem"] + ["BatchGetItem"] + 3 * ["UpdateItem"]


def test_a_process_that_goes_back_and_forth_between_two_windows_reads_each_once(table: Any):
    calls: list[str] = []
    memory = FirstSeen([], DynamoDBStore(table, TABLE))
    windows = [[make_asked(Came(TODAY - back, "alice", "payroll", "NL", "aws-cli"))] for back in (1, 0)]
    for asked in windows:
        memory.judge(asked)
    table.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    for asked in (*windows, *windows):
        memory.judge(asked)

    assert calls == []


def test_of_a_trait_a_process_keeps_the_latest_windows_only():
    memory = FirstSeen([], MemoryStore())
    for day in range(2 * MOST_WINDOWS):
        memory.judge([make_asked(Came(TODAY + day, "alice", "payroll", "NL", "aws-cli"))])

    kept = [TODAY + day for day in range(MOST_WINDOWS - 1, 2 * MOST_WINDOWS)]
    assert [sorted(each) for each in memory._latest.values()] == 3 * [kept]


def test_what_a_process_has_too_much_of_is_read_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(first_seen, "REMEMBERED", 3)
    days = [Came(TODAY + day, "alice", "payroll", "NL", f"client-{day % 3}") for day in range(LEARNING + 9)]

    assert answers(MemoryStore(), [days[at : at + 2] for at in range(len(days))])[-1] == Earlier(
        False, 0, False, False
    )


def test_beyond_a_number_of_traits_in_a_batch_nothing_is_said_about_them():
    came = [Came(TODAY, "alice", "payroll", "NL", f"client-{number}") for number in range(MOST_TRAITS)]
    store = MemoryStore()
    answers(store, [came])

    assert len(store._seen) == 1 + MOST_TRAITS
    last = answers(store, [[came[-1]._replace(window=TODAY + SPAN)]])
    assert last[0] == Earlier(False, 90, False, True)


@pytest.mark.parametrize(
    ("earlier", "rules"),
    [
        (UNKNOWN, ["read", "new"]),
        (Earlier(first_seen=True), ["read", "first", "new"]),
        (Earlier(first_seen=False, new_client=False), ["read"]),
    ],
    ids=["unknown", "first", "seen before"],
)
def test_detections_that_ask_are_tested_once_accesses_are_judged(earlier: Earlier, rules: list[str]):
    access = first_access(make_record())
    access.earlier = earlier
    memory = FirstSeen([READ, FIRST, NEW], MemoryStore())

    (hit,) = memory.test([Hit(access, (READ, FIRST, NEW))])

    assert isinstance(hit, Hit)
    assert [each.rule for each in hit.detections] == rules


def test_a_hit_that_is_left_no_detection_is_none():
    memory = FirstSeen([FIRST], MemoryStore())

    assert list(memory.test([Hit(first_access(make_record()), (FIRST,))])) == []


def test_a_detection_that_fails_is_reported_and_hides_no_other():
    access = first_access(make_record())
    access.earlier = Earlier(first_seen=True)
    access.zone = 7  # in which no hour can be told

    failure, hit = FirstSeen([BROKEN, FIRST], MemoryStore()).test([Hit(access, (BROKEN, FIRST))])

    assert isinstance(failure, RuleFailure)
    assert (failure.rule, hit) == ("broken", Hit(access, (FIRST,)))


ENDPOINT = {"vpcEndpointId": "vpce-0a1b2c3d", "sourceIPAddress": "10.1.2.3"}
TO_BUCKET, BY_CLI = ("label", "bucket hr-data"), ("client", "aws-cli")


@pytest.mark.parametrize(
    ("changes", "traits"),
    [
        ({}, [TO_BUCKET, ("network", "US"), BY_CLI]),
        (ENDPOINT, [TO_BUCKET, ("network", "vpce-0a1b2c3d"), BY_CLI]),
        ({"userAgent": "what"}, [TO_BUCKET, ("network", "US")]),
        ({"userIdentity": {"type": "Unknown"}}, []),
    ],
    ids=["an address", "an endpoint", "an unknown client", "an unknown caller"],
)
def test_an_access_is_compared_by_what_is_known_of_it(changes, traits):
    record = make_record(**{"sourceIPAddress": "8.8.8.8", "userAgent": "[aws-cli/2.31.4]"} | changes)
    (asked,) = ask([Hit(first_access(record), (READ,))], NOW)

    assert [each[1:] for each in asked.traits] == traits


def test_who_only_claims_a_name_is_known_by_whoever_vouches_for_it():
    record = make_record(userIdentity=make_role("Analyst"))
    (asked,) = ask([Hit(first_access(record), (READ,))], NOW)

    assert {each[0] for each in asked.traits} == {"111122223333/role/Analyst"}


def test_the_beginning_is_the_earliest_access_ever_recorded(store: Store):
    came = Came(TODAY, "alice", "payroll", "NL", "aws-cli")
    answers(store, [[came], [came._replace(window=TODAY - 3)], [came]])

    assert min(store.seen([BEGUN])[BEGUN]) == TODAY - 3


def test_what_is_filled_in_later_counts_at_once_also_where_others_were_read_before(store: Store):
    regular = Came(TODAY, "alice", "payroll", "NL", "aws-cli")
    memory = FirstSeen([], store)
    memory.judge([make_asked(regular)])
    answers(store, [[regular._replace(window=TODAY - SPAN // 2)]])

    asked = [make_asked(regular), make_asked(regular._replace(actor="bob"))]
    memory.judge(asked)

    assert [each.access.earlier.first_seen for each in asked] == [False, True]


def test_windows_are_those_of_groups():
    assert datetime.fromtimestamp(window_of(NOW) * WINDOW, UTC).hour % 6 == 0
