from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.detection.catalogue import Catalogue
from s3watch.facts.extraction import extract
from s3watch.ruleset import Label, Patterns, Ruleset
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_record, make_user
from tests.support.naive_matcher import object_labels, prefix_labels

PAYROLL, EXPORTS, BACKUPS, TABLES, LOGS = (
    Label(name) for name in ("payroll", "exports", "backups", "tables", "logs")
)
DECOY = Label("bait", "critical", is_decoy=True)
RULESET = Ruleset(
    labels=(PAYROLL, EXPORTS, BACKUPS, TABLES, LOGS),
    patterns=(
        Patterns(
            "hr-data",
            exact=(("payroll/keys.csv", 1), ("list.txt", 1)),
            prefixes=(("payroll/", 0), ("payroll/old/", 2)),
            globs=(("*.parquet", 3),),
        ),
        Patterns("hr-data-2", prefixes=(("", 2),)),
    ),
    wild=(("s3://logs-*", 4), ("s3://*-data/shared/*", 4)),
)

keys = st.text(alphabet="ab/", max_size=5)
globs = st.text(alphabet="ab/*?\\", max_size=5)
buckets = st.sampled_from(["one", "two", "other"])
places = st.integers(0, 5)
rulesets = st.builds(
    lambda patterns, wild: Ruleset(
        labels=(*RULESET.labels, DECOY), patterns=tuple(patterns), wild=tuple(wild)
    ),
    st.lists(
        st.builds(
            Patterns,
            bucket=buckets,
            exact=st.lists(st.tuples(keys, places), max_size=4).map(tuple),
            prefixes=st.lists(st.tuples(keys, places), max_size=6).map(tuple),
            globs=st.lists(st.tuples(globs, places), max_size=3).map(tuple),
        ),
        max_size=2,
        unique_by=lambda each: each.bucket,
    ),
    st.lists(st.tuples(globs.map("s3://{}".format), places), max_size=2),
)


@given(ruleset=rulesets, bucket=buckets, key=keys)
def test_an_object_has_the_labels_of_every_pattern_that_matches_it(ruleset: Ruleset, bucket: str, key: str):
    assert Catalogue(ruleset).of_object(bucket, key) == object_labels(ruleset, bucket, key)


@given(ruleset=rulesets, bucket=buckets, prefix=keys)
def test_a_prefix_has_the_labels_of_every_pattern_it_overlaps(ruleset: Ruleset, bucket: str, prefix: str):
    assert Catalogue(ruleset).of_prefix(bucket, prefix) == prefix_labels(ruleset, bucket, prefix)


@given(ruleset=rulesets, bucket=buckets, prefix=keys, rest=keys)
def test_a_listing_has_the_labels_of_all_objects_it_could_show_but_decoys(
    ruleset: Ruleset, bucket: str, prefix: str, rest: str
):
    catalogue = Catalogue(ruleset)
    shown = catalogue.of_object(bucket, prefix + rest)

    assert {each for each in shown if not each.is_decoy} <= set(catalogue.of_prefix(bucket, prefix))


BAIT = Ruleset(
    labels=(PAYROLL, DECOY),
    patterns=(
        Patterns(
            "hr-data",
            exact=(("payroll/passwords.csv", 1),),
            prefixes=(("payroll/", 0), ("payroll/board/", 1)),
            globs=(("*/keys-?", 1),),
        ),
        Patterns("bait", prefixes=(("", 1),)),
        Patterns("trap", prefixes=(("old/", 1),)),
    ),
)


@pytest.mark.parametrize(
    ("bucket", "prefix", "labels"),
    [
        ("hr-data", "payroll/board/", (PAYROLL, DECOY)),
        ("hr-data", "payroll/board/2026/", (PAYROLL, DECOY)),
        ("hr-data", "payroll/passwords.csv", (PAYROLL, DECOY)),
        ("hr-data", "x/keys-1", (PAYROLL, DECOY)[1:]),
        ("hr-data", "payroll/board", (PAYROLL,)),
        ("hr-data", "payroll/", (PAYROLL,)),
        ("hr-data", "", (PAYROLL,)),
        ("hr-data", "x/keys-", ()),
        ("bait", "", (DECOY,)),
        ("bait", "anything/", (DECOY,)),
        ("trap", "", ()),
    ],
    ids=[
        "its prefix", "below its prefix", "its key", "a key like its pattern", "the prefix without a slash",
        "the folder around it", "the bucket", "a beginning of its pattern", "a bucket that is one",
        "a folder in that", "a bucket of nothing else",
    ],
)  # fmt: skip
def test_a_listing_touches_a_decoy_only_if_it_names_it(bucket: str, prefix: str, labels: tuple[Label, ...]):
    assert Catalogue(BAIT).of_prefix(bucket, prefix) == labels


