from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.ledger import groups
from s3watch.ledger.counters import SAMPLES, Sums
from s3watch.ledger.groups import Group, fold, group_id
from s3watch.ledger.messages import roll_up
from s3watch.times import WEEKS, window_start

from tests.support.hits import EVIDENCE, add, make_group, make_tally
from tests.support.sensitive import NOW


def blind(group: Group) -> Group:
    return replace(group, exact=False)


def test_a_group_without_news_is_due_at_its_end():
    group = make_group()

    assert group.due == groups.closes_at(group)


def test_later_hits_wait_for_the_roll_up_after_15_minutes():
    group = fold(make_group(), make_tally(5), NOW + 10)

    assert (group.due, group.count) == (NOW + 900, 6)


def test_hits_that_keep_arriving_do_not_postpone_the_roll_up():
    group = fold(fold(make_group(), make_tally(), NOW + 10), make_tally(), NOW + 901)

    assert group.due == NOW + 900


@pytest.mark.parametrize(
    ("after", "due"),
    [(10, 900), (899, 900), (900, 3600), (3599, 3600), (3600, 7200), (7300, 10_800)],
    ids=["at once", "just before the first", "at the first", "before the second", "at the second", "hourly"],
)
def test_roll_ups_come_after_15_minutes_an_hour_and_then_hourly(after: float, due: float):
    group = replace(make_group(), due=None)

    assert fold(group, make_tally(), NOW + after).due == NOW + due


def told(group: Group, count: int) -> Group:
    """What strangers reach, with so many accesses reported."""
    group = replace(group, window=WEEKS, window_end=NOW + WEEKS, due=None)
    return replace(group, told=replace(group.told, sums=Sums({"read": count})))


@pytest.mark.parametrize(
    ("hours", "due"),
    [(0.1, 0.25), (0.25, 1), (1, 2), (3, 4), (4, 8), (30, 32), (300, 512)],
    ids=["at once", "at the first", "an hour", "before the third", "at the third", "a day", "weeks"],
)
def test_roll_ups_about_what_strangers_reach_come_ever_less_often(hours: float, due: float):
    group = fold(told(make_group(90), 90), make_tally(), NOW + hours * 3600)

    assert group.due == NOW + due * 3600


@pytest.mark.parametrize("claimed", [True, False], ids=["claimed", "counted"])
def test_twice_as_many_accesses_as_were_told_are_told_within_the_hour(claimed: bool):
    group = replace(told(make_group(90), 90), exact=claimed)
    way = "" if claimed else "events"
    few = fold(group, make_tally(89), NOW + 300 * 3600, way=way)

    assert few.due == NOW + 512 * 3600
    assert fold(few, make_tally(1), NOW + 300 * 3600, way=way).due == NOW + 301 * 3600


def test_a_hundred_addresses_are_counted_and_ten_are_named():
    group = make_group(ips=("203.0.113.7",))
    for last in range(120):
        group = fold(group, make_tally(ips=(f"198.51.100.{last % 60}", "203.0.113.7")), NOW)

    assert (len(group.ips), group.distinct_ips, group.ips_exact) == (SAMPLES, 61, True)


def test_more_addresses_than_a_hundred_are_more_than_a_hundred():
    group = make_group(ips=tuple(f"198.51.100.{last}" for last in range(101)))

    assert (group.distinct_ips, group.ips_exact) == (100, False)


def test_a_lower_severity_changes_neither_level_nor_evidence():
    other = replace(EVIDENCE, event_id="e2")
    group = fold(make_group(), make_tally(level="low", evidence=other), NOW)

    assert (group.level, group.evidence) == ("high", EVIDENCE)


def test_of_equally_severe_hits_the_gravest_act_is_the_evidence_and_leads_the_rules():
    group = fold(make_group(), make_tally(act="delete", rules=("unexpected-delete",)), NOW)

    assert (group.evidence.act, group.rules) == ("delete", ("unexpected-delete", "unexpected-read"))


