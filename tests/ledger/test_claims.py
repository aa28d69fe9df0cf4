"""One request is one alert; a forged record with its id never silences the true one."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import msgspec
import pytest
from s3watch.ledger.claims import claim_of
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.store import Store
from s3watch.sources.access_logs import translate

from tests.support.access_log_line import make_line
from tests.support.cloudtrail import ANONYMOUS, OTHER, OWNER, make_record, make_role, make_user
from tests.support.sensitive import DENIED, NOW, UNEXPECTED, make_hits

# The owner's record of a call from another account names no more than this.
VAGUE = {"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": OTHER}
FORGED = {
    "a denial of somebody else": {"userIdentity": make_user("healthcheck"), "errorCode": "AccessDenied"},
    "a denial": {"errorCode": "AccessDenied"},
    "somebody else": {"userIdentity": make_user("healthcheck")},
    "somebody of another account": {"userIdentity": make_role(account=OTHER)},
    "another account": {"userIdentity": VAGUE},
    "their own account, without a name": {"userIdentity": VAGUE | {"accountId": OWNER}},
    "nobody": {"userIdentity": ANONYMOUS},
    "an unknown caller": {"userIdentity": {"type": "Unknown"}},
    "a service": {"userIdentity": {"type": "AWSService", "invokedBy": "backup.amazonaws.com"}},
}


def from_access_log(**changes: str) -> dict[str, Any]:
    """CloudTrail's record of the same request, as an access log's line is converted to one."""
    record: dict[str, Any] = msgspec.json.decode(translate(make_line(**changes).encode(), OWNER))
    return record


def record_all(store: Store, *records: dict[str, Any]) -> dict[str, int]:
    """The principals that alerts name after these records, each in a batch of its own, and their hits."""
    ledger = Ledger(store)
    for record in records:
        ledger.record(make_hits(record), "events", NOW)
    groups = [store.group(name) for name in store.due_groups(NOW + 1e9)]
    return {f"{group.evidence.principal} {group.outcome}": group.count for group in groups if group}


@pytest.mark.parametrize("said", FORGED.values(), ids=FORGED)
def test_a_forged_record_does_not_silence_the_true_one(store: Store, said: dict[str, Any]):
    told = record_all(store, make_record(**said), make_record(), make_record(eventID="from the log file"))

    assert told["role/Analyst success"] == 1


@pytest.mark.parametrize(
    ("levels", "count"), [(("low", "high"), 2), (("high", "low"), 1)], ids=["worse", "no worse"]
)
def test_a_record_that_says_something_worse_is_no_copy(store: Store, levels: tuple[str, str], count: int):
    (hit,) = make_hits(make_record())
    said = {"low": replace(hit, detections=(DENIED,)), "high": replace(hit, detections=(UNEXPECTED,))}
    ledger = Ledger(store)
    for level in (*levels, *levels):
        ledger.record([said[level]], "events", NOW)

    (group,) = store.due_groups(NOW + 1e9)
    assert store.group(group).count == count


def test_an_access_log_is_no_worse_because_it_knows_less(store: Store):
    (seen,), (logged,) = make_hits(make_record()), make_hits(from_access_log())
    ledger = Ledger(store)
    ledger.record([replace(seen, detections=(DENIED,))], "events", NOW)
    ledger.record([replace(logged, detections=(UNEXPECTED,))], "log_files", NOW)

    (group,) = store.due_groups(NOW + 1e9)
    assert store.group(group).count == 1


@pytest.mark.parametrize(
    "records",
    [
        (make_record(eventID="1"), make_record(eventID="2"), make_record(eventID="3")),
        (make_record(), from_access_log()),
        (
            make_record(userIdentity=make_user("bob")),
            from_access_log(requester=f"arn:aws:iam::{OWNER}:user/x/bob"),
        ),
        (make_record(userIdentity=make_role(account=OTHER)), make_record(userIdentity=VAGUE)),
        (
            make_record(userIdentity=make_role(account=OTHER), recipientAccountId=OTHER),
            make_record(userIdentity=VAGUE),
            from_access_log(requester=f"arn:aws:sts::{OTHER}:assumed-role/Analyst/alice"),
        ),
        (make_record(userIdentity=ANONYMOUS), from_access_log(requester="-", signature="-", auth="-")),
        (
            make_record(userIdentity=make_role("AWSReservedSSO_Admin_1")),
            from_access_log(requester=f"arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_Admin_1/alice"),
        ),
        (make_record(errorCode="AccessDenied"), from_access_log(status="403", error="AccessDenied")),
        (
            make_record(eventName="HeadObject", errorCode="AccessDenied"),
            from_access_log(operation="REST.HEAD.OBJECT", status="403"),
        ),
    ],
    ids=[
        "event, log file and a second trail",
        "access log",
        "access log, user",
        "both accounts",
        "both accounts and the access log",
        "anonymous",
        "named like Identity Center's",
        "denied",
        "denied, without a body",
    ],
)
def test_the_records_of_one_request_are_one_access_in_any_order(records: tuple[dict[str, Any], ...]):
    for order in permutations(records):
        assert list(record_all(MemoryStore(), *order).values()) == [1]


def test_a_claim_is_an_item_of_less_than_a_kilobyte_whatever_is_forged():
    (hit,) = make_hits(make_record(userIdentity=make_user("é" * 100_000)))

    assert len("".join(claim_of(hit)).encode()) < 500
