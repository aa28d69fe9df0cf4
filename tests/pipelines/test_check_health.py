from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from s3watch.alerts.sns_message import Publication
from s3watch.aws.own_parts.health_store import HealthStore
from s3watch.aws.own_parts.volume_store import VolumeStore
from s3watch.errors import UnavailableError
from s3watch.health.parts import Parts, Route, Subscription, Trail
from s3watch.health.problems import Expected
from s3watch.pipelines.check_health import HealthCheck

from tests.support.hits import make_group
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, RULESET

SUBSCRIBED = (Subscription("alerts", "email", "oncall@example.com", True),)
WELL = Parts(Trail("s3watch"), subscriptions=SUBSCRIBED)
CLOSED = Parts(Trail("s3watch"), routes=(Route("s3watch-events", {}),), subscriptions=SUBSCRIBED)
WHAT = "no rule of EventBridge sends to s3watch-events any more"


class Sent:
    """Takes what is published, unless SNS is away."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.is_away = False

    def __call__(self, publication: Publication) -> None:
        if self.is_away:
            raise UnavailableError("SNS: away")
        self.subjects.append(publication.subject)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def check(table: Any, sent: Sent) -> HealthCheck:
    stores = HealthStore(table, TABLE), VolumeStore(table, TABLE, ["hr-data"])
    return HealthCheck("s3watch", Expected([], "aws"), RULESET, *stores, sent, UTC)


def test_what_begins_and_ends_is_told_once(check: HealthCheck, sent: Sent):
    found = [
        check.run(parts, NOW + hour * 3600) for hour, parts in enumerate((WELL, CLOSED, CLOSED, WELL, WELL))
    ]

    assert [each.open for each in found] == [0, 1, 1, 0, 0]
    assert [(each.begun, each.ended) for each in found if each.begun or each.ended] == [
        ((WHAT,), ()), ((), (WHAT,))
    ]  # fmt: skip
    assert sent.subjects == [f"[s3watch] {WHAT}", f"[s3watch] over: {WHAT}"]


def test_what_could_not_be_told_is_told_by_the_next_check(check: HealthCheck, sent: Sent):
    sent.is_away = True
    with pytest.raises(UnavailableError):
        check.run(CLOSED, NOW)
    sent.is_away = False
    check.run(CLOSED, NOW + 3600)

    assert sent.subjects == [f"[s3watch] {WHAT}"]


def test_a_bucket_whose_volume_drops_is_told_with_its_labels(table: Any, check: HealthCheck, sent: Sent):
    volumes = VolumeStore(table, TABLE, ["hr-data"])
    for hours in range(2, 24 * 9):
        at = NOW - hours * 3600
        if hours > 4:  # the last three hours have none
            volumes.add({f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H}hr-data": 40}, at)
    check.run(WELL, NOW)

    (subject,) = sent.subjects
    assert subject.startswith(
        "[s3watch] hr-data has 0 calls in 3 hours of log files, and had 120 or more on six"
    )


def test_a_gap_of_the_trail_is_told_once_and_is_in_the_summary(check: HealthCheck, sent: Sent):
    began, again = Trail("s3watch", started=NOW - 86400), Trail("s3watch", started=NOW, stopped=NOW - 900)
    for hour, trail in enumerate((began, again, again)):
        check.run(Parts(trail, subscriptions=SUBSCRIBED), NOW + hour * 3600)
    check.summarize([], NOW + 8000)

    assert sent.subjects == [
        "[s3watch] the trail s3watch recorded nothing from 2026-11-20 07:59:03 to 08:14:03 UTC: what happ...",
        "[s3watch] 2026-11-20: 0 alerts, no problem, 1 gap in the trail",
    ]


@pytest.mark.parametrize("reads_canary", [True, False], ids=["canary", "no canary"])
def test_a_trail_without_files_is_told_where_a_canary_is_to_be_recorded(table: Any, sent: Sent, reads_canary):
    stores = HealthStore(table, TABLE), VolumeStore(table, TABLE, ["hr-data"])
    expected = Expected([], "aws", reads_canary=reads_canary)
    trail = Trail("s3watch", delivered=NOW - 4 * 3600)
    found = HealthCheck("s3watch", expected, RULESET, *stores, sent, UTC).run(
        Parts(trail, subscriptions=SUBSCRIBED), NOW
    )

    assert found.open == (1 if reads_canary else 0)


def test_the_summary_has_the_problems_that_are_open(check: HealthCheck, sent: Sent):
    check.run(CLOSED, NOW)
    check.summarize([make_group()], NOW + 60)

    assert sent.subjects[1:] == ["[s3watch] 2026-11-20: 1 alert, 1 problem"]
