"""`s3watch learn` on moto: what is written to the table, and what is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.earlier import Earlier, window_of
from s3watch.ledger.first_seen import BEGUN
from s3watch.ledger.ledger import Ledger
from s3watch.pipelines.detect import Pipeline
from s3watch_cli.alerts import learning

from tests.support.cloudtrail import make_record
from tests.support.ledger_table import TABLE
from tests.support.project import ROOT, RULES
from tests.support.rule_folders import CATALOGUE
from tests.support.sensitive import NOW, RULESET, numbered

READ = make_record(eventTime="2026-11-01T08:14:03Z", requestID="november")
OLD = make_record(eventTime="2026-02-01T08:14:03Z", requestID="february")


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project with one rule, about payroll; returns what writes records to a log file and names both."""
    shutil.copy(ROOT / "samconfig.toml", tmp_path)
    monkeypatch.setattr(learning.time, "time", lambda: NOW)
    folder = tmp_path / "rules"
    (folder / "detections").mkdir(parents=True)
    rule = RULES / "detections/unexpected-read.yml"
    (folder / "detections/unexpected-read.yml").write_bytes(rule.read_bytes())
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")

    def write(*records: dict[str, Any]) -> list[str]:
        path = tmp_path / "log.json"
        path.write_text(json.dumps({"Records": list(records)}), encoding="utf-8")
        return [str(path), "--rules", str(folder)]

    return write


def items(table: Any) -> dict[str, list[str]]:
    found = table.scan(TableName=TABLE)["Items"]
    return {item["pk"]["S"]: sorted(item["windows"]["NS"]) for item in found}


def test_without_write_it_only_says_what_it_would(run, history, table):
    code, out, err = run("learn", *history(READ))

    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "1 record: 0 clean, 0 excluded, 1 hit, 0 failed",
        "2 pairs of an actor and a label, network or program; since 2026-11-01",
        "only shown: --write writes it",
    ]
    assert items(table) == {}


def test_what_it_writes_is_known_to_the_stack_at_once(run, history, ledger: DynamoDBStore):
    run("learn", *history(READ), "--write")

    Pipeline(RULESET, Ledger(ledger)).run(numbered(make_record()), NOW)
    (group,) = [ledger.group(one) for one in ledger.due_groups(NOW + 1e6)]
    assert group is not None
    assert group.evidence.earlier == Earlier(False, 19, None, False)


def test_to_write_it_twice_changes_nothing_and_what_is_there_is_kept(run, history, table, ledger):
    ledger.add_seen(BEGUN, [window_of(NOW)], None)
    run("learn", *history(READ), "--write")
    before = items(table)
    code, _, err = run("learn", *history(READ), "--write")

    assert (code, items(table), err.splitlines()[-1]) == (0, before, f"written to {TABLE}")
    assert len(before["seen#begun"]) == 2


def test_what_nothing_is_compared_with_any_more_is_left_out(run, history, table):
    _, _, err = run("learn", *history(OLD), "--write")

    assert "0 pairs of an actor and a label, network or program; since 2026-02-01" in err
    assert list(items(table)) == ["seen#begun"]


def test_a_short_history_says_how_long_the_stack_will_go_on_learning(run, history):
    recent = make_record(eventTime="2026-11-15T08:14:03Z")
    _, _, err = run("learn", *history(recent))

    assert "since 2026-11-15, learned in 9 days" in err


def test_a_history_without_hits_says_so(run, history):
    _, _, err = run("learn", *history(make_record(key="public/menu.pdf")))

    assert "no record was matched by a detection" in err