def test_of_equal_acts_the_latest_is_the_evidence():
    later = replace(EVIDENCE, event_id="e2", time=NOW)

    assert fold(make_group(), make_tally(evidence=later), NOW).evidence == later


def test_past_the_claims_an_equal_act_costs_no_write_of_the_whole_group():
    group = blind(make_group())
    again = fold(group, make_tally(9, evidence=replace(EVIDENCE, time=NOW)), group.due - 1, way="events")
    due = replace(again, due=group.due)

    assert due.differs_only_in_counters(group)


def test_claimed_accesses_add_up_whatever_way_they_came():
    group = fold(make_group(100), make_tally(90), NOW)

    assert group.count == 190


def test_past_the_claims_only_the_greatest_way_is_added():
    group = fold(blind(make_group(256)), make_tally(40), NOW, way="events")
    group = fold(group, make_tally(50), NOW, way="log_files")

    assert (group.count, group.claimed.count) == (306, 256)


def test_accesses_are_counted_by_act():
    group = fold(fold(make_group(3), make_tally(2, act="delete"), NOW), make_tally(1, act="copy-out"), NOW)

    assert group.sums == Sums({"read": 3, "delete": 2, "copy-out": 1})


def test_distinct_keys_are_counted_up_to_a_limit():
    group = make_group(150, keys=tuple(f"payroll/{n}.csv" for n in range(150)))

    assert (len(group.keys), group.distinct_keys, group.keys_exact) == (SAMPLES, 100, False)


def test_a_key_seen_again_is_not_counted_again():
    group = fold(make_group(), make_tally(), NOW)

    assert (group.distinct_keys, group.keys_exact) == (1, True)


def test_names_of_a_group_are_bounded():
    names = tuple(f"rule-{n}" for n in range(1000))
    group = fold(make_group(), make_tally(rules=names, labels=names, acts=names), NOW)

    assert [len(kept) for kept in (group.rules, group.labels, group.acts)] == [groups.MOST_NAMES] * 3


def test_hits_after_the_end_are_reported_within_a_quarter_of_an_hour():
    group = make_group()
    late = groups.closes_at(group) + 3600
    closed, _ = roll_up(group, group.due)

    assert fold(closed, make_tally(), late).due == late + groups.GRACE


def test_a_closed_group_is_not_due_any_more():
    group = make_group()

    assert roll_up(group, group.due)[0].due is None


def test_while_hits_are_counted_without_claims_a_group_stays_due():
    group = blind(replace(make_group(), due=None))

    assert groups.next_due(group, NOW + 10) == NOW + 900


def test_a_group_id_begins_with_the_time_of_its_window():
    start = window_start(NOW)

    assert group_id(("alice", "payroll"), start)[:10] == group_id(("bob", "x", "denied"), start)[:10]


@pytest.mark.parametrize(
    "other", [("bob", "payroll"), ("alice", "tax"), ("alice", "payroll", "denied")], ids=str
)
def test_another_group_has_another_id(other: tuple[str, ...]):
    assert group_id(("alice", "payroll"), 0.0) != group_id(other, 0.0)


ACTS = st.sampled_from(("read", "delete", "opened"))
WAYS = st.sampled_from(("", "events", "log_files"))
BATCHES = st.lists(st.tuples(st.integers(1, 40), ACTS, WAYS), min_size=1, max_size=30)


@given(BATCHES, st.integers(1, 4000))
def test_every_hit_is_in_a_message_in_the_end(batches: list[tuple[int, str, str]], pause: int):
    group, now, said = make_group(), NOW, [1]
    for number, act, way in batches:
        now += pause
        group, messages = add(replace(group, exact=not way), make_tally(number, act=act), now, way)
        rolled, more = roll_up(group, now)
        group, messages = rolled, messages + more
        said += [message.alert.count for message in messages]
    while group.due is not None:
        group, messages = roll_up(group, group.due)
        said += [message.alert.count for message in messages]

    assert said[-1] == group.count
    assert group.closed
