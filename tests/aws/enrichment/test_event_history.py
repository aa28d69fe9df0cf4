from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from s3watch.aws import clients
from s3watch.aws.enrichment.event_history import AROUND, MOST, look_up, regions_of
from s3watch.errors import RefusedError, UnavailableError

from tests.support.assumptions import BEGAN, KEY, SESSION, make_assumption, make_history_event
from tests.support.cloudtrail import OWNER

HOME = "eu-west-1"
ASKED = {
    "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": KEY}],
    "StartTime": datetime.fromtimestamp(BEGAN - AROUND, UTC),
    "EndTime": datetime.fromtimestamp(BEGAN + AROUND, UTC),
    "MaxResults": MOST,
}


@pytest.fixture
def history(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """The event history of our Region, asked by the client of the sources."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    clients.brief_client.cache_clear()
    with Stubber(clients.brief_client("cloudtrail", HOME)) as stubber:
        yield stubber
    stubber.assert_no_pending_responses()
    clients.brief_client.cache_clear()


def listed(*records: dict[str, Any], **more: str) -> dict[str, Any]:
    events = [make_history_event(record) for record in records]
    return {"Events": [event | {"EventTime": datetime.now(UTC)} for event in events], **more}


def test_a_session_is_found_by_its_key_around_its_beginning(history: Stubber):
    history.add_response("lookup_events", listed(make_assumption()), ASKED)

    found = look_up(HOME, OWNER, SESSION)

    assert found
    assert found.principal == "user/alice"


def test_sessions_that_were_named_after_the_key_are_not_taken_for_it(history: Stubber):
    forged = [make_assumption(key="ASIAANOTHER", session=KEY) for _ in range(3)]
    history.add_response("lookup_events", listed(*forged, make_assumption(session="x")), ASKED)

    found = look_up(HOME, OWNER, SESSION)

    assert found
    assert found.principal == "user/alice"


def test_more_of_these_than_an_answer_has_are_an_error(history: Stubber):
    forged = [make_assumption(key="ASIAANOTHER", session=KEY) for _ in range(MOST)]
    history.add_response("lookup_events", listed(*forged, NextToken="more"), ASKED)

    with pytest.raises(ValueError, match="more than 50 events in eu-west-1 name this key"):
        look_up(HOME, OWNER, SESSION)


def test_a_history_without_it_has_nobody(history: Stubber):
    history.add_response("lookup_events", {"Events": []}, ASKED)

    assert look_up(HOME, OWNER, SESSION) is None


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 400, RefusedError),
        ("ThrottlingException", 400, UnavailableError),
        ("InternalFailure", 500, UnavailableError),
    ],
    ids=["denied", "throttled", "an error of CloudTrail"],
)
def test_what_fails_is_not_repeated(history: Stubber, code: str, status: int, error: type[Exception]):
    history.add_client_error("lookup_events", code, http_status_code=status)

    with pytest.raises(error, match=code):
        look_up(HOME, OWNER, SESSION)


def test_it_is_waited_for_a_second_at_most(history: Stubber):
    config = history.client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (1, 1)
    assert config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize(
    ("home", "regions"),
    [
        ("eu-west-1", ["eu-west-1", "us-east-1"]),
        ("us-east-1", ["us-east-1"]),
        ("cn-north-1", ["cn-north-1"]),
        ("us-gov-west-1", ["us-gov-west-1"]),
        ("eusc-de-east-1", ["eusc-de-east-1"]),
    ],
    ids=str,
)
def test_the_regions_are_ours_and_that_of_the_global_endpoint(home: str, regions: list[str]):
    assert list(regions_of(home)) == regions


def test_a_record_that_is_no_json_is_an_error(history: Stubber):
    event = {"CloudTrailEvent": json.dumps(make_assumption())[:-20]}
    history.add_response("lookup_events", {"Events": [event]}, ASKED)

    with pytest.raises(Exception, match="JSON"):
        look_up(HOME, OWNER, SESSION)
