"""`s3watch suggest` on moto, with the shipped detections: what alerts say, by themselves and by verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.alerts.alert import Judgement, Verdict
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.ledger.groups import Group
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.verdicts import give_verdict
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import RuleException, Ruleset
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.silence import suggestions
from s3watch_cli.silence.proof import Proof, read_records
from s3watch_cli.silence.suggestions import Suggestion, apply, find_objection, find_suggestions

from local.demo.rules import write_example_rules
from tests.cli.silence.conftest import TODAY
from tests.support.cloudtrail import as_bytes, make_record, make_role
from tests.support.hits import make_group
from tests.support.project import CATALOGUE, RULES
from tests.support.sensitive import NOW, numbered

REPORTER = "      - principal: role/Reporter\n        do: read"


class Account:
    """A rules folder, the ledger of a stack with it, and the command."""

    def __init__(self, folder: Path, store: DynamoDBStore, run: Callable[..., Any]) -> None:
        self.folder, self.store, self._run = folder, store, run
        self._compiled: dict[str, Ruleset] = {}

    @property
    def ruleset(self) -> Ruleset:
        text = (self.folder / "catalogue.yaml").read_text("utf-8")
        if text not in self._compiled:
            self._compiled[text] = compile_folder(self.folder, TODAY, Diagnostics()).ruleset
        return self._compiled[text]

    def see(self, role: str, days: int = 1, **changes: Any) -> list[str]:
        """Have a role read payroll, on so many days; returns the alerts of it, the earliest first."""
        before, day = set(self.ids), datetime.fromisoformat("2026-11-20T08:14:03+00:00")
        for number in range(days):
            time = f"{day - timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"
            named = {"requestID": f"{role}{number}", "eventID": f"{role}-{number}", "eventTime": time}
            record = make_record(userIdentity=make_role(role), **named | changes)
            Pipeline(self.ruleset, Ledger(self.store)).run(numbered(record), NOW)
        return sorted({*self.ids} - before)

    @property
    def ids(self) -> list[str]:
        return [*self.store.due_groups(1e12)]

    def judge(self, identity: str, judgement: Judgement) -> None:
        group = self.store.group(identity)
        assert group
        give_verdict(self.store, group, Verdict(judgement, "arn:aws:iam::111122223333:user/me", NOW), NOW)

    def suggest(self) -> tuple[list[dict[str, Any]], str]:
        code, out, err = self._run("suggest", str(self.folder))
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def account(
    ledger: DynamoDBStore, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Account:
    monkeypatch.setattr(suggestions, "today", lambda: TODAY)
    return Account(write_example_rules(tmp_path / "example"), ledger, run)


def test_what_somebody_judged_expected_is_suggested_for_the_catalogue(account: Account):
    (alert,) = account.see("Reporter")
    account.judge(alert, "expected")
    rows, err = account.suggest()

    assert rows == [
        {
            "kind": "expected", "label": "payroll", "yaml": REPORTER, "rules": ["unexpected-read"],
            "alerts": [alert], "accesses": 1, "days": 1, "judged": 1, "last": "2026-11-20T08:14:03Z",
            "warning": "",
        }
    ]  # fmt: skip
    assert err.startswith("1 suggestion; with each of them ")
    assert err.endswith(" accesses of rules/tests and 0 true positives still alert\n")


def test_what_somebody_did_after_the_verdict_is_not_suggested(account: Account):
    path = account.folder / "catalogue.yaml"  # what is read of a label of high severity overtakes a verdict
    path.write_text(path.read_text("utf-8").replace("severity: high", "severity: low"), "utf-8")
    (alert,) = account.see("Reporter", eventName="DeleteObject")
    account.judge(alert, "expected")
    assert account.see("Reporter", eventID="later", requestID="later") == []
    (row,), _ = account.suggest()

    assert (row["yaml"], row["warning"]) == (
        REPORTER.replace("read", "delete"),
        "Nobody has judged 1 access that came after the verdict.",
    )


def test_of_a_verdict_that_does_not_say_what_it_judged_nothing_counts_as_unjudged():
    verdict = Verdict("expected", "arn", NOW)
    known = replace(verdict, count=2, rules=("unexpected-read",))
    groups = [replace(make_group(3), verdict=each) for each in (verdict, known)]

    assert [Suggestion("expected", "payroll", (), (each,)).unjudged for each in groups] == [0, 1]


def test_a_label_of_which_no_case_alerts_is_suggested_with_a_doubt(account: Account):
    rmtree(account.folder / "tests")
    account.judge(*account.see("Reporter"), "expected")
    (row,), _ = account.suggest()

    assert row["warning"] == (
        "No access of rules/tests that alerts has the label payroll: add cases of what has to alert."
    )


def test_what_comes_again_on_several_days_is_suggested_too(account: Account):
    account.see("Rare", days=4)
    alerts = account.see("Reporter", days=5)
    (row,), _ = account.suggest()

    assert (row["yaml"], row["alerts"], row["days"], row["judged"]) == (REPORTER, alerts, 5, 0)


def test_with_its_lines_in_the_catalogue_the_same_accesses_alert_nobody(account: Account):
    account.judge(*account.see("Reporter"), "expected")
    ((row,), _), path = account.suggest(), account.folder / "catalogue.yaml"
    before = path.read_text("utf-8")
    path.write_text(before.replace("    expected:\n", f"    expected:\n{row['yaml']}\n", 1), "utf-8")

    assert account.see("Reporter", eventTime="2026-11-20T18:00:00Z") == []
    assert len(account.see("Reporter", eventName="PutObject", eventTime="2026-11-20T19:00:00Z")) == 1
    assert len(account.see("Analyst", eventTime="2026-11-20T18:00:00Z")) == 1


def test_whoever_caused_a_true_positive_is_never_expected(account: Account):
    account.judge(*account.see("Reporter"), "expected")
    (thief,) = account.see("Reporter", eventName="PutObject", eventTime="2026-11-20T18:00:00Z")
    account.judge(thief, "true-positive")
    rows, err = account.suggest()

    assert rows == []
    assert f"not suggested, expected of payroll for role/Reporter: alert {thief} of the same caller" in err


def test_what_no_entry_of_the_catalogue_ends_is_suggested_as_an_exception(account: Account):
    (alert,) = account.see("Reporter", errorCode="AccessDenied")
    account.judge(alert, "false-positive")
    (row,), _ = account.suggest()

    assert (row["kind"], row["rules"]) == ("exception", ["denied-access"])
    assert row["yaml"].startswith('- rule: denied-access\n  actor: role/Reporter\n  object: "s3://hr-data/')


def test_an_exception_for_whoever_caused_a_true_positive_of_the_detection_is_not(account: Account):
    account.judge(*account.see("Reporter", errorCode="AccessDenied"), "false-positive")
    later = {"key": "payroll/other.csv", "eventTime": "2026-11-20T18:00:00Z"}
    (thief,) = account.see("Reporter", errorCode="AccessDenied", **later)
    account.judge(thief, "true-positive")

    assert account.suggest()[0] == []


def test_an_exception_that_names_its_callers_account_is_about_a_true_positive_too():
    judged = replace(make_group(), verdict=Verdict("true-positive", "arn", NOW))
    caller = f"{judged.evidence.caller_account}:{judged.evidence.principal}"
    excepted = RuleException(judged.rules[0], "me@example.com", "agreed", "2027-01-31", (caller,))

    proof = Proof(EXAMPLE, [], [judged], TODAY.isoformat())
    assert proof.find_lost(EXAMPLE, replace(EXAMPLE, exceptions=(excepted,))) == [judged.id]


def test_a_suggestion_says_what_else_it_covers(account: Account):
    listing = {"eventName": "ListObjects", "key": None, "errorCode": "AccessDenied"}
    account.judge(*account.see("Reporter", **listing), "expected")
    (row,), _ = account.suggest()

    assert row["warning"] == "This covers the bucket and everything in it."


def test_what_would_silence_a_case_of_rules_tests_is_not_suggested(account: Account):
    account.judge(*account.see("Reporter"), "expected")
    tests = account.folder / "tests/unexpected-read.yml"
    event = "{base: GetObject, bucket: hr-data, key: payroll/q3.csv, as: role/Reporter}"
    case = f"  - {{name: the reporter, expect: hit, events: [{event}]}}\n"
    tests.write_text(tests.read_text("utf-8").replace("cases:\n", f"cases:\n{case}", 1), "utf-8")
    rows, err = account.suggest()

    assert (rows, "it would silence an access of rules/tests" in err) == ([], True)


def test_without_alerts_nothing_is_suggested(account: Account):
    rows, err = account.suggest()

    assert (rows, err.startswith("0 suggestions; ")) == ([], True)


ROLES, ACTS = ["Reporter", "Clerk"], ["GetObject", "PutObject", "ListObjects"]
KEYS = ["payroll/q3.csv", "contracts/acme.pdf"]
steps = st.tuples(
    st.sampled_from(ROLES),
    st.sampled_from(ACTS),
    st.sampled_from(KEYS),
    st.sampled_from(["", "AccessDenied"]),
    st.sampled_from(["expected", "false-positive", "true-positive", None]),
)
EXAMPLE = compile_folder(RULES, TODAY, Diagnostics(), catalogue=CATALOGUE).ruleset
CASES = read_records(RULES, EXAMPLE, Diagnostics())[:20]  # a third of a second for all, at each suggestion


@given(st.lists(steps, min_size=1, max_size=5))
def test_whatever_was_judged_no_suggestion_silences_a_true_positive_or_a_case(taken: list[Any]):
    groups, true = list[Group](), list[bytes]()
    for number, (role, name, key, error, judgement) in enumerate(taken):
        named = {"requestID": f"R{number}", "eventID": f"e{number}", "eventName": name, "key": key}
        failed = {"errorCode": error} if error else {}
        record = make_record(userIdentity=make_role(role), **named, **failed)
        Pipeline(EXAMPLE, Ledger(store := MemoryStore())).run(numbered(record), NOW)
        verdict = Verdict(judgement, "arn", NOW) if judgement else None
        groups += [replace(each, verdict=verdict) for each in store.groups.values()]
        true += [as_bytes(record)] * (judgement == "true-positive" and bool(store.groups))
    proof = Proof(EXAMPLE, CASES, groups, TODAY.isoformat())
    before = Proof(EXAMPLE, [*CASES, *true], [], TODAY.isoformat())

    for one in find_suggestions(groups, {each.rule: each for each in EXAMPLE.detections}, days=2):
        if not find_objection(one, EXAMPLE, proof, TODAY):
            assert not before.silences(apply(one, EXAMPLE, TODAY, Diagnostics()))
