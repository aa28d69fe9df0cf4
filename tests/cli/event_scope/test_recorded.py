"""The superset law over the shipped pack: of the events of its tests, and of recorded ones."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from s3watch.errors import LogFileError
from s3watch.facts.extraction import extract
from s3watch.ruleset import Expected, Label, Patterns, Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch.sources.streams import read_records
from s3watch_cli.event_scope.parameters import Home
from s3watch_cli.event_scope.patterns import Scope, derive
from s3watch_cli.rule_tests.example_records import make_record as make_example
from s3watch_cli.rule_tests.example_records import repeat

from tests.support.cloudtrail import make_record, make_role
from tests.support.event_patterns import passes
from tests.support.event_scopes import HOME, PACK, hitting, lost, make_event_of, of_bucket
from tests.support.project import RULES

SCOPES = pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")  # of a bucket
CORPUS = os.environ.get("S3WATCH_CORPUS", "")


def examples() -> list[dict[str, Any]]:
    """The events of the tests of the pack."""
    files = sorted((RULES / "tests").glob("*.yml"))
    cases = [case for file in files for case in yaml.safe_load(file.read_bytes())["cases"]]
    return [make_example(one) for case in cases for event in case.get("events", ()) for one in repeat(event)]


@SCOPES
def test_no_hit_of_the_packs_own_tests_is_lost(scope: Scope):
    patterns = derive(PACK, PACK.buckets, scope, HOME).patterns
    events = hitting(PACK, examples(), of_bucket(PACK.buckets))

    assert len(events) > 100
    assert lost(events, patterns) == []


def test_what_the_catalogue_expects_does_not_pass_and_what_it_does_not_passes():
    patterns = derive(PACK, PACK.buckets, "unexpected", HOME).patterns
    events = [
        make_event_of(make_record(key="payroll/a.csv", userIdentity=make_role(name)))
        for name in ("payroll-app", "analyst")
    ]

    assert [any(passes(event, pattern) for pattern in patterns) for event in events] == [False, True]


def test_objects_without_a_label_do_not_pass():
    patterns = derive(PACK, PACK.buckets, "objects", HOME).patterns
    events = [make_event_of(make_record(key=key)) for key in ("other/a.csv", "payroll/a.csv", "other/id_rsa")]

    assert [any(passes(event, pattern) for pattern in patterns) for event in events] == [False, True, True]


def recorded() -> list[bytes]:
    found: list[bytes] = []
    for path in sorted(Path(CORPUS).rglob("*")):
        if path.name.endswith((".json", ".json.gz", ".ndjson")):
            try:
                found += read_records([path.read_bytes()], path.name)
            except LogFileError:
                continue
    return [raw for raw in found if raw.lstrip().startswith(b"{") and b'"eventName"' in raw]


def everything(buckets: Sequence[str], callers: Sequence[str]) -> Ruleset:
    """The pack, with a label for each bucket that expects some callers to read anything in it."""
    expected = (Expected(tuple(callers), ("read", "list", "inspect")),)
    return msgspec.structs.replace(
        PACK,
        buckets=tuple(buckets),
        labels=tuple(Label(bucket, expected=expected) for bucket in buckets),
        patterns=tuple(Patterns(bucket, prefixes=(("", at),)) for at, bucket in enumerate(buckets)),
        wild=(),
    )


@SCOPES
@pytest.mark.skipif(not CORPUS, reason="S3WATCH_CORPUS names no folder of recorded events")
def test_no_hit_of_recorded_events_is_lost(scope: Scope):
    raws = recorded()
    accesses = [access for raw in raws for access in extract(decode(raw), raw)]
    buckets = sorted({access.bucket for access in accesses if NAME.fullmatch(access.bucket or "")})
    callers = sorted({access.principal for access in accesses if access.principal_type in ("role", "user")})
    account = max(owners := [access.record.recipient or "" for access in accesses], key=owners.count)
    found = 0
    for some in batched(buckets, 10, strict=False):
        ruleset = everything(some, callers[::2])
        events = hitting(ruleset, map(json.loads, raws), of_bucket(some))
        found += len(events)
        assert lost(events, derive(ruleset, some, scope, Home(account, HOME.region)).patterns) == []
    assert found > 50
