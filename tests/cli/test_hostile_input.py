"""Whatever a file of the command line holds, it is used, or what is wrong with it is said in our words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.matcher import Matcher
from s3watch.errors import SettingError
from s3watch.ruleset import dump, load
from s3watch_cli.attach import saved_state
from s3watch_cli.attach.saved_state import Change
from s3watch_cli.capacity import excesses
from s3watch_cli.compiler import compile_folder
from s3watch_cli.deployment import Deployment
from s3watch_cli.replay import Replayer
from s3watch_cli.replay_messages import MessageReplayer
from s3watch_cli.rule_tests.runner import run_tests
from s3watch_cli.rule_tests.still_alerts import check_examples
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.samconfig import read_environments, write_watched
from yaml import YAMLError

from tests.support.broken_records import damaged
from tests.support.cloudtrail import as_bytes, make_record
from tests.support.hostile_records import RECORDS
from tests.support.mutations import mutated
from tests.support.project import ROOT
from tests.support.sensitive import RULESET

ENTRY = {
    "name": "payroll", "severity": "high", "owner": "hr",
    "match": ["s3://hr-data/payroll/*", "s3://hr-*/x?/*"],
    "expected": [{"principal": ["set/apps", "arn:aws:iam::111122223333:role/x"], "do": ["read", "write"],
                  "network": ["192.0.2.0/24", "vpce-0a1b2c3d"]}],
}  # fmt: skip
CATALOGUE = {"account": "111122223333", "sets": {"apps": ["role/a", "user/b"]}, "objects": [ENTRY]}
EXCEPTIONS = [
    {"rule": "reads", "actor": "user/x", "objects": ["s3://hr-data/payroll/*"], "owner": "o", "reason": "r",
     "until": "2027-01-01"},
]  # fmt: skip
SEARCHES = {
    "a": {
        "eventName|startswith": ["GetObject", "Put"], "requestParameters.key|re": "a.*", "s3.hour|gte": 3,
        "sourceIPAddress|cidr": "10.0.0.0/8", "s3.label": "payroll", "s3.operation": "read",
        "additionalEventData.bytesTransferredOut|lt": 7, "userAgent|contains|all": ["x", "y"],
    },
    "b": ["word", "two"],
    "c": [{"errorCode": None}, {"x|exists": True}, {"s3.key|fieldref": "s3.version"}],
    "condition": "a and not 1 of b* or (all of c and not c)",
}  # fmt: skip
DETECTION = {
    "title": "t", "id": "5f9d6c3a-0000-4000-8000-000000000001", "status": "test", "date": "2026-11-20",
    "logsource": {"product": "aws", "service": "cloudtrail"}, "detection": SEARCHES, "level": "high",
    "tags": ["attack.t1530"], "respond": ["Ask them."], "related": [{"id": "5f9d6c3a", "type": "similar"}],
}  # fmt: skip
EVENT = {
    "base": "GetObject", "as": "role/x", "at": "2026-11-20T08:14:03Z", "set": {"resources.0.a": 1, "x": "y"},
    "remove": ["userIdentity.arn"], "error": "AccessDenied", "from": "192.0.2.7", "bucket": "hr-data",
    "key": "a",
}  # fmt: skip
STAGING = [{"rule": "reads", "since": "2026-11-20", "owner": "a@example.com", "until": "2027-01-31"}]
CASES = [
    {"name": "a", "expect": "hit", "events": [EVENT], "now": "2026-11-20", "catalogue": CATALOGUE,
     "exceptions": EXCEPTIONS},
    {"name": "b", "expect": "miss", "events": [make_record()]},
]  # fmt: skip
FILES: dict[str, Any] = {
    "catalogue.yaml": CATALOGUE,
    "exceptions.yaml": [EXCEPTIONS[0] | {"still_alerts": [EVENT, make_record()]}],
    "staging.yaml": STAGING,
    "detections/reads.yml": DETECTION,
    "tests/reads.yml": {"cases": CASES},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    for name, document in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(as_bytes(document))
    return folder


def build(folder: Path) -> Diagnostics:
    """Compile and test a rules folder; if there is no mistake in it, load what was compiled."""
    diagnostics, watched = Diagnostics(), Deployment(("hr-data",))
    compiled = compile_folder(folder, date(2026, 11, 26), diagnostics, deployments=[watched])
    if not diagnostics.mistakes:
        check_examples(compiled, date(2026, 11, 26), diagnostics)
        Matcher(load(dump(compiled.ruleset)))
        list(run_tests(folder, compiled.ruleset.detections, diagnostics))
    return diagnostics


def texts_of(name: str) -> list[bytes]:
    """The file as JSON, which is YAML, and those of its kind in this repository."""
    kind = Path(name)
    own = sorted((ROOT / "rules" / kind.parent).glob(f"*{kind.suffix}" if kind.parent.name else kind.name))
    return [as_bytes(FILES[name]), *(path.read_bytes() for path in own)]


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_every_rule_file_is_compiled_or_its_mistakes_have_lines(folder: Path, name: str, data: st.DataObject):
    content = data.draw(mutated([FILES[name]]) | damaged(texts_of(name)))
    (folder / name).write_bytes(content)
    try:
        found = build(folder)
    finally:
        (folder / name).write_bytes(as_bytes(FILES[name]))

    lines = content.count(b"\n") + content.count(b"\r") + 1
    told = [*found.mistakes, *found.warnings]
    assert all(1 <= each.line <= lines for each in told if each.path.endswith(name))
    assert all(each.what.isprintable() for each in told)


CONFIGS = [
    (ROOT / "samconfig.toml").read_bytes(),
    b'[default.deploy.parameters]\nparameter_overrides = ["A=b", "WatchedBuckets=d"]\n',
    b'[default.deploy.parameters.parameter_overrides]\nA = ["b"]\nB = 2026-11-20\n',
]
TEMPLATE = {
    "Parameters": {"WatchedBuckets": {"Type": "CommaDelimitedList"}, "Mode": {"Default": "x"}},
    "Conditions": {
        "All": {"Fn::Or": [{"Fn::Equals": [{"Ref": "Mode"}, "x"]}, {"Fn::Not": [{"Condition": "All"}]}]},
    },
    "Resources": {
        "Rule": {"Properties": {"EventPattern": {
            "a": {"Fn::If": ["All", {"Ref": "WatchedBuckets"}, {"Ref": "AWS::NoValue"}]},
            "b": {"Fn::Split": [",", {"Fn::Join": [",", {"Ref": "WatchedBuckets"}]}]},
            "c": {"Fn::Sub": ["${Mode}${x}", {"x": "y"}]},
        }}},
    },
}  # fmt: skip
STATE = {
    "notifications": msgspec.to_builtins(Change(at="2026", before={}, after={"a": [1]}, added={"a": [1]}))
}
Read = Callable[[Path], object]
OTHERS: dict[str, tuple[Read, st.SearchStrategy[bytes], tuple[type[Exception], ...]]] = {
    "samconfig.toml, read": (read_environments, damaged(CONFIGS), (SettingError,)),
    "samconfig.toml, written": (lambda path: write_watched(path, ["a"]), damaged(CONFIGS), (SettingError,)),
    "template.yaml": (
        lambda path: list(excesses(path, {"WatchedBuckets": "a,b"})),
        mutated([TEMPLATE]) | damaged([as_bytes(TEMPLATE)]),
        (ValueError, YAMLError),
    ),
    "attached/a.json": (
        lambda path: saved_state.load(path.parents[1], "a"),
        mutated([STATE]) | damaged([as_bytes(STATE)]),
        (SettingError,),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@given(data=st.data())
def test_every_other_file_is_read_or_refused(tmp_path_factory, name: str, data: st.DataObject):
    read, contents, errors = OTHERS[name]
    path = tmp_path_factory.getbasetemp() / name.partition(",")[0]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data.draw(contents))
    try:
        read(path)
    except errors as error:
        assert str(error)  # noqa: PT017  # a refusal is a fair answer, if it says why


LOGS = [{"Records": RECORDS}, *RECORDS]


@given(mutated(LOGS) | damaged([as_bytes(log) for log in LOGS]))
def test_every_file_is_replayed_or_named_with_the_reason(content: bytes):
    replayer = Replayer(RULESET)
    replayer.feed("a.json", [content])
    replayer.finish()

    json.dumps(list(replayer.alerts()))
    assert replayer.result.counts.balanced
    assert all(
        line.startswith("a.json") and "Error: " not in line for line in replayer.result.failures.lines()
    )


@given(mutated(LOGS) | damaged([as_bytes(log) for log in LOGS]))
def test_every_file_is_replayed_as_mails_or_named_with_the_reason(content: bytes):
    replayer = MessageReplayer(RULESET)
    replayer.feed("a.json", [content])

    json.dumps(list(replayer.mails()))
    assert replayer.result.counts.balanced
    assert not any("Error: " in line for line in replayer.result.failures.lines())
