from __future__ import annotations

import pytest
from s3watch.detection.catalogue import Catalogue
from s3watch.ruleset import Deployed, Label, Ruleset
from s3watch.watched import add_watched, name_all, unwatched

from tests.support.growth import LINEAR, growth
from tests.support.sensitive import PAYROLL, RULESET


def test_a_watched_bucket_without_an_entry_is_one():
    catalogue = Catalogue(add_watched(RULESET, ["hr-data", "press-office"]))

    assert catalogue.of_object("press-office", "any/key") == (Label("press-office"),)
    assert catalogue.of_object("hr-data", "payroll/a.csv") == (PAYROLL,)


def test_a_watched_bucket_with_an_entry_changes_nothing():
    assert add_watched(RULESET, ["hr-data"]) == RULESET


def test_a_watched_bucket_that_a_pattern_matches_has_an_entry():
    ruleset = Ruleset(labels=(PAYROLL,), wild=(("s3://hr-*/payroll/*", 0),))

    assert add_watched(ruleset, ["hr-data"]) == ruleset
    assert add_watched(ruleset, ["press-office"]).buckets == ("press-office",)


@pytest.mark.parametrize(
    "compare",
    [add_watched, lambda ruleset, watched: unwatched(ruleset, watched, "eu-west-1")],
    ids=["without an entry", "not watched"],
)
def test_buckets_are_compared_in_time_that_grows_with_their_number(compare):
    def make(count: int) -> tuple[Ruleset, list[str]]:
        return Ruleset(buckets=tuple(map(str, range(count)))), [f"w{number}" for number in range(count)]

    assert growth(make, lambda given: compare(*given), 2000) < LINEAR


def test_buckets_of_the_catalogue_that_nobody_watches_are_named():
    assert unwatched(RULESET, ["press-office"], "eu-west-1") == ("hr-data",)


EUROPE = Deployed("eu-west-1", ("hr-data",))
AMERICA = Deployed("us-east-1", ("press-office",))


@pytest.mark.parametrize(
    ("deployments", "region", "missed"),
    [
        ([EUROPE, AMERICA], "eu-west-1", ("hr-data",)),
        ([EUROPE, AMERICA], "us-east-1", ("press-office",)),
        ([Deployed("", ("hr-data",)), AMERICA], "eu-west-1", ("hr-data",)),
        ([Deployed("", ("hr-data",)), AMERICA], "us-east-1", ()),
        ([EUROPE, Deployed("eu-west-1", ("hr-data", "press-office"))], "eu-west-1", ("hr-data",)),
        ([EUROPE, AMERICA], "ap-southeast-2", ()),
    ],
    ids=[
        "one Region",
        "the other Region",
        "a deployment whose Region is not known",
        "beside one whose Region is not known",
        "two deployments in a Region",
        "a Region that no environment names",
    ],
)
def test_a_bucket_is_missed_where_its_deployment_does_not_watch_it_and_nowhere_else(
    deployments, region, missed
):
    ruleset = Ruleset(buckets=("hr-data", "press-office"), deployments=tuple(deployments))

    assert unwatched(ruleset, [], region) == missed
    assert unwatched(ruleset, ["hr-data", "press-office"], region) == ()


def test_a_bucket_that_the_catalogue_puts_elsewhere_is_not_missed():
    ruleset = Ruleset(buckets=("hr-data", "press-office"), regions=(("press-office", "us-east-1"),))

    assert unwatched(ruleset, [], "eu-west-1") == ("hr-data",)


def test_all_buckets_are_those_of_the_catalogue_and_those_watched():
    assert name_all(Ruleset(buckets=("a", "b")), ["b", "hr-prod"]) == ("a", "b", "hr-prod")
