"""Panther's labelled cases, where they lie, in the form in which AWS brings each, and judged by the pack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.relay_finding import Relay
from s3watch.ruleset import Expected, Label, Ruleset, Severity
from s3watch.sources.streams import read_records
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import RULES
from tests.support.sample_findings import make_event

NAME = "labels/panther_s3_tests.json"
OWNER = "111122223333"
READER = f"arn:aws:sts::{OWNER}:assumed-role/Analyst/alice"
SEVERITIES: dict[str, Severity] = {
    "Info": "informational", "Low": "low", "Medium": "medium", "High": "high", "Critical": "critical",
}  # fmt: skip
# Panther's names of the fields of access logs, and those of the JSON form
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/sal-cw-log-format.html
_FIELDS = {
    "bucketowner": "bucket_owner_id", "bucket": "bucket_name", "time": "request_time",
    "remoteip": "remote_ip", "requester": "requester", "requestid": "request_id", "operation": "operation",
    "key": "key_name", "requesturi": "request_uri", "httpstatus": "http_status", "errorcode": "error_code",
    "bytessent": "bytes_sent_size", "objectsize": "object_size", "totaltime": "total_duration",
    "turnaroundtime": "turn_around_duration", "referrer": "referer", "useragent": "user_agent",
    "versionid": "version_id", "hostid": "host_id", "signatureversion": "signature_version",
    "ciphersuite": "cipher_suite", "authenticationtype": "authentication_type", "hostheader": "host_header",
    "tlsversion": "tls_version",
}  # fmt: skip
# What a case of a few fields lacks and no line of a log does: somebody read an object
_PLAIN_READ = {
    "bucket_owner_id": "79a59df900b949e5", "request_time": "2026-11-20T08:14:03.000Z",
    "remote_ip": "203.0.113.7", "request_id": "K8R4TZ0QX6M2V9WB", "operation": "REST.GET.OBJECT",
    "key_name": "payroll/2026/q3.csv", "http_status": 200,
}  # fmt: skip


class Case(NamedTuple):
    """One test of one of Panther's rules: whether it is to alert of what AWS would have brought."""

    rule: str
    test: str
    alerts: bool
    severity: Severity
    form: str  # Panther's name of the kind of log
    content: bytes


def read_cases(folder: Path) -> Iterator[Case]:
    """Read the cases of the data folder, in their order."""
    for each in json.loads((folder / NAME).read_bytes()):
        (form,) = each["logtype"]
        content = json.dumps(_FORMS[form](each["log"])).encode()
        severity = SEVERITIES[each["severity"]]
        yield Case(each["rule"], each["test"], each["expected"], severity, form, content)


def _access_log(log: Mapping[str, Any]) -> dict[str, Any]:
    """Name the fields as the JSON form does, and complete a case of a few fields to a plain read."""
    fields = {_FIELDS[name.lower()]: value for name, value in log.items() if name.lower() in _FIELDS}
    if "request_time" in fields:
        fields["request_time"] = fields["request_time"].replace(" ", "T")[:23] + "Z"
    if "operation" in fields:
        return fields
    signed = {"requester": READER} if "remote_ip" in fields else {}  # it is about the address alone
    return _PLAIN_READ | signed | fields


def _finding(log: Mapping[str, Any]) -> dict[str, Any]:
    return make_event("aws.guardduty", "GuardDuty Finding", log)


_FORMS = {"AWS.CloudTrail": dict, "AWS.S3ServerAccess": _access_log, "AWS.GuardDuty": _finding}


@cache
def frames() -> dict[str, Ruleset]:
    """Return the shipped detections by what the catalogue says of the bucket of a case, whichever that is.

    It holds sensitive data, and nobody or whoever comes is expected; or nothing is known of it.
    """
    shipped = compile_folder(RULES, date(2026, 11, 20), Diagnostics()).ruleset
    bare = replace(shipped, buckets=(), labels=(), patterns=(), wild=())
    return {
        "sensitive": replace(bare, labels=(Label("data"),), wild=(("s3://*", 0),)),
        "expected": replace(
            bare, labels=(Label("data", expected=(Expected(("*",)),)),), wild=(("s3://*", 0),)
        ),
        "uncatalogued": bare,
    }


def judge(case: Case, frame: str) -> str:
    """Return what is told of a case, as `high: a-rule another-rule`, by the rules' names; else `silence`.

    What cannot be read, and a rule that fails, are no answer: both raise AssertionError.
    """
    store = MemoryStore()
    if case.form == "AWS.GuardDuty":
        relayed = Relay(frames()[frame], Ledger(store)).run([("case", case.content)], 0.0)
        assert relayed.received == 1, relayed
        assert not relayed.unrecorded, relayed
    else:
        _detect(case, frames()[frame], store)
    told = [f"{group.level}: {' '.join(sorted(group.rules))}" for group in store.groups.values()]
    return "; ".join(sorted(told)) or "silence"


def _detect(case: Case, ruleset: Ruleset, store: MemoryStore) -> None:
    pipeline = Pipeline(ruleset, Ledger(store))
    (raw,) = read_records([case.content], "case.json", account=OWNER)
    outcome, later = pipeline.run([("case", raw)], 0.0), pipeline.evaluate_due_deletes(1e12)
    assert not outcome.unreadable, outcome
    assert not outcome.rule_failures + later.rule_failures, outcome
