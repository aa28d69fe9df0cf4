from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from s3watch.alerts.email.exception_entry import exceptions, quoted
from s3watch.globs import compile_glob
from s3watch.text import columns

from tests.support.sample_alerts import STORIES, TEXTS, make_alert, make_evidence, wild_alerts


def test_an_exception_names_rule_actor_and_object_and_ends_after_a_month():
    assert exceptions(STORIES["first"]) == [
        "- rule: unexpected-read",
        "  actor: alice@example.com",
        '  object: "s3://hr-data/payroll/2026/q3.csv"',
        "  owner: hr-security@example.com",
        "  reason: why this is expected",
        "  until: 2026-12-20",
    ]


def test_every_object_of_a_batch_delete_is_named():
    (entry,) = yaml.safe_load("\n".join(exceptions(STORIES["batch-delete-known"])))

    assert entry["object"] == ["s3://hr-data/payroll/2026/q3.csv", "s3://hr-data/payroll/2026/q4.csv"]


@pytest.mark.parametrize(
    ("keys", "pattern"),
    [
        (("payroll/2026/q3.csv", "payroll/2026/q4.csv"), "s3://hr-data/payroll/2026/*"),
        (("a*/1", "a*/2"), r"s3://hr-data/a\*/*"),
        (("q3.csv", "q4.csv"), "s3://hr-data/*"),
    ],
    ids=["a folder", "a star in its name", "no folder"],
)
def test_of_more_objects_than_an_alert_keeps_those_below_their_prefix_are_named(keys, pattern):
    alert = make_alert(keys=keys, distinct_keys=12)

    (entry,) = yaml.safe_load("\n".join(exceptions(alert)))

    assert entry["object"] == pattern


def test_an_exception_names_the_principal_if_the_actor_is_only_claimed():
    (entry,) = yaml.safe_load("\n".join(exceptions(make_alert(make_evidence(actor_verified=False)))))

    assert entry["actor"] == "role/AWSReservedSSO_Analyst_0123456789abcdef"


def test_an_exception_for_an_alert_without_a_bucket_names_no_object():
    (entry,) = yaml.safe_load("\n".join(exceptions(STORIES["trail-stopped"])))

    assert list(entry) == ["rule", "actor", "owner", "reason", "until"]


@given(TEXTS)
def test_the_object_of_an_exception_matches_the_key_and_no_other(key):
    alert = make_alert(make_evidence(key=f"a{key}"))

    (entry,) = yaml.safe_load("\n".join(exceptions(alert)))
    matches = compile_glob(entry["object"].strip())

    assert matches(f"s3://hr-data/a{key}")
    assert not matches(f"s3://hr-data/a{key}b")


def test_an_invisible_character_is_named_and_a_control_character_may_be_any():
    (entry,) = yaml.safe_load("\n".join(exceptions(make_alert(make_evidence(key="a\u200bb\tc ")))))

    assert entry["object"] == "s3://hr-data/a\u200bb?c?"


def test_a_star_in_a_key_is_not_a_wildcard():
    (entry,) = yaml.safe_load("\n".join(exceptions(make_alert(make_evidence(key="a*")))))

    assert not compile_glob(entry["object"])("s3://hr-data/ab")


@given(wild_alerts())
def test_every_possible_exception_is_an_entry_of_short_lines_for_each_detection(alert):
    lines = exceptions(alert)
    entries = yaml.safe_load("\n".join(lines))

    assert [entry["rule"] for entry in entries] == list(dict.fromkeys((alert.rule, *alert.rules)))[:10]
    assert {entry["owner"] for entry in entries} == {alert.owner or "you@example.com"}
    assert max(map(columns, lines)) <= 78
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("- rule: ")


def test_mail_programs_see_no_link_in_a_quoted_text():
    assert quoted("https://evil.example") == [r'"https\x3a\x2f\x2fevil\x2eexample"']
