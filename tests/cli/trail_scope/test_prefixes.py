"""Which prefixes a catalogue comes down to, and which buckets are recorded whole."""

from __future__ import annotations

import pytest
from s3watch.ruleset import Patterns, Ruleset
from s3watch.watched import add_watched
from s3watch_cli.trail_scope.prefixes import MOST_VALUES, OTHER_VALUES, SPARE, Scope, derive

from tests.support.event_selectors import count_values, deploy_selectors


def make_rules(*patterns: Patterns, wild: tuple[str, ...] = ()) -> Ruleset:
    buckets = tuple(each.bucket for each in patterns)
    return Ruleset(buckets=buckets, patterns=patterns, wild=tuple((each, 0) for each in wild))


def prefixes_of(**members: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    return derive(make_rules(Patterns("hr-data", **members))).prefixes.get("hr-data", ())


@pytest.mark.parametrize(
    ("members", "prefixes"),
    [
        pytest.param({"prefixes": (("payroll/", 0), ("cv/", 1))}, ("cv/", "payroll/"), id="prefixes"),
        pytest.param({"exact": (("q3.csv", 0),)}, ("q3.csv",), id="an object"),
        pytest.param({"globs": (("20??/salaries*.csv", 0),)}, ("20",), id="before the first wildcard"),
        pytest.param({"globs": ((r"\*/x*y", 0),)}, ("*/x",), id="an escaped star is none"),
        pytest.param({"prefixes": (("a/", 0), ("a/b/", 1), ("a", 2))}, ("a",), id="not within another one"),
        pytest.param({"prefixes": (("pay roll/", 0),)}, ("pay",), id="up to a blank"),
        pytest.param({"prefixes": (("pay/${x}/", 0),)}, ("pay/",), id="up to what Fn::Sub fills in"),
        pytest.param({"prefixes": (("löhne/", 0),)}, ("l",), id="up to what is not ASCII"),
    ],
)
def test_a_pattern_is_selected_by_what_all_its_keys_begin_with(members, prefixes):
    assert prefixes_of(**members) == prefixes


@pytest.mark.parametrize(
    ("members", "pattern"),
    [
        pytest.param({"globs": (("*.csv", 0),)}, "s3://hr-data/*.csv", id="a wildcard first"),
        pytest.param({"prefixes": ((" x/", 0),)}, "s3://hr-data/ x/*", id="a blank first"),
        pytest.param(
            {"prefixes": (("a/", 0),), "globs": (("?b", 0),)}, "s3://hr-data/?b", id="one of several"
        ),
    ],
)
def test_a_bucket_with_a_pattern_that_has_no_prefix_is_recorded_whole(members, pattern):
    scope = derive(make_rules(Patterns("hr-data", **members)))

    assert scope == Scope({}, {"hr-data": f"`{pattern}` has no prefix that a trail can select"})


def test_a_bucket_that_is_sensitive_as_a_whole_is_recorded_whole():
    scope = derive(make_rules(Patterns("hr-data", prefixes=(("", 0), ("cv/", 1)))))

    assert scope.whole == {"hr-data": "all of it is sensitive, by its entry or because it has none"}


def test_a_pattern_over_buckets_counts_for_each_that_it_matches():
    rules = make_rules(
        Patterns("hr-data", prefixes=(("cv/", 0),)), wild=("s3://hr-*/payroll/*", "s3://x-*/y")
    )

    assert derive(rules).prefixes == {"hr-data": ("cv/", "payroll/")}


def test_a_pattern_over_all_of_some_buckets_selects_them_whole():
    rules = make_rules(Patterns("hr-data", prefixes=(("cv/", 0),)), wild=("s3://hr-*",))

    assert list(derive(rules).whole) == ["hr-data"]


def test_a_watched_bucket_without_an_entry_is_recorded_whole():
    rules = add_watched(make_rules(Patterns("hr-data", prefixes=(("cv/", 0),))), ["hr-data", "new"])

    assert list(derive(rules).whole) == ["new"]


@pytest.mark.parametrize("bucket", ["data-abc-s3alias", "data--use1-az4--x-s3"], ids=["alias", "directory"])
def test_what_is_no_general_purpose_bucket_is_not_narrowed(bucket):
    assert derive(make_rules(Patterns(bucket, prefixes=(("cv/", 0),)))).whole == {
        bucket: "it is no general purpose bucket"
    }


def many(bucket: str, number: int) -> Patterns:
    return Patterns(bucket, prefixes=tuple((f"{n:04}/", 0) for n in range(number)))


def test_the_bucket_with_most_prefixes_is_recorded_whole_where_they_do_not_fit():
    scope = derive(make_rules(many("a-small", 200), many("b-large", 260), many("c-small", 150)))

    assert list(scope.prefixes) == ["a-small", "c-small"]
    assert scope.whole == {"b-large": "its 260 prefixes are more than a trail has room for"}


def test_as_many_prefixes_are_selected_as_fit_with_room_for_buckets_to_come():
    most = MOST_VALUES - OTHER_VALUES - SPARE - 2 - 1
    fitting = derive(make_rules(many("hr-data", most)))

    assert len(fitting.prefixes["hr-data"]) == most
    selectors = deploy_selectors(["hr-data"], fitting, WatchDirectoryBuckets="true")
    assert count_values(selectors) == MOST_VALUES - SPARE
    assert derive(make_rules(many("hr-data", most + 1))).prefixes == {}


def test_watched_buckets_that_the_rules_do_not_know_take_room():
    rules = make_rules(many("hr-data", 300))

    assert derive(rules, watched=60).prefixes
    assert not derive(rules, watched=80).prefixes
