"""Decoys in the pipeline: whoever touches one is told at once, whatever else the rules expect or except."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import (
    Condition,
    Detection,
    Expected,
    Label,
    Patterns,
    RuleException,
    Ruleset,
)

from tests.support.cloudtrail import make_record, make_role
from tests.support.detect_runs import CALL, make_deleted, run
from tests.support.sensitive import DENIED, NOW, UNEXPECTED, numbered

TOUCHED = Detection(
    "decoy-touched", "Decoy touched", "critical", Condition("bool", field="s3.decoy", values=("true",)),
    ("s3.decoy",),
)  # fmt: skip
APP = make_role("payroll-app")
BAIT = "payroll/passwords.csv"


def decoyed(*exceptions: str) -> Ruleset:
    """Payroll, of which an application may do anything, with a decoy in it; rules are excepted for it."""
    return Ruleset(
        buckets=("hr-data",),
        labels=(
            Label("payroll", "critical", expected=(Expected(("role/payroll-app",)),)),
            Label("bait", "critical", "security@example.com", is_decoy=True),
        ),
        patterns=(Patterns("hr-data", exact=((BAIT, 1),), prefixes=(("payroll/", 0),)),),
        detections=(UNEXPECTED, DENIED, TOUCHED),
        exceptions=tuple(
            RuleException(rule, "hr@example.com", "backup", "2026-12-31", ("role/payroll-app",))
            for rule in exceptions
        ),
    )


def told(store: MemoryStore) -> list[tuple[Any, ...]]:
    return [
        (group.label, group.owner, group.level, group.rules, group.evidence.decoy)
        for group in store.groups.values()
    ]


def by_app(**changes: Any) -> dict[str, Any]:
    return make_record(key=BAIT, userIdentity=APP, **changes)


def bait(*others: str) -> list[tuple[Any, ...]]:
    return [("bait", "security@example.com", "critical", ("decoy-touched", *others), "bait")]


def test_an_application_that_is_expected_to_do_anything_is_told_at_once_and_by_the_decoys_name():
    _, store = run(by_app(), ruleset=decoyed())

    assert told(store) == bait("unexpected-access")
    assert [each.topic for each in store.messages.values()] == [*TOPICS]


@pytest.mark.parametrize(
    ("changes", "others"),
    [
        ({"errorCode": "AccessDenied"}, ["denied-access"]),
        ({"errorCode": "NoSuchKey"}, []),
        ({"eventName": "HeadObject"}, ["unexpected-access"]),
        ({"eventName": "PutObject"}, ["unexpected-access"]),
        ({"eventName": "DeleteObject"}, ["unexpected-access"]),
    ],
    ids=["denied", "not there", "inspected", "written", "deleted"],
)
def test_whatever_it_does_is_critical(changes: dict[str, Any], others: list[str]):
    assert told(run(by_app(**changes), ruleset=decoyed())[1]) == bait(*others)


def test_what_it_does_to_the_objects_beside_it_alerts_nobody():
    beside = [
        make_record(key="payroll/a.csv", userIdentity=APP),
        make_record(key=None, userIdentity=APP, eventName="ListObjects", request={"prefix": "payroll/"}),
    ]

    assert told(run(*beside, ruleset=decoyed())[1]) == []


def test_a_listing_that_names_the_decoy_touches_it():
    listing = make_record(key=None, userIdentity=APP, eventName="ListObjects", request={"prefix": BAIT})

    assert told(run(listing, ruleset=decoyed())[1]) == bait("unexpected-access")


def test_an_exception_of_another_detection_does_not_reach_it():
    assert told(run(by_app(), ruleset=decoyed("unexpected-access"))[1]) == bait()


def test_exceptions_of_all_that_the_message_lists_do():
    assert told(run(by_app(), ruleset=decoyed("decoy-touched", "unexpected-access"))[1]) == []


def test_a_batch_delete_by_who_is_expected_to_delete_touches_the_decoy_among_its_objects():
    store = MemoryStore()
    pipeline = Pipeline(decoyed(), Ledger(store))
    parts = [CALL | {"userIdentity": APP}, make_deleted("payroll/a.csv"), make_deleted(BAIT)]
    pipeline.run(numbered(*parts), NOW)
    pipeline.evaluate_due_deletes(NOW + 31)

    assert told(store) == bait("unexpected-access")
