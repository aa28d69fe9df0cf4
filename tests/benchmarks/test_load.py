"""Under load and faults nothing is lost or comes twice without its reason; where it does, it is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.ledger.ledger import Ledger

from benchmarks import ROOT
from benchmarks.load.__main__ import main, run_here
from benchmarks.load.metered_table import MeteredTable
from benchmarks.load.outcome import Outcome
from benchmarks.load.report import NOTES, write_report
from benchmarks.load.scenarios import FLOOD, GROUPS, ONE_GROUP, SCENARIOS
from benchmarks.load.steady import Steady
from tests.simulation.clients import DynamoDB
from tests.simulation.table import key_of
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits, make_reads
from tests.support.write_units import MeteredClient

WITHOUT_FAULTS = {ONE_GROUP, GROUPS, FLOOD, "copies and disorder"}
GOOD = Outcome(
    records=1_000_000, hits=1_000_000, groups=1, faults={}, messages={"chat": 3, "machines": 4, "mail": 3},
    lost=0, repeated=0, bound=0, doubled=0, overcounted=0, broken=[], units=40_000, hot_units=30_000,
    hot_hits=1_000_000, seconds=100.0, memory=100.0, name=ONE_GROUP,
)  # fmt: skip


class Forgetful(MeteredTable):
    """A table that drops one in so many writes of a kind of item, and says that it wrote them."""

    kind, every = "", 5
    seen = 0

    def write(self, writes: Sequence[Mapping[str, Any]]) -> None:
        if kept := [each for each in writes if not self._drops(each)]:
            super().write(kept)

    def _drops(self, write: Mapping[str, Any]) -> bool:
        ((operation, request),) = write.items()
        is_sent = " sent" if "sent" in request.get("Item", ()) else ""
        if not f"{operation}{is_sent} {key_of(request)}".startswith(self.kind):
            return False
        self.seen += 1
        return self.seen % self.every == 0


class DropsMessages(Forgetful):
    kind = "Put message#"


class KeepsSentMessages(Forgetful):
    kind = "Put sent message#"


class DropsClaims(Forgetful):
    kind = "Put claim#"


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_nor_comes_twice_without_a_reason(name: str):
    outcome = run_here(name, SCENARIOS[name].smoke)

    assert list(outcome.failures()) == []
    assert (outcome.hits, bool(outcome.faults)) == (SCENARIOS[name].smoke, name not in WITHOUT_FAULTS)


@pytest.mark.parametrize("name", [GROUPS, "copies and disorder"])
def test_a_store_that_drops_messages_is_found(name: str):
    outcome = run_here(name, SCENARIOS[name].smoke, DropsMessages)

    assert outcome.lost > 0
    assert f"{outcome.lost:,} lost" in list(outcome.failures())


@pytest.mark.parametrize("name", [GROUPS, "copies and disorder"])
def test_a_store_that_keeps_what_was_sent_is_found(name: str):
    outcome = run_here(name, SCENARIOS[name].smoke, KeepsSentMessages)

    assert (outcome.lost, outcome.doubled > 0) == (0, True)
    assert f"{outcome.doubled:,} came twice without an excuse" in list(outcome.failures())


def test_a_store_that_drops_claims_is_found_by_what_is_counted_twice():
    outcome = run_here("copies and disorder", SCENARIOS["copies and disorder"].smoke, DropsClaims)

    assert [law.partition(" at ")[0] for law in outcome.failures()] == ["overcounted"]


def test_the_table_meters_what_the_metered_client_does_on_moto(table: Any):
    steady, client = Steady(), MeteredClient(table)
    for each in (DynamoDB(lambda: steady), client):
        ledger = Ledger(DynamoDBStore(each, TABLE), exact=20)  # type: ignore[arg-type]
        ledger.record(make_hits(*make_reads(30)), "events", NOW)
        ledger.record(make_hits(*make_reads(20, 5000)), "events", NOW)
        ledger.roll_up_due(NOW + 1e6)

    assert (steady.table.units, steady.table.groups()) == (client.units, 1)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, 0), ({"lost": 1}, 1), ({"doubled": 1}, 1), ({"broken": ["late at 0:00:00.0: a hit"]}, 1)],
    ids=["good", "a loss", "a double", "another law"],
)
def test_what_must_not_happen_ends_with_an_error(changes: dict[str, Any], status: int, tmp_path: Path):
    words = ["--only", ONE_GROUP, "--report", str(tmp_path / "load.md")]

    assert main(words, lambda name, records: replace(GOOD, **changes)) == status


def test_the_report_says_what_is_met_and_what_is_lost(tmp_path: Path):
    write_report(tmp_path / "load.md", [replace(GOOD, lost=7, units=60_000)], 1)
    report = (tmp_path / "load.md").read_text(encoding="utf-8")

    assert "| lost, in all scenarios | 0 | 7 | missed |" in report
    assert "| messages of 1,000,000 hits of one group, on three topics | under 20 | 10 | met |" in report
    assert (
        "| write units of the ledger for each of 1,000,000 hits of one group | under 0.05 | 0.060 | missed |"
        in report
    )


def test_a_scenario_runs_in_a_process_of_its_own(tmp_path: Path):
    words = ["--only", "SNS away", "--records", "200", "--report", str(tmp_path / "load.md")]
    subprocess.run(
        [sys.executable, "-m", "benchmarks.load", *words], cwd=ROOT, capture_output=True, check=True
    )

    assert "| SNS away | 200 | 200 |" in (tmp_path / "load.md").read_text(encoding="utf-8")


def test_the_report_of_the_repository_is_the_latest():
    report = (ROOT / "benchmarks/load.md").read_text(encoding="utf-8")

    assert report.endswith("\n".join(NOTES) + "\n")
    assert all(f"\n- {name}: {scenario.what}\n" in report for name, scenario in SCENARIOS.items())