def test_a_bucket_is_judged_by_a_decoy_in_it_only_if_it_holds_nothing_else():
    catalogue = Catalogue(BAIT)

    assert [catalogue.of_bucket(name) for name in ("hr-data", "bait", "trap")] == [
        (PAYROLL,),
        (DECOY,),
        (DECOY,),
    ]


@pytest.mark.parametrize(
    ("bucket", "key", "labels"),
    [
        ("hr-data", "payroll/2026/q3.csv", (PAYROLL,)),
        ("hr-data", "payroll/old/2009.csv", (PAYROLL, BACKUPS)),
        ("hr-data", "payroll/keys.csv", (PAYROLL, EXPORTS)),
        ("hr-data", "payroll/keys.csv.old", (PAYROLL,)),
        ("hr-data", "Payroll/2026/q3.csv", ()),
        ("hr-data", "a/b.parquet", (TABLES,)),
        ("hr-data-2", "anything", (BACKUPS,)),
        ("logs-eu", "a/b", (LOGS,)),
        ("logs-eu-data", "shared/a", (LOGS,)),
        ("hr", "data/payroll/", ()),
    ],
    ids=[
        "prefix",
        "nested prefixes",
        "prefix and exact key",
        "no exact key",
        "case counts",
        "pattern",
        "whole bucket",
        "wild bucket",
        "two wild patterns, one label",
        "another bucket",
    ],
)
def test_objects_are_labelled_by_bucket_and_key(bucket: str, key: str, labels: tuple[Label, ...]):
    assert Catalogue(RULESET).of_object(bucket, key) == labels


def test_equal_sets_of_labels_are_the_same_tuple():
    catalogue = Catalogue(RULESET)

    assert catalogue.of_object("hr-data", "payroll/a") is catalogue.of_object("hr-data", "payroll/b")


def test_a_bucket_has_the_labels_of_all_objects_it_could_hold():
    catalogue = Catalogue(RULESET)

    assert (catalogue.of_bucket("hr-data"), catalogue.of_bucket("elsewhere"), catalogue.of_bucket(None)) == (
        RULESET.labels,
        (),
        (),
    )


def test_forged_bucket_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("s3watch.detection.catalogue.MAX_BUCKETS", 10)
    catalogue = Catalogue(RULESET)

    names = [catalogue.of_object(f"logs-{number}", "a") for number in range(100)]

    assert names == [(LOGS,)] * 100


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({"key": "payroll/old/a"}, (PAYROLL, BACKUPS)),
        (
            {"key": None, "eventName": "ListObjects", "request": {"prefix": "payroll/o"}},
            (PAYROLL, BACKUPS, TABLES),
        ),
        ({"key": None, "eventName": "ListObjects"}, RULESET.labels),
        ({"key": None, "eventName": "DeleteObjects"}, RULESET.labels),
        ({"key": None, "eventName": "PutBucketPolicy"}, ()),
        ({"key": None, "eventName": "ListBuckets", "bucket": ""}, ()),
    ],
    ids=["object", "listing", "listing of everything", "batch delete without keys", "bucket", "account"],
)
def test_an_access_is_labelled_by_its_scope(changes: dict[str, object], labels: tuple[Label, ...]):
    raw = as_bytes(make_record(**changes))
    (access,) = extract(decode(raw), raw)
    Catalogue(RULESET).label(access)

    assert (access.labels, access.bucket_labels) == (
        labels,
        () if changes.get("bucket") == "" else RULESET.labels,
    )


@pytest.mark.parametrize(
    ("bucket", "owner"), [("hr-data", OWNER), ("elsewhere", None)], ids=["in the catalogue", "in none"]
)
def test_the_account_of_the_catalogue_owns_its_buckets_if_no_record_names_another(
    bucket: str, owner: str | None
):
    record = make_record(
        bucket=bucket, userIdentity=make_user("eve", OTHER), recipientAccountId=OTHER, resources=None
    )
    raw = as_bytes(record)
    (access,) = extract(decode(raw), raw)
    Catalogue(replace(RULESET, account=OWNER)).label(access)

    assert (access.bucket_account, access.cross_account) == (owner, owner and True)
