"""What mails advise is a law: pasted and replayed, it silences what they are about, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.ruleset import Ruleset

from tests.support.cloudtrail import make_record, make_role, make_user
from tests.support.pasted_advice import offered, with_exceptions, with_expected
from tests.support.sample_alerts import HOSTILE
from tests.support.situations import SITUATIONS, Situation, mail_of, records_of, replay, shipped

type Record = dict[str, Any]

RECORDED = [each for each in SITUATIONS if each.events]
PASTE: dict[str, Callable[[str], Ruleset]] = {"expected": with_expected, "exceptions": with_exceptions}
OFFERS = [(each, advice) for each in RECORDED for advice in each.advice]
EXPECTED = [each for each in RECORDED if "expected" in each.advice]
OF_ONE = [each for each in EXPECTED if len(each.events) == 1]
# An exception for what is not in a bucket names no object, as its mail says; another missing object is no
# alert, and the bucket behind an access point is not in the record.
IN_BUCKETS = [
    each
    for each in RECORDED
    if "exceptions" in each.advice
    and "hr-data" in str(records_of(each))
    and not re.search("is gone|access point", each.name)
]

each_offer = pytest.mark.parametrize(
    ("situation", "advice"), OFFERS, ids=[f"{situation}, {advice}" for situation, advice in OFFERS]
)


def told(ruleset: Ruleset, *records: Record) -> list[tuple[str, str]]:
    return [(mail["kind"], mail["subject"]) for mail in replay(ruleset, records)]


def pasted(situation: Situation, advice: str) -> Ruleset:
    return PASTE[advice](mail_of(situation)[1])


def key_of(record: Record) -> str:
    """The key that an access is about, as the record writes it; of a bucket none."""
    parameters = record["requestParameters"] or {}
    copied = parameters.get("x-amz-copy-source", "").partition("/")[2]
    named = (each.get("ARN", "").partition("/")[2] for each in record.get("resources") or ())
    return copied or parameters.get("key") or next(named, "")


def renamed(record: Record, key: str) -> Record:
    """The same access to another object, or of a record without one to another bucket."""
    old, new = (key_of(record), key) if key_of(record) else ("hr-data", "finance-exports")
    changed: Record = json.loads(json.dumps(record).replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1]))
    return changed


def by_another(record: Record) -> Record:
    """The same access by another role; who deletes the objects of a batch is named by the call alone."""
    is_part = record["eventType"] == "AwsServiceEvent"
    return record if is_part else record | {"userIdentity": make_role("somebody-else", "session")}


@pytest.mark.parametrize("situation", RECORDED, ids=str)
def test_a_mail_offers_what_its_situation_says(situation):
    assert offered(mail_of(situation)[1]) == list(situation.advice)


@each_offer
def test_whoever_pastes_it_gets_no_such_mail_again(situation, advice):
    records = records_of(situation)[len(situation.history) :]

    assert told(pasted(situation, advice), *records) == []


@each_offer
def test_another_caller_alerts_as_before(situation, advice):
    records = [by_another(record) for record in records_of(situation)]

    assert told(pasted(situation, advice), *records) == told(shipped(), *records) != []


@pytest.mark.parametrize("situation", OF_ONE, ids=str)
def test_another_operation_of_the_same_caller_alerts_as_before(situation):
    (record,) = records_of(situation)[len(situation.history) :]
    other = "DeleteObject" if record["eventName"] != "DeleteObject" else "PutObject"
    changed = record | {"eventName": other, "readOnly": False}

    assert told(pasted(situation, "expected"), changed) == told(shipped(), changed) != []


@pytest.mark.parametrize("situation", EXPECTED, ids=str)
def test_the_same_with_another_label_alerts_as_before(situation):
    changed = [renamed(record, "contracts/acme.pdf") for record in records_of(situation)]

    assert told(pasted(situation, "expected"), *changed) == told(shipped(), *changed) != []


@pytest.mark.parametrize("situation", IN_BUCKETS, ids=str)
def test_the_same_on_another_object_alerts_as_before(situation):
    keys = (f"contracts/{number}/.aws/credentials" for number in count())
    changed = [renamed(record, next(keys)) for record in records_of(situation)]

    assert told(pasted(situation, "exceptions"), *changed) == told(shipped(), *changed) != []


NAMES = st.from_regex(r"[A-Za-z0-9+=,.@_-]{1,24}", fullmatch=True)  # of IAM's users, roles and sessions
CALLERS = st.builds(make_user, NAMES) | st.builds(make_role, NAMES, NAMES)
KEYS = (st.sampled_from(HOSTILE) | st.text(max_size=60)).filter(
    lambda key: len(key.encode()) <= 1000
)  # S3: 1,024


def read(key: str, caller: Record) -> Record:
    return make_record(key=f"payroll/{key}", userIdentity=caller)


def exceptions_for(record: Record) -> Ruleset:
    return with_exceptions(replay(shipped(), [record])[0]["body"])


@given(KEYS, CALLERS)
def test_an_exception_silences_its_caller_on_its_object_whatever_both_are_called(key, caller):
    ruleset = exceptions_for(read(key, caller))

    assert told(ruleset, read(key, caller)) == []
    assert told(ruleset, read(f"{key}b", caller)) != []
    assert told(ruleset, read(key, make_user("somebody.else"))) != []


def may_be_any(key: str, at: int) -> bool:
    """Whether a pattern cannot say what a character is: a control character, or a blank at the end."""
    sayable = "".join("?" if char < " " else char for char in key)
    return key[at] < " " or at >= len(sayable.rstrip())


@given(KEYS.filter(bool), CALLERS, st.data())
def test_no_character_of_a_key_but_what_no_pattern_can_have_may_be_another(key, caller, data):
    at = data.draw(st.integers(0, len(key) - 1))
    other = f"{key[:at]}{'q' if key[at] != 'q' else 'p'}{key[at + 1 :]}"

    assert (told(exceptions_for(read(key, caller)), read(other, caller)) == []) == may_be_any(key, at)


@given(CALLERS, CALLERS)
def test_an_entry_of_the_catalogue_expects_its_caller_and_no_other(caller, other):
    ruleset = with_expected(replay(shipped(), [read("q3.csv", caller)])[0]["body"])
    is_same = told(shipped(), read("q3.csv", caller)) == told(shipped(), read("q3.csv", other))

    assert told(ruleset, read("another.csv", caller)) == []
    assert (told(ruleset, read("q3.csv", other)) == []) == is_same
