"""What mails advise: who pastes it gets no such alert again, and every other one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from s3watch.ruleset import Ruleset
from s3watch_cli.replay import compile_rules
from s3watch_cli.replay_messages import MessageReplayer
from s3watch_cli.rule_tests.example_records import make_record as make_example

from local.demo.rules import write_example_rules
from tests.support.project import CATALOGUE, ROOT

RULES = compile_rules(ROOT / "rules", CATALOGUE)
EVENTS = {
    path.stem: path.read_text()
    for path in sorted((ROOT / "events").glob("*.json"))
    if not path.stem.startswith(("finding-", "review-"))
}
PERMANENTLY = re.compile(
    r"If this is expected permanently, add to `expected` of (.+) in rules/catalogue\.yaml, "
    r"indented like the entries there:\n\n((?: .*\n)+)"
)
TEMPORARILY = re.compile(
    r"If this is expected temporarily, add to rules/exceptions\.yaml:\n\n((?:[-# ] .*\n)+)"
)


def mails(ruleset: Ruleset, event: str) -> list[dict[str, Any]]:
    replayer = MessageReplayer(ruleset)
    replayer.feed("event", [event.encode()])
    return list(replayer.mails())


def subjects(ruleset: Ruleset, event: str) -> list[str]:
    return [mail["subject"] for mail in mails(ruleset, event)]


def first_mail(event: str) -> str:
    return next((mail["body"] for mail in mails(RULES, event)), "")


def with_entry(folder: Path, label: str, entry: str) -> Ruleset:
    """The rules after the entry is pasted below `expected:` of the label, as a person would."""
    write_example_rules(folder)
    catalogue = folder / "catalogue.yaml"
    before, name, after = catalogue.read_text().partition(f"  - name: {label}\n")
    head, expected, rest = after.partition("    expected:\n")
    catalogue.write_text(f"{before}{name}{head}{expected}{entry}{rest}")
    return compile_rules(folder, None)


def with_exceptions(folder: Path, entries: str) -> Ruleset:
    """The rules after the entries are pasted into exceptions.yaml."""
    write_example_rules(folder)
    (folder / "exceptions.yaml").write_text(entries)
    return compile_rules(folder, None)


OFFERED = [name for name, event in EVENTS.items() if PERMANENTLY.search(first_mail(event))]
EXCEPTED = [name for name, event in EVENTS.items() if TEMPORARILY.search(first_mail(event))]


NEXT = re.compile(r"\n\nNext:\n((?:\d\. .+\n)+)\n")
JUDGING = re.compile(r"\d\. If it was right, close the alert: s3watch verdict [0-9A-Z]{26} expected")
OF_CALLERS = re.compile(
    r"revoke|session|access key|disable|stolen|ask (the caller|the person|who|the (link|URL)'s)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("name", EVENTS)
def test_every_mail_has_one_to_three_steps_and_the_command_that_judges_it(name):
    told = [NEXT.search(mail["body"]) for mail in mails(RULES, EVENTS[name])]

    assert all(found and 2 <= found[1].count("\n") <= 4 for found in told)
    assert all(JUDGING.fullmatch(found[1].splitlines()[-1]) for found in told)


@pytest.mark.parametrize("name", [name for name in EVENTS if name != "sqs-batch"])
def test_no_step_asks_or_stops_somebody_who_has_no_credentials(name):
    record = json.loads(EVENTS[name])
    record["detail"]["userIdentity"] = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    told = [NEXT.search(mail["body"])[1] for mail in mails(RULES, json.dumps(record))]

    assert [text for text in told if OF_CALLERS.search(text)] == []


@pytest.mark.parametrize("name", OFFERED)
def test_whoever_pastes_what_a_mail_offers_permanently_gets_no_such_mail_again(name, tmp_path):
    ruleset = with_entry(tmp_path / "rules", *PERMANENTLY.search(first_mail(EVENTS[name])).groups())

    assert subjects(ruleset, EVENTS[name]) == []


@pytest.mark.parametrize("name", OFFERED)
def test_every_other_event_alerts_as_before(name, tmp_path):
    principal = re.search(r"principal: \"?([^\"\n]+)", first_mail(EVENTS[name]))[1]
    ruleset = with_entry(tmp_path / "rules", *PERMANENTLY.search(first_mail(EVENTS[name])).groups())
    others = [event for event in EVENTS.values() if principal.rpartition("/")[2] not in event]

    assert [subjects(ruleset, event) for event in others] == [subjects(RULES, event) for event in others]


@pytest.mark.parametrize("name", [name for name in OFFERED if "DeleteObject" not in EVENTS[name]])
def test_another_operation_of_the_same_principal_alerts_as_before(name, tmp_path):
    event = EVENTS[name].replace('"GetObject"', '"DeleteObject"').replace('"PutObject"', '"DeleteObject"')
    ruleset = with_entry(tmp_path / "rules", *PERMANENTLY.search(first_mail(EVENTS[name])).groups())

    assert subjects(ruleset, event) == subjects(RULES, event) != []


@pytest.mark.parametrize("name", EXCEPTED)
def test_whoever_pastes_what_a_mail_offers_temporarily_gets_no_such_mail_again(name, tmp_path):
    ruleset = with_exceptions(tmp_path / "rules", TEMPORARILY.search(first_mail(EVENTS[name]))[1])

    assert subjects(ruleset, EVENTS[name]) == []


def with_decoy(folder: Path, exceptions: str = "") -> Ruleset:
    """The rules with a decoy where the events read, after the entries are pasted into exceptions.yaml."""
    write_example_rules(folder)
    with (folder / "catalogue.yaml").open("a") as catalogue:
        catalogue.write("\n  - {name: bait, match: s3://hr-data/payroll/2026/q3.csv, decoy: true}\n")
    (folder / "exceptions.yaml").write_text(exceptions)
    return compile_rules(folder, None)


def test_a_mail_about_a_decoy_offers_exceptions_that_end_it_and_no_line_of_the_catalogue(tmp_path):
    (mail,) = mails(with_decoy(tmp_path / "rules"), EVENTS["unexpected-read"])
    offered = TEMPORARILY.search(mail["body"])[1]

    assert (mail["subject"][:17], PERMANENTLY.search(mail["body"])) == ("[CRITICAL] bait: ", None)
    assert re.findall("rule: (.*)", offered) == ["decoy-touched", "unexpected-read"]
    assert subjects(with_decoy(tmp_path / "rules", offered), EVENTS["unexpected-read"]) == []


@pytest.mark.parametrize("name", EXCEPTED)
def test_an_exception_for_another_caller_changes_nothing(name, tmp_path):
    entries = re.sub(
        r"actor: .*", "actor: role/somebody-else", TEMPORARILY.search(first_mail(EVENTS[name]))[1]
    )
    ruleset = with_exceptions(tmp_path / "rules", entries)

    assert subjects(ruleset, EVENTS[name]) == subjects(RULES, EVENTS[name])


@pytest.mark.parametrize("name", [name for name in EXCEPTED if "payroll/2026/q3.csv" in EVENTS[name]])
def test_the_same_with_another_object_alerts_as_before(name, tmp_path):
    ruleset = with_exceptions(tmp_path / "rules", TEMPORARILY.search(first_mail(EVENTS[name]))[1])
    event = EVENTS[name].replace("payroll/2026/q3.csv", "payroll/2026/q4.csv")

    assert subjects(ruleset, event) == subjects(RULES, event) != []


@pytest.mark.parametrize(
    ("event", "offered"),
    [
        ("unexpected-read", True),
        ("unexpected-write", True),
        ("foreign-account-read", True),
        ("denied-read", False),
        ("copy-out", False),
        ("access-grant", False),
        ("sigv2-read", False),
        ("batch-delete", False),
        ("batch-delete-object", False),
        ("anonymous-read", False),
    ],
    ids=str,
)
def test_the_catalogue_is_offered_only_where_every_detection_asks_who_is_expected(event, offered):
    assert (event in OFFERED) == offered


def test_all_objects_of_a_batch_delete_are_silenced_by_the_entries_of_its_mail(tmp_path):
    call, first = (json.loads(EVENTS[name]) for name in ("batch-delete", "batch-delete-object"))
    second = json.loads(EVENTS["batch-delete-object"].replace("q1.csv", "q2.csv"))
    second["detail"]["eventID"] = "76bc6aec-fbb8-5e25-9af2-6270a6843963"
    event = "\n".join(map(json.dumps, (call, first, second)))

    ruleset = with_exceptions(tmp_path / "rules", TEMPORARILY.search(first_mail(event))[1])

    assert (len(subjects(RULES, event)), subjects(ruleset, event)) == (1, [])


def test_a_role_of_identity_center_is_offered_with_whom_else_it_lets_in():
    role = "role/AWSReservedSSO_Analyst_0123456789abcdef"
    words = f"This makes everyone who has {role} expected, not alice@example.com alone."

    assert words in first_mail(EVENTS["unexpected-read"])


def deletes(user: str) -> str:
    """As many deletes as the pack's correlation counts."""
    return "".join(
        json.dumps(make_example({"base": "DeleteObject", "as": user, "key": f"payroll/{number}.csv"}, number))
        + "\n"
        for number in range(25)
    )


def test_what_the_mail_of_a_correlation_advises_silences_it_and_nothing_else(tmp_path):
    (body,) = [mail["body"] for mail in mails(RULES, deletes("user/bob")) if "[CRITICAL]" in mail["subject"]]
    silenced = with_exceptions(tmp_path, TEMPORARILY.search(body)[1])

    assert "many-objects-deleted" in body
    assert subjects(silenced, deletes("user/bob")) == []
    assert subjects(silenced, deletes("user/eve")) == subjects(RULES, deletes("user/eve")) != []
