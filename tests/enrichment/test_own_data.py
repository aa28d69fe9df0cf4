from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from s3watch.alerts.alert import Assumed, Assumer, Review
from s3watch.enrichment.own_data import OwnData
from s3watch.findings.finding import Finding
from s3watch.ruleset import Ruleset

from tests.support.asn_databases import asn_database
from tests.support.sample_alerts import OTHER, OWNER, make_evidence

NAMES = ((OWNER, "hr-prod"), (OTHER, "partner Acme"))
FOREIGN = {"caller_account": "777788889999", "bucket_account": ""}


def complete(**facts: Any) -> Any:
    return OwnData(Ruleset(accounts=NAMES), lambda _: None)(make_evidence(**facts))


@pytest.mark.parametrize(
    "facts",
    [
        {"caller_account": OTHER},
        {"bucket_account": OTHER},
        {"vpce_account": OTHER},
        {"assumed": Assumed((Assumer("AssumeRole", caller_account=OTHER),))},
        {"assumed": Assumed((Assumer("AssumeRole", vpce_account=OTHER),))},
        {"grants_accounts": ("777788889999", OTHER)},
        {"destination_accounts": (OTHER,)},
        {"review": Review("opened", after=(f"account {OTHER} may read (bucket policy)",))},
        {"finding": Finding("GuardDuty", "threat", "f1", "T", "high", "t", "1", 0, caller_account=OTHER)},
    ],
    ids=[
        "the caller's",
        "the owner's",
        "an endpoint's",
        "an assumer's",
        "the endpoint's of its call",
        "grantee",
        "destination",
        "review",
        "finding",
    ],
)
def test_an_account_that_an_alert_names_gets_its_name(facts: dict[str, Any]):
    facts = FOREIGN | facts

    assert complete(**facts) == make_evidence(**facts, account_names=((OTHER, "partner Acme"),))


def test_each_name_is_kept_once_in_the_order_of_the_rows():
    evidence = complete(caller_account=OTHER, grants_accounts=(OWNER, OTHER))

    assert evidence.account_names == ((OTHER, "partner Acme"), (OWNER, "hr-prod"))


@pytest.mark.parametrize(
    "facts",
    [{"key": OTHER}, {"actor": OTHER}, {"grants_accounts": (f"{OTHER}0", "0" * 64)}],
    ids=["a key", "a name", "a longer number"],
)
def test_what_is_no_account_gets_none(facts: dict[str, Any]):
    assert complete(**FOREIGN, **facts) == make_evidence(**FOREIGN, **facts)


def test_without_names_evidence_stays_as_it_is():
    evidence = make_evidence()

    assert OwnData(Ruleset(), lambda _: None)(evidence) is evidence


@pytest.mark.parametrize(
    ("facts", "number", "name"),
    [
        ({"ip": "198.51.100.7"}, 64500, "Example Net"),
        ({"ip": "203.0.113.7"}, None, ""),
        ({"ip": "198.51.100.7", "network_kind": "vpce"}, None, ""),
    ],
    ids=["known", "not known", "within a VPC"],
)
def test_a_public_address_gets_its_autonomous_system(
    tmp_path: Path, facts: dict[str, str], number: int | None, name: str
):
    path = tmp_path / "asn.mmdb"
    path.write_bytes(asn_database())
    evidence = OwnData(Ruleset(systems=str(path)), lambda _: None)(make_evidence(**facts))

    assert evidence == make_evidence(**facts, as_number=number, as_name=name)
