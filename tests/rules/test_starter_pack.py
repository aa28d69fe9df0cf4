"""The starter pack as a whole: properties of our detections in rules/, whatever a user adds to them."""

from __future__ import annotations

import os
import re
from datetime import date
from functools import cache
from ipaddress import IPv4Network, ip_address
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import yaml
from s3watch.detection.matcher import Hit, Matcher
from s3watch.errors import LogFileError, RecordError
from s3watch.ruleset import Label, Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch.sources.streams import read_records
from s3watch_cli.compiler import compile_folder
from s3watch_cli.generate.pack_overview import PURPOSES
from s3watch_cli.lint.attack import technique_of, techniques
from s3watch_cli.rule_tests.example_records import make_record
from s3watch_cli.rule_tests.runner import counted_by, run_tests
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import RULES

OURS = "\nauthor: s3watch\n"
PACK = sorted(path.stem for path in (RULES / "detections").glob("*.yml") if OURS in path.read_text())
TODAY = date(2026, 11, 20)
ACCOUNTS = {"111122223333", "444455556666", "777788889999"}
NETWORKS = [
    IPv4Network(network) for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8")
]

each_rule = pytest.mark.parametrize("name", PACK, ids=str)


@cache
def compile_pack() -> tuple[Ruleset, Diagnostics]:
    """Compile the pack with the catalogue of its tests, so that the user's makes no difference here."""
    diagnostics = Diagnostics()
    ruleset = compile_folder(RULES, TODAY, diagnostics, catalogue=RULES / "tests/catalogue.yaml").ruleset
    pack = tuple(rule for rule in ruleset.detections if rule.rule in PACK)
    return msgspec.structs.replace(ruleset, detections=pack), diagnostics


def read(folder: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((RULES / folder / f"{name}.yml").read_bytes())
    return document


def fired(**event: Any) -> list[str]:
    """Return the detections that match an event in the short form of rules/tests."""
    raw = msgspec.json.encode(make_record(event))
    results = Matcher(compile_pack()[0]).match(decode(raw), raw)
    return sorted({rule.rule for hit in results if isinstance(hit, Hit) for rule in hit.detections})


def test_the_pack_compiles_without_a_warning():
    ruleset, diagnostics = compile_pack()

    assert [rule.rule for rule in ruleset.detections] == PACK
    assert [
        found for found in diagnostics.mistakes + diagnostics.warnings if Path(found.path).stem in PACK
    ] == []


def test_every_case_of_every_detection_passes():
    diagnostics = Diagnostics()
    verdicts = list(run_tests(RULES, compile_pack()[0].detections, diagnostics))

    assert [verdict for verdict in verdicts if not verdict.passed] == []
    assert diagnostics.mistakes == []


def test_every_detection_has_a_unique_id():
    ids = [UUID(rule.id) for rule in compile_pack()[0].detections]

    assert len(set(ids)) == len(PACK)


@each_rule
def test_a_detection_is_named_in_words(name: str):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name)


@each_rule
def test_a_detection_says_why_it_matters_and_what_may_be_harmless(name: str):
    rule = read("detections", name)

    assert len(rule["description"]) > 80
    assert rule["falsepositives"]
    assert rule["status"] in ("stable", "test", "experimental")


@each_rule
def test_a_detection_says_what_to_do_in_lines_that_a_phone_shows(name: str):
    steps = read("detections", name)["respond"]
    lines = [step if isinstance(step, str) else step["do"] for step in steps]

    assert lines
    assert [line for line in lines if len(line) > 80] == []  # two lines of a phone


@each_rule
def test_a_detection_says_what_an_attacker_does_there(name: str):
    tags = read("detections", name)["tags"]
    found = [technique for tag in tags if (technique := technique_of(tag))]
    tactics = {tactic for technique in found for tactic in techniques()[technique].tactics}
    words = {tag for tag in tags if tag.startswith("attack.") and not technique_of(tag)}

    assert len([tag for tag in tags if tag in PURPOSES]) == 1
    assert words <= {f"attack.{tactic}" for tactic in tactics}


@each_rule
def test_a_detection_is_tagged_with_a_technique_and_links_to_it(name: str):
    rule = read("detections", name)
    techniques = [tag.removeprefix("attack.").upper() for tag in rule["tags"] if re.search(r"\.t\d", tag)]
    pages = {
        f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/" for technique in techniques
    }

    assert pages & set(rule["references"])
    assert [url for url in rule["references"] if not url.startswith("https://")] == []


@each_rule
def test_a_detection_depends_on_the_outcome(name: str):
    """Check that attempts and successes are different alerts, but for decoys, where each is as grave."""
    rules = compile_pack()[0].detections
    rule = next(rule for rule in rules if rule.rule == name)

    assert [
        each.rule
        for each in counted_by(rules, rule)
        if not each.correlation and {"s3.outcome", "s3.decoy"}.isdisjoint(each.fields)
    ] == []


@each_rule
def test_the_cases_use_only_example_accounts_and_documentation_addresses(name: str):
    text = (RULES / "tests" / f"{name}.yml").read_text()
    addresses = [ip_address(found) for found in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)]

    assert set(re.findall(r"\b\d{12}\b", text)) <= ACCOUNTS
    assert [one for one in addresses if not any(one in network for network in NETWORKS)] == []


