from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.alerts.alert import Correlated
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.correlation import Correlation
from s3watch.detection.exceptions import Exceptions, Silencing
from s3watch.detection.matcher import Hit, RuleFailure
from s3watch.ledger.correlator import MOST_SERIES, Correlator, claim_of_block, key_of
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.slots import MOST, Slots
from s3watch.ledger.store import Store
from s3watch.ruleset import Condition, Detection, RuleException

from tests.support.cloudtrail import make_record, make_role
from tests.support.ledger_table import TABLE
from tests.support.naive_correlations import Counted, find_blocks
from tests.support.sensitive import NOW, first_access
from tests.support.write_units import MeteredClient

RULES = ("one", "two", "three")
DETECTIONS = {rule: Detection(rule, rule, "low", Condition("and")) for rule in RULES}
KEEP = lambda hit, _silenced: hit  # noqa: E731  # no exception
ACTORS = ("role/A", "role/B")
START = int(NOW)
MIDDAY = 1795176000  # 2026-11-20T12:00:00Z, where a block of two hours begins
HOUR = 3600


def make_hit(counted: Counted) -> Hit:
    record = make_record(
        key=counted.key,
        requestID=counted.name,
        eventTime=datetime.fromtimestamp(counted.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        userIdentity=make_role(counted.actor.removeprefix("role/")),
        additional={"bytesTransferredOut": counted.size},
    )
    return Hit(first_access(record), (DETECTIONS[counted.rule],))


def correlate(
    correlation: Correlation, batches: Iterable[Sequence[Counted]], store: Store
) -> set[tuple[str, int]]:
    """The actors and blocks for which a correlation has fired in the end."""
    detection = Detection("many", "many", "high", Condition("or"), correlation=correlation)
    correlator, ledger = Correlator([detection]), Ledger(store)
    for batch in batches:
        results = correlator.feed([make_hit(each) for each in batch], ledger, KEEP, NOW + 1e6, [])
        assert [each for each in results if isinstance(each, RuleFailure)] == []
    return fired(detection, store)


def fired(detection: Detection, store: Store) -> set[tuple[str, int]]:
    assert isinstance(store, MemoryStore)
    assert detection.correlation
    timespan = detection.correlation.timespan
    blocks = range(START // timespan, (START + 5 * HOUR) // timespan + 1)
    names = {
        claim_of_block(key_of(detection.rule, (f'["{actor}"]',)), block): (actor, block)
        for actor, block in product(ACTORS, blocks)
    }
    return {names[name] for name in store.claims}


accesses = st.lists(
    st.builds(
        Counted,
        rule=st.sampled_from(RULES),
        name=st.integers(0, 30).map("request-{}".format),
        time=st.integers(START, START + 3 * HOUR),
        actor=st.sampled_from(ACTORS),
        key=st.integers(0, 5).map("payroll/{}.csv".format),
        size=st.integers(0, 3),
    ),
    max_size=40,
    unique_by=lambda each: each.name,  # one request is one access, of one rule here
)
correlations = st.builds(
    Correlation,
    type=st.sampled_from(["event_count", "value_count", "value_sum", "temporal", "temporal_ordered"]),
    rules=st.permutations(RULES).flatmap(
        lambda order: st.integers(2, 3).map(lambda size: tuple(order[:size]))
    ),
    timespan=st.sampled_from([600, HOUR, 2 * HOUR]),
    least=st.integers(1, 6),
    group_by=st.just(("s3.actor",)),
)


@given(correlations, accesses, st.randoms(use_true_random=False))
def test_whatever_the_batches_and_their_order_it_fires_as_it_is_defined(
    correlation: Correlation, counted: list[Counted], chance: random.Random
):
    of_field = {"value_count": "s3.key", "value_sum": "s3.bytes_out"}.get(correlation.type, "")
    correlation = with_field(correlation, of_field)
    arrived = [*counted, *chance.sample(counted, len(counted) // 3)]
    chance.shuffle(arrived)
    size = chance.randint(1, 10)
    batches = [arrived[at : at + size] for at in range(0, len(arrived), size)]

    assert correlate(correlation, batches, MemoryStore()) == find_blocks(correlation, counted)


def with_field(correlation: Correlation, field: str) -> Correlation:
    least = (
        min(correlation.least, len(correlation.rules))
        if "temporal" in correlation.type
        else correlation.least
    )
    return Correlation(
        correlation.type, correlation.rules, correlation.timespan, least, correlation.group_by, field
    )


def test_of_two_that_complete_a_window_at_once_one_fires():
    correlation = Correlation("event_count", ("one",), HOUR, 40, ("s3.actor",))
    store, counted = MemoryStore(), [make_counted(f"request-{number}") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: correlate(correlation, [[each]], store), counted))

    assert len(store.claims) == 1
    assert [group.rules for group in store.groups.values()] == [("many",)]


class Interrupted(MemoryStore):
    """A store of another writer, who does something just before the next write to slots."""

    def __init__(self) -> None:
        super().__init__()
        self.before_writes: list[Callable[[], object]] = []

    def add_to_slots(self, key: str, added: Slots, now: float) -> Slots:
        if self.before_writes:
            self.before_writes.pop(0)()
        return super().add_to_slots(key, added, now)


@pytest.mark.parametrize("later", [0, HOUR], ids=["in one block", "in the next block"])
def test_the_later_of_two_writers_who_complete_a_window_between_them_sees_it(later: int):
    correlation = Correlation("event_count", ("one",), 2 * HOUR, 2, ("s3.actor",))
    first, second = make_counted("a", time=MIDDAY - 60), make_counted("b", time=MIDDAY - 60 + later)
    store = Interrupted()
    store.before_writes = [lambda: correlate(correlation, [[second]], store)]
    correlate(correlation, [[first]], store)

    assert [group.rules for group in store.groups.values()] == [("many",)]


def test_a_writer_on_both_sides_of_a_border_sees_what_came_between_its_writes():
    correlation = Correlation("event_count", ("one",), 2 * HOUR, 4, ("s3.actor",))
    mine, theirs = (
        [make_counted(f"{name} {at}", time=MIDDAY + at) for at in (-60, 60)] for name in ("mine", "theirs")
    )
    store = Interrupted()
    store.before_writes = [lambda: None, lambda: correlate(correlation, [theirs], store)]
    correlate(correlation, [mine], store)

    assert [group.rules for group in store.groups.values()] == [("many",)]


def test_the_hit_is_of_an_access_that_was_counted():
    correlation = Correlation("event_count", ("one",), HOUR, 2, ("s3.actor",))
    store = MemoryStore()
    counted = [make_counted("a"), make_counted("b"), make_counted("alone", time=START + 8 * HOUR)]
    correlate(correlation, [counted], store)

    assert [group.evidence.time for group in store.groups.values()] == [START]


def test_an_excepted_access_that_comes_last_silences_nothing_for_the_others():
    correlation = Correlation("event_count", ("one",), HOUR, 3, ("s3.bucket",))
    detection = Detection("many", "many", "high", Condition("or"), correlation=correlation)
    counted = [*(make_counted(name) for name in "abc"), make_counted("last", actor="role/B", time=START + 9)]
    ledger, silenced = Ledger(MemoryStore()), list[Silencing]()
    agreed = Exceptions([RuleException("many", "me@example.com", "agreed", "2027-01-01", ("role/B",))])

    def keep(hit: Hit, silenced: list[Silencing]) -> Hit | None:
        return agreed.apply(hit, "2026-11-20", silenced)

    list(Correlator([detection]).feed(map(make_hit, counted), ledger, keep, NOW, silenced))

    assert [group.actor for group in ledger.store.groups.values()] == ["role/A"]
    assert silenced == []


def test_more_series_than_a_batch_has_time_for_are_counted_together():
    correlation = Correlation("event_count", ("one",), HOUR, 50, ("requestID",))
    store, counted = MemoryStore(), [make_counted(str(number)) for number in range(MOST_SERIES + 50)]
    detection = Detection("many", "many", "high", Condition("or"), correlation=correlation)
    list(Correlator([detection]).feed(map(make_hit, counted), Ledger(store), KEEP, NOW, []))

    assert len(store.claims) == 1


def test_a_series_that_fails_hides_no_other():
    correlation = Correlation("value_sum", ("one",), HOUR, 5, ("s3.actor",), "s3.bytes_out")
    detection = Detection("many", "many", "high", Condition("or"), correlation=correlation)
    broken, whole = make_hit(make_counted("broken", actor="role/B")), make_hit(make_counted("whole", size=9))
    vars(broken.access)["bytes_out"] = float("inf")  # which is no integer
    store = MemoryStore()
    results = Correlator([detection]).feed([broken, whole], Ledger(store), KEEP, NOW, [])
    failures = [each for each in results if isinstance(each, RuleFailure)]

    assert [failure.rule for failure in failures] == ["many"]
    assert [group.actor for group in store.groups.values()] == ["role/A"]


def test_a_flood_of_one_slot_costs_a_write_until_it_is_full(table: Any):
    client = MeteredClient(table)
    correlation = Correlation("event_count", ("one",), HOUR, 10, ("s3.actor",))
    detection = Detection("many", "many", "high", Condition("or"), correlation=correlation)
    correlator, ledger = Correlator([detection]), Ledger(DynamoDBStore(client, TABLE))
    for batch in range(20):
        hits = [make_hit(make_counted(f"request-{batch}-{number}")) for number in range(5)]
        list(correlator.feed(hits, ledger, KEEP, NOW, []))

    to_fill, to_fire = 2, 1
    assert client.writes == to_fill + to_fire


def test_a_correlation_of_correlations_counts_each_time_that_they_fire():
    inner = Correlation("event_count", ("one",), HOUR, 2, ("s3.actor",))
    outer = Correlation("temporal", ("many", "two"), 2 * HOUR, 2, ("s3.actor",))
    detections = [
        Detection("both", "both", "high", Condition("or"), correlation=outer),
        Detection("many", "many", "high", Condition("or"), correlation=inner),
    ]
    correlator, ledger = Correlator(detections), Ledger(MemoryStore())
    counted = [make_counted("a"), make_counted("b"), make_counted("c", rule="two", time=START + HOUR)]
    for each in counted:
        list(correlator.feed([make_hit(each)], ledger, KEEP, NOW + 1e6, []))

    assert [group.rules for group in ledger.store.groups.values()] == [("many", "both")]


def test_an_access_without_a_value_to_group_by_is_not_counted():
    correlation = Correlation("event_count", ("one",), HOUR, 1, ("s3.version",))

    assert correlate(correlation, [[make_counted("a")]], MemoryStore()) == set()


def test_a_sum_of_more_accesses_than_are_kept_goes_on():
    correlation = Correlation("value_sum", ("one",), HOUR, MOST + 50, ("s3.actor",), "s3.bytes_out")
    counted = [make_counted(f"request-{number}", size=1) for number in range(MOST + 50)]
    batches = [counted[at : at + 100] for at in range(0, len(counted), 100)]

    assert len(correlate(correlation, batches, MemoryStore())) == 1


def test_alerts_say_how_much_was_counted_within_which_time():
    correlation = Correlation("value_count", ("one",), HOUR, 2, ("s3.actor",), "s3.key")
    store = MemoryStore()
    correlate(correlation, [[make_counted("a", key="a"), make_counted("b", key="b")]], store)

    (group,) = store.groups.values()
    assert group.evidence.correlated == Correlated("many", "value_count", 2, HOUR, "s3.key")


def make_counted(name: str, **changes: Any) -> Counted:
    return Counted(
        **{"rule": "one", "name": name, "time": START, "actor": "role/A", "key": "a", "size": 0} | changes
    )
