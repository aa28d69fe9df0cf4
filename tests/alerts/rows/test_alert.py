from __future__ import annotations

import pytest
from hypothesis import given
from s3watch.alerts.alert import Assumed, Assumer, News
from s3watch.alerts.rows.alert import Row, details, reference, rows

from tests.support.sample_alerts import (
    DETECTIONS,
    OTHER,
    OWNER,
    STORIES,
    make_alert,
    make_evidence,
    wild_alerts,
    wild_detections,
)

HOME = {"network_kind": "ip", "ip": "198.51.100.7"}
USER = Assumer("AssumeRole", actor="user/alice", principal="user/alice", principal_type="user", **HOME)
ALICE = Assumed((USER,))


def row_lines(label, **facts):
    """Return the lines of one row, for an access with these facts."""
    shown = rows(make_alert(make_evidence(**facts)), DETECTIONS)
    return next((row.lines for row in shown if row.label == label), ())


def test_the_first_message_answers_who_what_when_where_how_and_why():
    labels = [row.label for row in rows(STORIES["presigned"], DETECTIONS)]

    assert labels == [
        "Who", "Signed by", "What", "Object", "When", "From", "How", "How much", "New", "Why", "Expected",
        "Owner",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["first", "worse"])
def test_who_is_behind_a_role_is_told_right_after_its_session(kind):
    alert = make_alert(make_evidence(principal="role/Analyst", assumed=ALICE), kind=kind)

    assert [row.label for row in rows(alert, DETECTIONS)][:3] == ["Who", "Assumed by", "What"]


@pytest.mark.parametrize("kind", ["rollup", "closed"])
@pytest.mark.parametrize("is_overflow", [False, True], ids=["a group", "an overflow"])
def test_of_many_accesses_one_session_is_told_with_the_one_that_is_shown(kind, is_overflow):
    arn = f"arn:aws:sts::{OWNER}:assumed-role/support/alice-session"
    support = {"actor": "role/support", "principal": "role/support", "actor_verified": False, "arn": arn}
    alert = make_alert(
        make_evidence(**support, assumed=ALICE, workload="ec2"), kind=kind, is_overflow=is_overflow,
        actor="role/support", principal="role/support",
    )  # fmt: skip

    shown = rows(alert, DETECTIONS)
    assert not {"Assumed by", "Credentials"} & {row.label for row in shown}
    assert not [row for row in shown if "alice" in str(row)]
    [worst] = [row.lines for row in details(alert) if row.label == "Worst"]
    assert worst[2:5] == (
        "in session alice-session",
        "assumed by: user/alice, from 198.51.100.7",
        "credentials: of EC2 instance, by the session's name alone",
    )


def test_news_is_what_no_earlier_message_has_said():
    news = News(
        acts=(("delete", 1), ("read", 12)), rules=("batch-delete",), labels=("medical",), keys=1, ips=2
    )

    assert Row(
        "New",
        (
            (
                "since the last message deleted 1, read 12; 1 further object, 2 further addresses; "
                "label medical; detection batch-delete"
            ),
        ),
    ) in rows(make_alert(kind="rollup", news=news), DETECTIONS)


def test_a_summary_without_news_has_no_row_for_it():
    labels = [row.label for row in rows(make_alert(kind="rollup", news=News()), DETECTIONS)]

    assert "New" not in labels


def test_an_overflow_names_the_account_of_its_principal():
    evidence = make_evidence(principal="user/eve", account_names=(("111122223333", "hr-prod"),))
    alert = make_alert(evidence, kind="rollup", is_overflow=True, label="", labels=("a", "b"))

    assert rows(alert, DETECTIONS)[0] == Row("Who", ("user/eve, account 111122223333 (hr-prod)",))


def test_an_overflow_says_that_it_stands_for_many_alerts_of_a_principal():
    alert = make_alert(make_evidence(principal="user/eve"), is_overflow=True, label="", labels=("a", "b"))

    assert rows(alert, DETECTIONS)[-1] == Row(
        "Shared",
        (
            (
                "too many alerts about user/eve within an hour: further accesses are combined here, "
                "whatever their name, label or bucket"
            ),
        ),
    )


