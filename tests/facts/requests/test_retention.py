from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.requests.retention import MOST_DAYS, read_expiry_days, read_retention_days

from tests.support.cloudtrail import make_record
from tests.support.sensitive import NOW, first_access


def lock(**retention: Any) -> dict[str, Any]:
    return {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE"} | retention}}}


def rules(*given: dict[str, Any]) -> dict[str, Any]:
    return {"LifecycleConfiguration": {"Rule": list(given) if len(given) > 1 else given[0]}}


def rule(status: str = "Enabled", **actions: Any) -> dict[str, Any]:
    return {"Status": status, "Filter": {"Prefix": ""}} | actions


@pytest.mark.parametrize(
    ("request_parameters", "days"),
    [
        (lock(Days=30), 30),
        (lock(Days="30"), 30),
        (lock(Years=100), 36_500),
        (lock(Years=10**3999), None),
        (lock(Years=10**9), MOST_DAYS),
        ({"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": "2027-11-20T08:14:03Z"}}, 365),
        ({"x-amz-object-lock-retain-until-date": "2026-11-21T20:14:03.000Z"}, 1),
        ({"Retention": {"RetainUntilDate": "2020-01-01T00:00:00Z"}}, 0),
        ({"Retention": {"RetainUntilDate": "soon"}}, None),
        (lock(Days=1, DefaultEventHold={"Years": 20}), 7_300),
        ({"Retention": {"EventHold": "ON", "EventHoldDuration": {"Days": 90}}}, 90),
        ({"x-amz-object-lock-event-hold-duration-years": "1"}, 365),
        ({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}, None),
        ({"ObjectLockConfiguration": ""}, None),
        (None, None),
    ],
    ids=[
        "days", "text", "years", "too many digits", "too many years", "a date", "a header", "the past",
        "no date", "a default event hold", "an event hold", "an event hold's header", "no default",
        "no configuration", "null",
    ],
)  # fmt: skip
def test_a_retention_is_counted_in_days(request_parameters: Any, days: int | None):
    assert read_retention_days(request_parameters, NOW) == days


@pytest.mark.parametrize(
    ("request_parameters", "days"),
    [
        (rules(rule(Expiration={"Days": 1})), 1),
        (rules(rule(Expiration={"Days": 400}), rule(NoncurrentVersionExpiration={"NoncurrentDays": "7"})), 7),
        (rules(rule(Expiration={"Date": "2026-12-01T00:00:00.000Z"})), 10),
        (rules(rule(Expiration={"Date": "2026-11-01T00:00:00.000Z"})), 0),
        (rules(rule("Disabled", Expiration={"Days": 1}), rule(Expiration={"Days": 90})), 90),
        (rules(rule("Disabled", Expiration={"Days": 1})), None),
        (rules(rule(Expiration={"ExpiredObjectDeleteMarker": True})), None),
        (rules(rule(Transition={"Days": 1, "StorageClass": "GLACIER"})), None),
        (rules(rule(Expiration="", NoncurrentVersionExpiration=[{"NoncurrentDays": 3}])), 3),
        ({"LifecycleConfiguration": ""}, None),
        ([], None),
    ],
    ids=[
        "days", "old versions", "a date", "a date in the past", "a disabled rule beside", "only disabled",
        "delete markers", "a transition", "odd members", "no rules", "a list",
    ],
)  # fmt: skip
def test_an_expiry_is_that_of_the_first_enabled_rule(request_parameters: Any, days: int | None):
    assert read_expiry_days(request_parameters, NOW) == days


def test_without_the_time_of_the_event_a_date_says_nothing():
    until = {"Retention": {"RetainUntilDate": "2027-11-20T08:14:03Z"}}

    assert read_retention_days(until, None) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(_JSON, _JSON)
def test_any_value_has_days_within_bounds_or_none(expiration: Any, retention: Any):
    expiry = read_expiry_days(rules(rule(Expiration=expiration)), NOW)
    locked = read_retention_days({"ObjectLockConfiguration": {"Rule": retention}}, NOW)

    assert expiry is None or 0 <= expiry <= MOST_DAYS
    assert locked is None or 0 <= locked <= MOST_DAYS


def test_the_facts_of_a_request():
    request = lock(Years=100) | rules(rule(Expiration={"Days": 1}))
    access = first_access(make_record(eventName="PutBucketLifecycle", key=None, request=request))

    assert (access.field("s3.retention_days"), access.field("s3.expiry_days")) == (36_500, 1)
