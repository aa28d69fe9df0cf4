from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.alerts.alert import Evidence
from s3watch.ledger import groups
from s3watch.ledger.groups import Group, Tally, fold, group_id, open_group, roll_up, sent
from s3watch.times import window_start

NOW = 1_795_162_443.0
EVIDENCE = Evidence(
    time=NOW - 60, event_id="e1", request_id="R1", event_name="GetObject", operation="read", scope="object",
    outcome="success", bucket="hr-data", actor="alice",
)  # fmt: skip


def make_tally(count: int = 1, **changes: Any) -> Tally:
    tally = Tally(
        "high",
        ("unexpected-read",),
        EVIDENCE,
        count,
        NOW - 60,
        NOW - 60,
        ("payroll/a.csv",),
        ("203.0.113.7",),
    )
    return replace(tally, **changes)


def make_group(count: int = 1, **changes: Any) -> Group:
    return open_group("G1", "payroll", "hr@example.com", make_tally(count, **changes), "events", NOW)


def send(group: Group, now: float = NOW) -> Group:
    """Mark the pending message as sent."""
    assert group.pending is not None
    return sent(group, group.pending.sequence, group.count, now)


def test_the_first_hit_is_reported_immediately():
    group = make_group()

    assert (group.pending.kind, group.sequence, group.due) == ("first", 1, NOW + groups.RETRY)


def test_a_group_without_new_hits_sends_nothing_more():
    assert send(make_group()).due is None


def test_later_hits_wait_for_the_roll_up_after_15_minutes():
    group = fold(send(make_group()), make_tally(5), "events", NOW + 10)

    assert (group.pending, group.due, group.count) == (None, NOW + 900, 6)


def test_hits_that_keep_arriving_do_not_postpone_the_roll_up():
    group = fold(send(make_group()), make_tally(), "events", NOW + 10)
    group = fold(group, make_tally(), "events", NOW + 901)

    assert roll_up(group, NOW + 902).pending.kind == "rollup"


def test_the_second_roll_up_comes_after_an_hour_and_the_last_at_the_end():
    group, messages = send(make_group()), []
    for _ in range(3):
        group = fold(
            group, make_tally(), "events", NOW + 10 if not messages else group.opened + messages[-1][1] + 1
        )
        group = roll_up(group, group.due)
        messages.append((group.pending.kind, round(group.due - groups.RETRY - NOW)))
        group = send(group, NOW + messages[-1][1])

    assert messages == [("rollup", 900), ("rollup", 3600), ("closed", round(groups.closes_at(group) - NOW))]


def test_a_roll_up_before_it_is_due_changes_nothing():
    group = fold(send(make_group()), make_tally(), "events", NOW + 10)

    assert roll_up(group, NOW + 899) == group


def test_a_rise_in_severity_reopens_the_group_immediately():
    worse = make_tally(level="critical", rules=("anonymous-access",))
    group = fold(send(make_group()), worse, "events", NOW + 10)

    assert (group.pending.kind, group.level, group.rules) == (
        "reopened", "critical", ("anonymous-access", "unexpected-read"),
    )  # fmt: skip


def test_a_rise_before_the_first_message_is_written_is_part_of_it():
    group = fold(make_group(), make_tally(level="critical"), "events", NOW)

    assert (group.pending.kind, group.pending.sequence, group.level) == ("first", 1, "critical")


def test_a_rise_while_the_first_message_is_being_sent_gets_a_message_of_its_own():
    group = make_group()
    sending = replace(group, pending=replace(group.pending, leased_until=NOW + 30))
    risen = fold(sending, make_tally(level="critical"), "events", NOW)

    assert sent(risen, 1, 1, NOW).pending.kind == "reopened"


def test_a_lower_severity_changes_neither_level_nor_evidence():
    other = replace(EVIDENCE, event_id="e2")
    group = fold(make_group(), make_tally(level="low", evidence=other), "events", NOW)

    assert (group.level, group.evidence) == ("high", EVIDENCE)


def test_counts_of_the_same_accesses_by_two_ways_are_not_added():
    group = fold(make_group(4), make_tally(3), "log_files", NOW)

    assert (group.count, group.counters.counts) == (4, {"events": 4, "log_files": 3})


def test_distinct_keys_are_counted_up_to_a_limit():
    keys = tuple(f"payroll/{n}.csv" for n in range(150))
    group = make_group(150, keys=keys)

    assert (len(group.keys), group.distinct_keys, group.keys_exact) == (groups.SAMPLES, 100, False)


def test_a_key_seen_again_is_not_counted_again():
    group = fold(make_group(), make_tally(), "events", NOW)

    assert (group.distinct_keys, group.keys_exact) == (1, True)


def test_hits_after_the_end_are_reported_within_a_quarter_of_an_hour():
    late = groups.closes_at(make_group()) + 3600
    group = fold(send(make_group()), make_tally(), "events", late)

    assert group.due == late + groups.GRACE


def test_a_group_id_begins_with_the_time_of_its_window():
    start = window_start(NOW)

    assert (
        group_id("alice", "label payroll", "success", start)[:10]
        == group_id("bob", "x", "denied", start)[:10]
    )


@pytest.mark.parametrize(
    "other",
    [
        ("bob", "label payroll", "success"),
        ("alice", "label tax", "success"),
        ("alice", "label payroll", "denied"),
    ],
    ids=["actor", "label", "outcome"],
)
def test_another_group_has_another_id(other: tuple[str, str, str]):
    assert group_id("alice", "label payroll", "success", 0.0) != group_id(*other, 0.0)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_every_hit_is_reported_in_the_end(batches: list[int]):
    group, now = send(make_group()), NOW
    for number in batches:
        now += 300
        group = fold(group, make_tally(number), "events", now)
        group = roll_up(group, now)
        group = send(group, now) if group.pending else group
    while group.due is not None:
        now = group.due
        group = roll_up(group, now)
        group = send(group, now) if group.pending else group

    assert group.reported == group.count == 1 + sum(batches)
