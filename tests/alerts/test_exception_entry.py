from __future__ import annotations

import yaml
from hypothesis import given
from s3watch.alerts.exception_entry import exception, quoted
from s3watch.globs import compile_glob
from s3watch.text import columns

from tests.support.sample_alerts import STORIES, TEXTS, make_alert, make_evidence, wild_alerts


def test_an_exception_names_rule_actor_and_object_and_ends_after_a_month():
    assert exception(STORIES["first"]) == [
        "- rule: unexpected-read",
        "  actor: alice@example.com",
        '  object: "s3://hr-data/payroll/2026/q3.csv"',
        "  owner: hr-security@example.com",
        "  reason: why this is fine",
        "  until: 2026-12-20",
    ]


def test_an_exception_names_the_principal_if_the_actor_is_only_claimed():
    (entry,) = yaml.safe_load("\n".join(exception(make_alert(make_evidence(actor_verified=False)))))

    assert entry["actor"] == "role/AWSReservedSSO_Analyst_0123456789abcdef"


def test_an_exception_for_an_alert_without_a_bucket_names_no_object():
    (entry,) = yaml.safe_load("\n".join(exception(STORIES["trail-stopped"])))

    assert list(entry) == ["rule", "actor", "owner", "reason", "until"]


@given(TEXTS)
def test_the_object_of_an_exception_matches_the_key_and_no_other(key):
    alert = make_alert(make_evidence(key=f"a{key}"))

    (entry,) = yaml.safe_load("\n".join(exception(alert)))
    matches = compile_glob(entry["object"].strip())

    assert matches(f"s3://hr-data/a{key}")
    assert not matches(f"s3://hr-data/a{key}b")


def test_a_star_in_a_key_is_not_a_wildcard():
    (entry,) = yaml.safe_load("\n".join(exception(make_alert(make_evidence(key="a*")))))

    assert not compile_glob(entry["object"])("s3://hr-data/ab")


@given(wild_alerts())
def test_every_possible_exception_is_one_entry_of_short_lines(alert):
    lines = exception(alert)
    (entry,) = yaml.safe_load("\n".join(lines))

    assert (entry["rule"], entry["owner"]) == (alert.rule, alert.owner or "you@example.com")
    assert max(map(columns, lines)) <= 78
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("- rule: ")


def test_mail_programs_see_no_link_in_a_quoted_text():
    assert quoted("https://evil.example") == [r'"https\x3a\x2f\x2fevil\x2eexample"']
