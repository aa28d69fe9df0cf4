"""How much of a day's traffic passes in each scope, with the shipped rules and catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice
from random import Random
from typing import Any

import pytest
from s3watch_cli.compiler import compile_folder
from s3watch_cli.event_scope.patterns import derive
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.cloudtrail import make_record, make_role, make_user
from tests.support.event_patterns import expand, passes_any
from tests.support.event_scopes import HOME, make_event_of
from tests.support.project import RULES

SHIPPED = compile_folder(RULES, date(2026, 11, 27), Diagnostics()).ruleset
KMS = "x-amz-server-side-encryption-aws-kms-key-id"
OWN_KEY = f"arn:aws:kms:{HOME.region}:{HOME.account}:key/0d1e2f3a-4b5c-4d6e-8f70-1122aabbccdd"
PLACES = (("hr-data", "payroll/2026/q3.csv", "payroll-app"), ("finance-exports", "2026/x", "ledger-exporter"))
OFTEN = {"GetObject": 60, "HeadObject": 15, "PutObject": 12, "UploadPart": 5, "ListObjectsV2": 3}  # of 100
CALLS = 500


def calls(*, expected: bool) -> Iterator[dict[str, Any]]:
    """Calls without end; uploads are encrypted by a key of the account, listings are of the second bucket."""
    rng = Random(7)
    for name in cycle([name for name, times in OFTEN.items() for _ in range(times)]):
        lists, uploads = name.startswith("List"), name in ("PutObject", "UploadPart")
        bucket, key, role = PLACES[1] if lists else rng.choice(PLACES)
        who = make_role(role) if expected else rng.choice([make_role("Analyst"), make_user("bob")])
        given = {"responseElements": {KMS: OWN_KEY}} if uploads else {}
        yield make_record(
            bucket=bucket, key=None if lists else key, eventName=name, userIdentity=who, **given
        )


def passing(scope: Any, *, expected: bool) -> float:
    """The share of such calls that pass."""
    patterns = derive(SHIPPED, SHIPPED.buckets, scope, HOME).patterns
    conjunctions = [one for pattern in patterns for one in expand(pattern)]
    events = map(make_event_of, islice(calls(expected=expected), CALLS))
    return sum(passes_any(event, conjunctions) for event in events) / CALLS


@pytest.mark.parametrize(
    ("scope", "of_expected", "of_others"), [("objects", 1.0, 1.0), ("unexpected", 0.0, 1.0)], ids=str
)
def test_of_what_is_sensitive_only_the_unexpected_passes(scope: Any, of_expected: float, of_others: float):
    assert (passing(scope, expected=True), passing(scope, expected=False)) == (of_expected, of_others)
