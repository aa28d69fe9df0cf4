"""The time that a record takes grows with its size, not with the square of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import Condition, Detection

from tests.support.bucket_states import allow
from tests.support.cloudtrail import as_bytes, make_record
from tests.support.effort import effort_of
from tests.support.growth import LINEAR, growth
from tests.support.hostile_policies import HOSTILE
from tests.support.sensitive import NOW, RULESET


def accounts(count: int) -> list[str]:
    return [f"arn:aws:iam::{100_000_000_000 + number}:root" for number in range(count)]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return make_record(
        eventName="PutBucketPolicy", key=None, request={"bucketPolicy": {"Statement": list(statements)}}
    )


def objects(count: int) -> list[dict[str, str]]:
    return [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::hr-data/payroll/{at}"} for at in range(count)]


def keys(count: int) -> list[dict[str, str]]:
    return [{"Key": f"payroll/{at}"} for at in range(count)]


def ids(count: int) -> str:
    return ", ".join(f'id="{at:064}"' for at in range(count))


RECORDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "principals of a policy": lambda n: policy(allow({"AWS": accounts(n)})),
    "statements of a policy": lambda n: policy(*(allow({"AWS": account}) for account in accounts(n))),
    "denials of a policy": lambda n: policy(
        *(allow({"AWS": account}) for account in accounts(n // 2)),
        *(allow({"AWS": account}) | {"Effect": "Deny"} for account in accounts(n // 2)),
    ),
    "values of a condition": lambda n: policy(
        allow("*", Condition={"StringEquals": {"aws:PrincipalArn": accounts(n)}})
    ),
    "actions of a policy": lambda n: policy(
        allow({"AWS": accounts(1)}, [f"s3:Get*Obj*{at}" for at in range(n)])
    ),
    "stars of an action": lambda n: policy(allow("*", "*a" * n)),
    "beginnings of an ARN": lambda n: policy(
        allow(
            {"AWS": "*", "Service": "s3.amazonaws.com"}, Resource="arn:aws:s3:::hr-data/" + "arn::s3:::" * n
        )
    ),
    "beginnings of a variable": lambda n: policy(
        allow("*", Resource="${" * 5 * n), allow("*", NotAction="*") | {"Effect": "Deny"}
    ),
    "grantees of a header": lambda n: make_record(
        eventName="PutBucketAcl", key=None, request={"x-amz-grant-read": ids(n)}
    ),
    "objects of a batch delete": lambda n: make_record(
        eventName="DeleteObjects", key=None, request={"Delete": {"Object": keys(n)}}
    ),
    "resources": lambda n: make_record(eventName="DeleteObjects", key=None, resources=objects(n)),
    "letters of a key": lambda n: make_record(key="payroll/" + "a/%25" * n),
    "escapes of a copy's source": lambda n: make_record(
        eventName="CopyObject", request={"x-amz-copy-source": "hr-data/payroll/" + "%2525" * n}
    ),
    "letters of a user agent": lambda n: make_record(userAgent="a/ (" * n),
    "slashes of a role": lambda n: make_record(
        userIdentity={"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/" + "a/" * n}
    ),
    "depth of a member": lambda n: make_record(apiVersion=[[[["x"] * 10] * 10] * (n // 100)]),
}


OPENED = Detection(
    "opened-to-everybody",
    "A sensitive bucket was opened to everybody",
    "high",
    Condition("bool", field="s3.grants_public", values=("true",)),
    ("s3.grants_public",),
)
RULES = replace(RULESET, detections=(*RULESET.detections, OPENED))


def evaluate(raw: bytes) -> None:
    outcome = Pipeline(RULES, Ledger(MemoryStore()), with_events=True).run([("m", raw)], NOW)
    assert outcome.counts.balanced


@pytest.mark.parametrize("make", RECORDS.values(), ids=RECORDS)
def test_four_times_as_much_takes_no_more_than_linear_time(make: Callable[[int], dict[str, Any]]):
    assert growth(lambda size: as_bytes(make(size)), evaluate, 3000) < LINEAR


@pytest.mark.parametrize("statements", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_policy_that_is_put_takes_less_than_a_tenth_of_a_second(statements: list[dict[str, Any]]):
    raw = as_bytes(policy(*statements))

    assert effort_of(lambda: evaluate(raw)) < 65  # of 1.5 ms
