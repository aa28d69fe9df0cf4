from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from s3watch.alerts.searches.insights import LONGEST, insights, pattern
from s3watch.alerts.searches.questions import Search, searches
from s3watch.text import columns

from tests.support.sample_alerts import OTHER, TEXTS, make_alert, make_evidence, wild_alerts

HEAD = [
    "fields @timestamp, eventName, errorCode, sourceIPAddress, userAgent,",
    "  userIdentity.arn, requestParameters.key, requestID",
]
MACIE = 'userIdentity.{} = "macie.amazonaws.com"'
TAIL = ["| sort @timestamp asc", "| limit 10000"]


def search_of_object(key: str) -> Search:
    return searches(make_alert(make_evidence(key=key)))[1]


def test_an_object_is_searched_in_the_whole_record():
    assert insights(search_of_object("payroll/2026/q3.csv")) == [
        *HEAD,
        "| filter @message like /hr-data/",
        r"| filter @message like /payroll(\/|%2F)2026(\/|%2F)q3\.csv/",
        *TAIL,
    ]


def test_an_unsafe_key_is_searched_by_what_is_safe_in_it():
    assert insights(search_of_object('payroll/" | limit 1'))[3] == (
        r"| filter @message like /payroll(\/|%2F)[^\/]+limit[^\/]+1/"
    )


@pytest.mark.parametrize(
    ("actor", "conditions"),
    [
        (
            f"{OTHER}:role/etl",
            [
                (
                    'userIdentity.sessionContext.sessionIssuer.userName = "etl"'
                    r" or userIdentity.arn like /role\/(.+\/)?etl(\/|$)/"
                ),
                f'userIdentity.accountId = "{OTHER}"',
            ],
        ),
        (
            f"{OTHER}:user/bob",
            [
                r'userIdentity.userName = "bob" or userIdentity.arn like /user\/(.+\/)?bob(\/|$)/',
                f'userIdentity.accountId = "{OTHER}"',
            ],
        ),
        (
            "root",
            [
                'userIdentity.type = "Root" or userIdentity.sessionContext.sessionIssuer.type = "Root"',
            ],
        ),
        (
            "service/macie.amazonaws.com",
            [
                MACIE.format("invokedBy") + " or " + MACIE.format("principalId"),
            ],
        ),
        (OTHER, [f'userIdentity.accountId = "{OTHER}"']),
        ("alice", ["@message like /alice/"]),
        ("federated/alice", ["@message like /alice/"]),
        ("203.0.113.7", ['sourceIPAddress = "203.0.113.7"']),
    ],
    ids=["role", "user", "root", "service", "account", "person", "federated", "address"],
)
def test_an_actor_is_searched_by_what_cloudtrail_records(actor: str, conditions: list[str]):
    lines = insights(Search("what else this actor did", "actor", actor, trusted=True))

    query = re.sub(r"\n +", " ", "\n".join(lines)).split("\n")  # as one line each
    assert query[1:-2] == [f"| filter {condition}" for condition in conditions]


@given(TEXTS.filter(lambda text: "\n" not in text))
def test_a_pattern_matches_its_text_and_has_only_safe_characters(text: str):
    written = pattern(text)

    assert re.fullmatch(written, text)
    assert re.fullmatch(r"(\[\^\\/\]\+|\.\*|\\[./+]|[A-Za-z0-9 _@:=,-])*", written)
    assert len(written) <= LONGEST


@given(TEXTS.filter(bool))
def test_an_encoded_pattern_is_found_in_a_record_however_it_writes_the_text(text: str):
    written = pattern(text, encoded=True)

    assert re.search(written, json.dumps(text))
    assert re.search(written, json.dumps(text, ensure_ascii=False))
    assert re.search(written, quote(text, safe="", errors="replace"))
    assert re.search(written, quote(text, errors="replace"))
    assert re.fullmatch(r"(\[\^\\/\]\+|\.\*|\\\.|\(\\/\|%2F\)|[A-Za-z0-9_-])*", written)
    assert len(written) <= LONGEST


@given(wild_alerts())
def test_every_possible_search_has_short_visible_lines(alert):
    for search in searches(alert):
        lines = insights(search)

        assert max(map(columns, lines)) <= 78
        assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("kind", ["role/", "user/", "service/", "federated/", ""], ids=str)
@pytest.mark.parametrize("name", ["x" * 64, "é" * 64, "a.b" * 21, "a/" * 32], ids=ascii)
def test_the_longest_names_fit_the_lines(kind: str, name: str):
    lines = insights(Search("what else this actor did", "actor", f"{OTHER}:{kind}{name}", trusted=True))

    assert max(map(columns, lines)) <= 78
