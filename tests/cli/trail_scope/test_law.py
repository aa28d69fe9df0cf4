"""The law of TrailScope=prefixes: whatever concerns a sensitive object is recorded as with TrailScope=bucket.

Two implementations of CloudTrail's selectors judge it, the local AWS's and tests/support/event_selectors.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.catalogue import Catalogue
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.operations import S3_EVENTS
from s3watch.ruleset import Label, Patterns, Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch.watched import add_watched
from s3watch_cli.trail_scope.lost_rules import NARROWED
from s3watch_cli.trail_scope.prefixes import derive
from s3watch_cli.trail_scope.recording import is_recorded
from s3watch_cli.trail_scope.template_part import replace

from tests.support.cloudtrail import as_bytes
from tests.support.event_selectors import TEMPLATE, Selectors, deploy_selectors, selects
from tests.support.trail_records import (
    COPIES,
    LISTINGS,
    make_call,
    make_copy,
    make_listing,
    make_part_of_batch,
)

BUCKETS = ("hr-data", "hr-data2", "hr", "logs")
KEYS = (
    "payroll/q3.csv",
    "payroll",
    "pay",
    "Payroll/x",
    "cv/löhne/a b",
    "cv/l",
    "x.csv",
    "${x}/y",
    "a,b/c",
    "*",
)
# Those on one object, whatever their name; a batch delete and copies have shapes of their own
CALLS = sorted({name for name, kind in S3_EVENTS.items() if kind == "data"} - {*LISTINGS, *COPIES})

keys = st.sampled_from(KEYS)
labelled_keys = st.lists(st.tuples(keys, st.integers(0, 1)), max_size=2).map(tuple)
GLOBS = ("payroll/*.csv", "*.csv", "cv/l?hne/*", "p*", r"\*", "${x}/*", "?", "a,*")
buckets = st.sampled_from(BUCKETS)


@st.composite
def rule_sets(draw: st.DrawFn) -> Ruleset:
    named = draw(st.lists(buckets, unique=True))
    patterns = tuple(
        Patterns(
            bucket,
            exact=draw(labelled_keys),
            prefixes=tuple((key[: draw(st.integers(0, 8))], label) for key, label in draw(labelled_keys)),
            globs=draw(st.lists(st.tuples(st.sampled_from(GLOBS), st.just(0)), max_size=1).map(tuple)),
        )
        for bucket in named
    )
    wild = draw(st.lists(st.sampled_from(["s3://hr*/cv/*", "s3://*2/payroll/*", "s3://l*"]), max_size=1))
    labels = (Label("payroll"), Label("cv", is_decoy=draw(st.booleans())))
    return Ruleset(buckets=tuple(named), labels=labels, patterns=patterns, wild=tuple((w, 0) for w in wild))


records = st.one_of(
    st.builds(make_call, st.sampled_from(CALLS), buckets, keys),
    st.builds(make_copy, st.sampled_from(COPIES), st.builds("{}/{}".format, buckets, keys), buckets, keys),
    st.builds(make_listing, st.sampled_from([*LISTINGS, "DeleteObjects", "HeadBucket"]), buckets, keys),
    st.builds(make_part_of_batch, buckets, keys),
)


@cache
def of_buckets(watched: tuple[str, ...]) -> Selectors:
    return deploy_selectors(watched)


def is_sensitive(catalogue: Catalogue, record: dict[str, Any]) -> bool:
    """Whether the catalogue labels an object, a listing or a batch delete."""
    raw = as_bytes(record)
    accesses = extract(decode(raw), raw)
    for access in accesses:
        catalogue.label(access)
    return any(access.labels for access in accesses)


def lost(rules: Ruleset, watched: tuple[str, ...], by_prefixes: Selectors, seen: list[Any]) -> list[Any]:
    """The records that the catalogue labels and a trail by buckets has, and one by prefixes has not."""
    by_bucket = of_buckets(watched)
    catalogue = Catalogue(add_watched(rules, watched))
    return [
        record
        for record in seen
        if selects(by_bucket, record) and is_sensitive(catalogue, record) and not selects(by_prefixes, record)
    ]


@given(rule_sets(), st.lists(buckets, unique=True, min_size=1).map(tuple), st.lists(records, max_size=50))
def test_no_record_of_a_sensitive_object_is_lost_whatever_the_stack_watches(rules, watched, seen):
    by_prefixes = deploy_selectors(watched, derive(rules))

    assert lost(rules, watched, by_prefixes, seen) == []


@given(rule_sets(), st.lists(buckets, unique=True, min_size=1).map(tuple), st.lists(records, max_size=50))
def test_nothing_is_recorded_that_a_trail_by_buckets_would_not_record(rules, watched, seen):
    by_bucket, by_prefixes = of_buckets(watched), deploy_selectors(watched, derive(rules))

    assert [one for one in seen if selects(by_prefixes, one) and not selects(by_bucket, one)] == []


# ---- faults: each loses a record of a fixed set

RULES = Ruleset(
    buckets=("hr", "hr-data"),
    labels=(Label("payroll"), Label("cv")),
    patterns=(
        Patterns("hr", prefixes=(("cv/", 1),)),
        Patterns("hr-data", exact=(("x.csv", 0),), prefixes=(("payroll/", 0),)),
    ),
)
WATCHED = ("hr", "hr-data", "logs")
SEEN = [
    *(make_call(name, bucket, key) for name, bucket, key in product(CALLS, WATCHED, KEYS)),
    *(make_copy(name, "hr-data/payroll/q3.csv", "hr-data", "pay") for name in COPIES),
    *(make_copy(name, "elsewhere/x", "hr-data", "payroll/q3.csv") for name in COPIES),
    *(
        make_listing(name, "hr-data", prefix)
        for name in (*LISTINGS, "DeleteObjects")
        for prefix in ("", "pay")
    ),
    *(make_part_of_batch(bucket, key) for bucket, key in product(WATCHED, KEYS)),
]
WRITTEN = replace(TEMPLATE, derive(RULES))


def without_line(text: str) -> Callable[[str], str]:
    return lambda template: re.sub(rf"(?m)^.*{re.escape(text)}.*\n", "", template, count=1)


def with_text(old: str, new: str) -> Callable[[str], str]:
    return lambda template: template.replace(old, new, 1)


FAULTS: dict[str, Callable[[str], str]] = {
    "a prefix left out": without_line(":::hr-data/payroll/"),
    "an object left out": without_line(":::hr-data/x.csv"),
    "the only prefix of a bucket left out": without_line(":::hr/cv/"),
    "a longer prefix": with_text(":::hr-data/payroll/", ":::hr-data/payroll/2026/"),
    "a prefix in other case": with_text(":::hr-data/payroll/", ":::hr-data/Payroll/"),
    "a prefix of another bucket": with_text(":::hr-data/payroll/", ":::hr-data2/payroll/"),
    "all buckets taken for narrowed": with_text(':::hr/"', ':::"'),
    "no bucket taken for watched": with_text(
        "!Or [!Condition Watches1, !Condition Watches2]", "!Equals [a, b]"
    ),
    **{
        f"{name} only by prefix": with_text("- AbortMultipartUpload\n", f"- {name}\n")
        for name in (*COPIES, *LISTINGS, "DeleteObjects")
    },
}


def test_the_fixed_records_are_all_there_without_a_fault():
    assert lost(RULES, WATCHED, deploy_selectors(WATCHED, derive(RULES)), SEEN) == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_selectors_is_caught_by_the_law(fault):
    faulty = fault(WRITTEN)
    assert faulty != WRITTEN

    assert lost(RULES, WATCHED, deploy_selectors(WATCHED, derive(RULES), faulty), SEEN)


def test_frequent_calls_elsewhere_are_not_recorded_and_rare_ones_are():
    selectors = deploy_selectors(WATCHED, derive(RULES))
    elsewhere = [make_call(name, "hr-data", "public/logo.png") for name in CALLS]

    left_out = {each["eventName"] for each in elsewhere if not selects(selectors, each)}
    assert left_out == set(NARROWED)


def narrowed_names() -> Iterator[str]:
    selector = next(each for each in deploy_selectors(WATCHED, derive(RULES)) if "no prefix" in each["Name"])
    yield from next(each["NotEquals"] for each in selector["FieldSelectors"] if each["Field"] == "eventName")


def test_the_calls_selected_by_prefix_are_those_that_the_hints_are_about():
    assert tuple(narrowed_names()) == NARROWED


@given(rule_sets(), st.lists(records, max_size=50))
def test_what_the_forecast_counts_as_recorded_is_what_the_selectors_record(rules, seen):
    known = [one for one in seen if selects(of_buckets(BUCKETS), one)]
    scope = derive(add_watched(rules, BUCKETS))
    selectors = deploy_selectors(BUCKETS, scope)

    for one in known:
        raw = as_bytes(one)
        record = decode(raw)
        assert is_recorded(scope, record.event_name, Access(record, raw)) is selects(selectors, one)