@pytest.mark.parametrize(
    "event",
    [
        {"base": "GetObject", "as": "role/payroll-app"},
        {"base": "PutObject", "as": "role/payroll-app"},
        {"base": "ListObjects", "as": "role/payroll-app", "set": {"requestParameters.prefix": "payroll/"}},
        {"base": "GetObject", "as": "role/backup", "vpce": "vpce-0a1b2c3d"},
        {"base": "HeadObject"},
        {"base": "GetObject", "error": "NoSuchKey"},
        {"base": "DeleteObject", "key": "public/menu.pdf", "as": "user/bob"},
        {"base": "GetObject", "bucket": "scratch", "as": "anonymous"},
        {"base": "PutBucketTagging"},
        {"base": "DeleteBucketLifecycle", "as": "role/deployer"},
    ],
    ids=[
        "expected read", "expected write", "expected listing", "expected backup", "metadata", "no such key",
        "an object outside the catalogue", "another bucket", "tags", "lifecycle deleted",
    ],
)  # fmt: skip
def test_everyday_work_alerts_nobody(event: dict[str, Any]):
    assert fired(**event) == []


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        ({"base": "GetObject"}, ["unexpected-read"]),
        ({"base": "DeleteObject"}, ["unexpected-delete"]),
        ({"base": "GetObject", "error": "AccessDenied"}, ["denied-access"]),
        ({"base": "GetObject", "as": "anonymous"}, ["anonymous-access", "unexpected-read"]),
        ({"base": "GetObject", "as": "444455556666"}, ["foreign-account-access", "unexpected-read"]),
        ({"base": "DeleteObjects"}, ["batch-delete-in-sensitive-bucket"]),
        ({"base": "StopLogging"}, ["trail-stopped-or-narrowed"]),
        ({"base": "DeleteBucket", "error": "AccessDenied"}, ["denied-change-of-protection"]),
        ({"base": "CreateAccessGrant"}, ["shared-with-foreign-account", "unexpected-permission"]),
        ({"base": "DeleteBucketLifecycle"}, ["unexpected-configuration"]),
    ],
    ids=["read", "delete", "denied", "anonymous", "foreign", "batch", "trail", "denied change", "grant",
             "lifecycle deleted"],
)  # fmt: skip
def test_an_event_triggers_its_detections_and_no_others(event: dict[str, Any], rules: list[str]):
    assert fired(**event) == rules


LINK = {
    "additionalEventData.AuthenticationMethod": "QueryString",
    "requestParameters.X-Amz-Expires": "300",
    "userAgent": "[Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0]",
}
DRESSED = {  # presigned URLs with every sign of the console's
    "an upload": {
        "base": "PutObject",
        "set": LINK
        | {
            "requestParameters.X-Amz-SignedHeaders": (
                "content-md5;content-type;host;x-amz-acl;x-amz-storage-class"
            )
        },
    },
    "a download": {
        "base": "GetObject",
        "set": LINK
        | {
            "requestParameters.X-Amz-SignedHeaders": "host",
            "requestParameters.response-content-disposition": "attachment",
        },
    },
}


@pytest.mark.parametrize("key", ["payroll/2026/q3.csv", "contracts/q3.pdf"], ids=["some expected", "nobody"])
@pytest.mark.parametrize("event", DRESSED.values(), ids=DRESSED)
def test_a_url_dressed_up_as_the_consoles_is_still_alerted(event: dict[str, Any], key: str):
    found = fired(**event, key=key, **{"as": "sso/alice@example.com"})
    told = [rule for rule in found if rule != "read-by-person"]  # a signal

    assert told == ["unexpected-write" if event["base"] == "PutObject" else "unexpected-read"]


def test_only_what_the_console_looks_like_is_excused_from_being_presigned():
    undressed = {"base": "PutObject", "set": LINK, "as": "sso/alice@example.com"}

    assert fired(**undressed) == ["presigned-by-unapproved", "unexpected-write"]


def test_no_recorded_event_makes_a_detection_fail():
    if not os.environ.get("S3WATCH_CORPUS"):
        pytest.skip("set S3WATCH_CORPUS to a folder of recorded events to run them through the pack")
    everything = Ruleset(labels=(Label("everything"),), wild=(("s3://*", 0),))
    matcher = Matcher(msgspec.structs.replace(everything, detections=compile_pack()[0].detections))

    failures = [
        result
        for path in sorted(Path(os.environ["S3WATCH_CORPUS"]).rglob("*"))
        if path.name.endswith((".json", ".json.gz", ".ndjson"))
        for raw in readable_records(path)
        for result in matcher.match(decode(raw), raw)
        if not isinstance(result, Hit)
    ]

    assert failures == []


def readable_records(path: Path) -> list[bytes]:
    """Return the records of a file that are JSON objects; others are refused before any rule sees them."""
    try:
        return [raw for raw in read_records([path.read_bytes()], path.name) if is_record(raw)]
    except LogFileError:
        return []


def is_record(raw: bytes) -> bool:
    try:
        decode(raw)
    except RecordError:
        return False
    return True


LOOK_UP = {"eventName": "LookupEvents", "readOnly": True}


@pytest.mark.parametrize(
    ("call", "rules"),
    [
        (LOOK_UP, []),
        (LOOK_UP | {"errorCode": "AccessDenied"}, []),
        ({"eventName": "StopLogging"}, ["trail-stopped-or-narrowed"]),
    ],
    ids=["answered", "denied", "one that hides something"],
)
def test_our_own_look_ups_in_the_event_history_alert_nobody(call: dict[str, Any], rules: list[str]):
    asked = {"lookupAttributes": [{"attributeKey": "ResourceName", "attributeValue": "ASIAEXAMPLE"}]}
    raw = msgspec.json.encode(
        make_record({"base": "StopLogging", "as": "role/s3watch-DetectRole-1A2B3C4D5E6F"})
        | {"requestParameters": asked}
        | call
    )
    results = Matcher(compile_pack()[0]).match(decode(raw), raw)
    told = chain.from_iterable(each.detections if isinstance(each, Hit) else [each] for each in results)

    assert [each.rule for each in told] == rules