@pytest.mark.parametrize(
    ("facts", "changes", "words"),
    [
        ({}, {}, "1 object, 230 MB"),
        ({"bytes_out": None}, {}, "1 object"),
        ({"outcome": "denied"}, {}, "nothing: it was denied"),
        ({"outcome": "missing"}, {}, "nothing: it was not found"),
        ({"key": "", "keys_unknown": True}, {}, "an unknown number of objects"),
        (
            {},
            {"count": 3, "distinct_keys": 2, "acts": (("delete", 1), ("read", 2))},
            "deleted 1, read 2; 3 accesses, 2 objects, 1 address, 230 MB read",
        ),
    ],
    ids=["read", "size unknown", "denied", "not found", "keys unknown", "several"],
)
def test_how_much_says_how_many_objects_and_bytes(facts, changes, words):
    alert = make_alert(make_evidence(**facts), **changes)

    assert Row("How much", (words,)) in rows(alert, DETECTIONS)


def test_labels_are_listed_if_there_are_several():
    assert Row("Labels", ("payroll", "medical")) in rows(
        make_alert(kind="rollup", labels=("payroll", "medical")), DETECTIONS
    )


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"peer_uri": "s3://collector-bucket/in/q3.csv"}, "copied to: s3://collector-bucket/in/q3.csv"),
        ({"grants_public": True}, "opened to everyone"),
        ({"grants_accounts": (OTHER,)}, f"opened to account {OTHER}"),
        ({"presigned": True}, "presigned URL"),
    ],
    ids=["copy", "everyone", "account", "presigned"],
)
def test_the_worst_access_of_a_roll_up_is_shown_with_its_target(facts, line):
    worst, *_ = details(make_alert(make_evidence(**facts), kind="rollup"))

    assert worst.label == "Worst"
    assert line in worst.lines


def test_expected_shows_if_it_is_nobody():
    assert row_lines("Expected", expected_principals=()) == ("to read: nobody",)


def test_expected_says_that_nobody_is_at_a_decoy():
    assert row_lines("Expected", expected_principals=(), decoy="payroll bait") == (
        'nobody: "payroll bait" is a decoy',
    )


def test_expected_principals_that_the_evidence_does_not_name_are_counted_too():
    (line,) = row_lines("Expected", expected_principals=("role/payroll-app",), other_expected=41)

    assert line == "to read: only role/payroll-app and 41 others"


def test_expected_is_left_out_if_the_catalogue_does_not_say():
    assert row_lines("Expected", expected=None) == ()


def test_a_rule_that_no_longer_exists_is_shown_by_name():
    shown = rows(make_alert(rule="gone", rules=("gone",)), {})

    assert Row("Why", ("gone",)) in shown


def test_what_names_the_callers_credentials_is_apart_from_what_is_read_first():
    arn = "arn:aws:iam::111122223333:user/bob"

    assert details(STORIES["denied"]) == [
        Row("ARN", (arn,)),
        Row("Access key", ("AKIAIOSFODNN7EXAMPLE",)),
    ]


@pytest.mark.parametrize("story", ["anonymous", "overflow"], ids=str)
def test_nobody_and_many_have_no_credentials_to_name(story):
    assert {row.label for row in details(STORIES[story])} <= {"Worst"}


def test_the_reference_of_a_roll_up_is_only_its_group():
    assert reference(STORIES["rollup"]) == Row("Ref", ("alert 01KAG3Z5B0M4YQ8ZJ1T6W9XH2V",))


@given(wild_alerts(), wild_detections())
def test_every_possible_line_is_visible_and_of_limited_length(alert, detections):
    shown = [*rows(alert, detections), *details(alert), reference(alert)]

    assert all(row.lines and len(row.label) <= 12 for row in shown)
    assert all(line.isprintable() and 0 < len(line) < 1000 for row in shown for line in row.lines)


def test_several_owners_are_addresses_each():
    alert = make_alert(owner="hr-security@example.com, notes@example.com")

    assert Row("Owner", ("hr-security@example.com, notes@example.com",)) in rows(alert, DETECTIONS)
