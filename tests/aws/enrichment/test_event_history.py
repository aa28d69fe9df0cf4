from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from s3watch.aws import clients
from s3watch.aws.enrichment.event_history import AFTER, BEFORE, MOST, PAGES, look_up, regions_of
from s3watch.errors import CrowdedError, RecordError, RefusedError, ThrottledError, UnavailableError

from tests.support.assumptions import BEGAN, KEY, SESSION, make_assumption, make_history_event
from tests.support.cloudtrail import OWNER

HOME = "eu-west-1"
ASKED = {
    "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": KEY}],
    "StartTime": datetime.fromtimestamp(BEGAN - BEFORE, UTC),
    "EndTime": datetime.fromtimestamp(BEGAN + AFTER, UTC),
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


FORGED = [make_assumption(key="ASIAANOTHER", session=KEY) for _ in range(MOST)]
MORE = ASKED | {"NextToken": "more"}


@pytest.mark.parametrize("forged", [FORGED, []], ids=["sessions of that name", "an empty answer"])
def test_what_is_behind_the_first_answer_is_found(history: Stubber, forged: list[dict[str, Any]]):
    history.add_response("lookup_events", listed(*forged, NextToken="more"), ASKED)
    history.add_response("lookup_events", listed(make_assumption()), MORE)

    found = look_up(HOME, OWNER, SESSION)

    assert found
    assert found.principal == "user/alice"


@pytest.mark.parametrize(
    ("forged", "error", "what"),
    [
        (FORGED, CrowdedError, "CloudTrail: more than 100 events in eu-west-1 name this key"),
        ([], UnavailableError, "CloudTrail: eu-west-1 did not search to the end"),
    ],
    ids=["sessions of that name", "empty answers"],
)
def test_of_very_many_answers_the_first_are_read(
    history: Stubber, forged: list[dict[str, Any]], error: type[Exception], what: str
):
    for number in range(PAGES):
        page = listed(*forged, NextToken="more")
        history.add_response("lookup_events", page, MORE if number else ASKED)

    with pytest.raises(error, match=what):
        look_up(HOME, OWNER, SESSION)


def test_a_history_without_it_has_nobody(history: Stubber):
    history.add_response("lookup_events", {"Events": []}, ASKED)

    assert look_up(HOME, OWNER, SESSION) is None


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDeniedException", 400, RefusedError),
        ("ThrottlingException", 400, ThrottledError),
        ("InternalFailure", 500, UnavailableError),
    ],
    ids=["denied", "throttled", "an error of CloudTrail"],
)
def test_what_fails_is_not_repeated(history: Stubber, code: str, status: int, error: type[Exception]):
    history.add_client_error("lookup_events", code, http_status_code=status)

    with pytest.raises(error, match=code) as raised:
        look_up(HOME, OWNER, SESSION)

    assert raised.type is error


def test_an_answer_is_waited_for_three_seconds(history: Stubber):
    config = history.client.meta.config

    assert (config.connect_timeout, config.read_timeout) == (1, 3)
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


CUT = {"CloudTrailEvent": json.dumps(make_assumption())[:-20]}


def test_a_record_that_is_no_json_is_an_error(history: Stubber):
    history.add_response("lookup_events", {"Events": [CUT]}, ASKED)

    with pytest.raises(RecordError, match="JSON"):
        look_up(HOME, OWNER, SESSION)


@pytest.mark.parametrize(
    "odd",
    [{}, CUT, {"CloudTrailEvent": "[]"}, {"CloudTrailEvent": "\ud83d"}],
    ids=["without a record", "cut", "no object", "half a character"],
)
def test_an_odd_event_hides_none_behind_it(history: Stubber, odd: dict[str, Any]):
    answer = listed(make_assumption())
    history.add_response("lookup_events", {"Events": [odd, *answer["Events"]]}, ASKED)

    found = look_up(HOME, OWNER, SESSION)

    assert found
    assert found.principal == "user/alice"
