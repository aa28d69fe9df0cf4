"""How often entries silenced, by day: exact up to a bound, however often and in whatever order hits come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.detection.exceptions import Exceptions, Silencing
from s3watch.detection.matcher import Hit
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.silence.day_counts import (
    EXACT,
    EXAMPLES,
    MOST_TEXT,
    DayCount,
    Example,
    count_silenced,
    day_key,
    days_until,
    entry_key,
)
from s3watch.ledger.store import Store
from s3watch.ruleset import RuleException, Staged

from tests.support.cloudtrail import make_record, make_role
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, UNEXPECTED, first_access, make_hits, make_reads
from tests.support.write_units import MeteredClient

DAY = "2026-11-20"
TRIAL = Staged(UNEXPECTED.rule, "2026-11-01", "hr@example.com")
AGREED = RuleException(
    UNEXPECTED.rule, "hr@example.com", "migration", "2026-12-31", actors=("role/Migration",)
)
NEXT_DAY = {"eventTime": "2026-11-21T08:14:03Z"}


def silence(*records: dict[str, Any]) -> list[Silencing]:
    """What the exception and the trial silence of these records."""
    exceptions, silenced = Exceptions([AGREED], [TRIAL]), list[Silencing]()
    for hit in make_hits(*records):
        exceptions.apply(hit, DAY, silenced)
    return silenced


def count(store: Store, *records: dict[str, Any]) -> None:
    count_silenced(store, silence(*records), NOW)


def on(store: Store, entry: RuleException | Staged, day: str = DAY) -> DayCount:
    return store.day_count(day_key(entry, day))


def test_what_is_silenced_is_counted_for_what_silences_it_and_for_its_day(store: Store):
    migration = make_reads(1, 7, userIdentity=make_role("Migration"))
    count(store, *make_reads(3), *make_reads(1, 3, **NEXT_DAY), *migration)

    assert [on(store, entry, day).number for entry in (TRIAL, AGREED) for day in (DAY, "2026-11-21")] == [
        3, 1, 1, 0,
    ]  # fmt: skip


def test_an_example_says_who_did_what_and_which_message_was_not_sent(store: Store):
    count(store, make_record())
    (example,) = on(store, TRIAL).read_examples()

    assert example == Example(
        NOW, "role/Analyst", "GetObject", "s3://hr-data/payroll/2026/q3.csv",
        "[HIGH] payroll: role/Analyst read payroll/2026/q3.csv (unexpected)",
    )  # fmt: skip


def test_there_are_examples_of_some_callers_and_no_more(store: Store):
    records = make_reads(2 * EXAMPLES + 2)
    for number, record in enumerate(records):
        record["userIdentity"] = make_role(f"Role{number // 2}")
    count(store, *records[:3])
    count(store, *records[3:])

    assert {one.who for one in on(store, TRIAL).read_examples()} == {"role/Role0", "role/Role1", "role/Role2"}


def test_what_callers_choose_is_kept_bounded(store: Store):
    record = make_record(key="payroll/\ud800" + 900 * "a", userIdentity=make_role("x" * 500))
    silenced = Silencing(TRIAL, "", Hit(first_access(record), (UNEXPECTED,)))
    count_silenced(store, [silenced], NOW)
    (example,) = on(store, TRIAL).read_examples()

    assert max(map(len, (example.who, example.what, example.object, example.subject))) <= MOST_TEXT


def test_a_batch_that_comes_again_counts_once(store: Store):
    for _ in range(3):
        count(store, *make_reads(5), *make_reads(2))

    assert (on(store, TRIAL).number, on(store, TRIAL).more) == (5, 0)


def test_accesses_that_one_alert_would_have_had_are_one_alert(store: Store):
    count(store, *make_reads(3), make_record(userIdentity=make_role("Other"), requestID="OTHER"))

    assert len(on(store, TRIAL).alerts) == 2


def test_beyond_what_is_known_one_by_one_accesses_are_counted_on(store: Store):
    for start in range(0, EXACT + 60, 40):
        count(store, *make_reads(40, start))

    found = on(store, TRIAL)
    assert (found.number, len(found.accesses), found.more) == (EXACT + 60, EXACT, 60)


@given(
    st.lists(st.lists(st.integers(0, EXACT - 1), min_size=1, max_size=20), max_size=8),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_repetition_changes_what_is_counted(batches: list[list[int]], chance: Any):
    store = MemoryStore()
    records = make_reads(EXACT)
    arrived = [*batches, *batches[: len(batches) // 2]]
    chance.shuffle(arrived)
    for batch in arrived:
        count(store, *(records[number] for number in batch))

    assert on(store, TRIAL).number == len({number for batch in batches for number in batch})


def test_a_batch_writes_once_for_each_entry_and_day_and_not_at_all_for_what_is_known():
    written = []

    class Watched(MemoryStore):
        def add_to_day(self, key: str, added: DayCount, now: float) -> None:
            written.append(key)
            super().add_to_day(key, added, now)

    store = Watched()
    for _ in range(2):
        count(store, *make_reads(30), *make_reads(30, 30, **NEXT_DAY))

    assert written == [day_key(TRIAL, DAY), day_key(TRIAL, "2026-11-21")]


@pytest.mark.parametrize(
    ("length", "most"), [(8, 2), (900, 4)], ids=["as names are", "as long as a caller can choose"]
)
def test_a_write_costs_few_units_however_much_came_that_day(table: Any, length: int, most: int):
    client = MeteredClient(table)
    store = DynamoDBStore(client, TABLE)
    for number in range(EXACT):
        key, role = f"payroll/{number}{'x' * length}", f"Role{number % 5}{'y' * (length % 64)}"
        reads = make_reads(1, number, userIdentity=make_role(role))
        count(store, make_record(key=key, requestID=f"R{number}", userIdentity=make_role(role)), *reads)
    before = client.units
    count(store, *make_reads(50, 2 * EXACT))

    assert client.units - before <= most


def test_writers_that_meet_lose_nothing_of_each_other(store: Store):
    batches = [make_reads(4, start) for start in range(0, 40, 2)]  # each overlaps with the next

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: count(store, *batch), batches))

    assert on(store, TRIAL).number == 42


def test_an_example_that_another_version_wrote_hides_no_other(store: Store):
    count(store, make_record())
    store.add_to_day(day_key(TRIAL, DAY), DayCount(examples=frozenset({b"[1]", b"\xff"})), NOW)

    assert [one.who for one in on(store, TRIAL).read_examples()] == ["role/Analyst"]


@pytest.mark.parametrize(
    ("changes", "is_same"),
    [
        ({"until": "2027-06-30"}, True),
        ({"owner": "it@example.com"}, True),
        ({"rule": "denied-access"}, False),
        ({"actors": ("role/Other",)}, False),
        ({"actors": (), "objects": ("role/Migration",)}, False),
    ],
    ids=["prolonged", "another owner", "another rule", "another actor", "an object of that name"],
)
def test_an_exception_is_counted_on_as_long_as_it_covers_the_same(changes: dict[str, Any], is_same: bool):
    assert (entry_key(replace(AGREED, **changes)) == entry_key(AGREED)) is is_same


def test_a_trial_is_no_exception_for_everybody():
    everybody = replace(AGREED, actors=())

    assert entry_key(everybody) != entry_key(TRIAL) == entry_key(replace(TRIAL, since="2026-11-10"))


def test_days_end_with_today():
    assert days_until(date(2026, 12, 1), 3) == ["2026-11-29", "2026-11-30", "2026-12-01"]
