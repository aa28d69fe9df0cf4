from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import pytest
from s3watch.alerts.alert import Evidence
from s3watch.alerts.rows.access import (
    arn,
    changes,
    effects,
    grantees,
    how,
    lasting,
    moved,
    opens,
    origin,
    peer,
    place,
    region,
    request,
    sets,
    target,
    what,
    who,
)

from tests.support.sample_alerts import OTHER, make_evidence


def shown(row: Callable[[Evidence], list[str]], **facts) -> tuple[str, ...]:
    """Return the lines of a row that are not empty, for an access with these facts."""
    return tuple(filter(None, row(make_evidence(**facts))))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            {"mfa": True, "principal": "root", "actor": "root", "principal_type": "root"},
            "root, account 111122223333, with MFA",
        ),
        (
            {
                "caller_account": OTHER,
                "principal": f"{OTHER}:root",
                "actor": f"{OTHER}:root",
                "principal_type": "root",
                "mfa": False,
            },
            f"{OTHER}:root, another account, {OTHER}, without MFA",
        ),
        (
            {
                "actor": "service/macie.amazonaws.com",
                "principal": "service/macie.amazonaws.com",
                "principal_type": "service",
                "caller_account": "",
            },
            "service/macie.amazonaws.com",
        ),
        ({"actor": "unknown", "principal": "unknown"}, "unknown"),
        (
            {
                "principal": "cloudfront:user/X",
                "actor": "cloudfront:user/X",
                "caller_account": "cloudfront",
                "arn": "",
            },
            "cloudfront:user/X",
        ),
        (
            {
                "principal": f"{OTHER}:user/x",
                "actor": f"{OTHER}:user/x",
                "caller_account": OTHER,
                "bucket_account": "",
                "arn": "",
            },
            f"{OTHER}:user/x, another account, {OTHER}",
        ),
        ({"actor": "anonymous"}, "anonymous, without credentials: it could be anyone"),
        (
            {
                "principal": "role/x",
                "actor": "role/x",
                "arn": "arn:aws:sts::111122223333:assumed-role/x/bob (root)",
            },
            'role/x, session "bob (root)", account 111122223333',
        ),
        (
            {"principal": OTHER, "actor": OTHER, "caller_account": OTHER},
            f"another account {OTHER}, of which nothing else is known",
        ),
        (
            {"principal": OTHER, "actor": OTHER, "caller_account": OTHER, "bucket_account": ""},
            f"account {OTHER}, of which nothing else is known",
        ),
    ],
    ids=[
        "with MFA",
        "another account",
        "service",
        "unknown",
        "of AWS's own account",
        "in an access log",
        "anonymous",
        "a named session",
        "only the number of another account",
        "only the number of an account, of a bucket whose owner is not known",
    ],
)
def test_who_shows_what_is_known_of_the_caller(facts, words):
    assert who(make_evidence(**facts)) == words


@pytest.mark.parametrize(
    ("verified", "shown"),
    [(True, "alice@example.com"), (False, "alice@example[.]com")],
    ids=["verified", "chosen by the caller"],
)
def test_the_arn_of_a_session_that_its_caller_named_is_no_link(verified, shown):
    session = "arn:aws:sts::111122223333:assumed-role/Analyst/"

    assert arn(make_evidence(arn=f"{session}alice@example.com", actor_verified=verified)) == session + shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](https://evil.example)", "[x](https[://]evil[.]example)"),
        ("arn:aws:iam::1:x/https://evil.example", "arn:aws:iam::1:x/https[://]evil[.]example"),
    ],
    ids=["none at all", "with a link in it"],
)
def test_what_is_no_arn_is_no_link_either_whoever_is_vouched_for(text, shown):
    assert arn(make_evidence(arn=text, actor_verified=True)) == shown


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "GetObject, succeeded"),
        ({"outcome": "missing", "error_code": "NoSuchKey"}, "GetObject, not found (NoSuchKey)"),
        ({"outcome": "denied", "error_code": "AccessDenied"}, "GetObject, denied (AccessDenied)"),
    ],
    ids=["success", "not found", "denied"],
)
def test_what_shows_the_call_and_its_outcome(facts, words):
    assert what(make_evidence(**facts)) == words


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({}, ("Object", "s3://hr-data/payroll/2026/q3.csv")),
        ({"key": "a (expected)"}, ("Object", '"s3://hr-data/a (expected)"')),
        ({"key": ""}, ("Bucket", "s3://hr-data")),
        ({"key": "", "prefix": "payroll/"}, ("Objects", "s3://hr-data/payroll/*")),
        (
            {"bucket": "", "key": "", "resource": "org-trail", "event_source": "cloudtrail.amazonaws.com"},
            ("Trail", "org-trail"),
        ),
    ],
    ids=["object", "a key that passes for our words", "bucket", "prefix", "trail"],
)
def test_the_target_is_named_with_its_kind(facts, row):
    assert target(make_evidence(**facts)) == row


@pytest.mark.parametrize(
    ("operation", "row"),
    [("read", ("Copied to", "s3://hr-data/a")), ("write", ("Copied from", "s3://hr-data/a"))],
    ids=str,
)
def test_a_copy_shows_its_other_side(operation, row):
    assert peer(make_evidence(operation=operation, peer_uri="s3://hr-data/a")) == row


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "230 MB"),
        ({"operation": "write", "bytes_in": 48_120}, "48.1 kB"),
        ({"event_name": "CopyObject", "peer_uri": "s3://elsewhere/a", "bytes_out": 234}, ""),
        ({"outcome": "denied", "bytes_out": 243}, ""),
        ({"operation": "list"}, ""),
    ],
    ids=["read", "written", "the answer to a copy", "the answer to a denied request", "a list"],
)
def test_only_bytes_of_data_are_shown(facts, words):
    assert moved(make_evidence(**facts)) == words


ATHENA = {"client": "aws-service", "user_agent": "athena.amazonaws.com"}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "203.0.113.7, aws-cli 2.31"),
        ({"tls": "1.1"}, "203.0.113.7, aws-cli 2.31, TLS 1.1"),
        ({"client": "(expected)"}, '203.0.113.7, "(expected)"'),
        ({"tls": "none"}, "203.0.113.7, aws-cli 2.31, no TLS"),
        (
            {"vpce": "vpce-0a1b2c3d", "ip": "10.0.4.17", "tls": ""},
            "vpce-0a1b2c3d (from 10.0.4.17), aws-cli 2.31",
        ),
        (
            {"vpce": "vpce-0a1b2c3d", "vpce_account": "444455556666", "ip": "10.0.4.17"},
            "vpce-0a1b2c3d of another account, 444455556666 (from 10.0.4.17), aws-cli 2.31",
        ),
        ({"ip": "8.8.8.8", "country": "US"}, "8.8.8.8 (registered in US), aws-cli 2.31"),
        (
            {"vpce": "vpce-0a1b2c3d", "ip": "8.8.8.8", "country": "US"},
            "vpce-0a1b2c3d (from 8.8.8.8, registered in US), aws-cli 2.31",
        ),
        (
            {"country": "NL", "as_number": 64500, "as_name": "Example Net"},
            '203.0.113.7 (registered in NL, AS64500 "Example Net"), aws-cli 2.31',
        ),
        (
            {"as_number": 64500, "as_name": "Example Net expected by role-app"},
            '203.0.113.7 (AS64500 "Example Net expected by role-app"), aws-cli 2.31',
        ),
        ({"as_number": 64500, "as_name": "EXAMPLE-NET"}, "203.0.113.7 (AS64500 EXAMPLE-NET), aws-cli 2.31"),
        ({"as_number": 64500}, "203.0.113.7 (AS64500), aws-cli 2.31"),
        (
            {"as_number": 64500, "as_name": "Example), expected (by all"},
            '203.0.113.7 (AS64500 "Example), expected (by all"), aws-cli 2.31',
        ),
        (
            {"vpce": "vpce-0a1b2c3d", "country": "NL", "as_number": 64500, "as_name": "Example Net"},
            'vpce-0a1b2c3d (from 203.0.113.7, registered in NL, AS64500 "Example Net"), aws-cli 2.31',
        ),
        (
            {"ip": "", "network_kind": "aws-service", "client": "", "user_agent": "x y"},
            'an AWS service, "x y"',
        ),
        (
            {"ip": "", "network_kind": "aws-service", **ATHENA},
            "the AWS service athena",
        ),
        (ATHENA, "203.0.113.7, athena[.]amazonaws[.]com"),
        (
            {"ip": "", "network_kind": "", "client": "", "user_agent": "", "tls": ""},
            "an address that was not recorded",
        ),
    ],
    ids=[
        "address",
        "old TLS",
        "a program that passes for our words",
        "without TLS",
        "endpoint",
        "endpoint of a stranger",
        "country",
        "country of whoever came through an endpoint of AWS",
        "autonomous system",
        "autonomous system whose name of plain words passes for ours",
        "autonomous system whose name is one word",
        "autonomous system without a name",
        "autonomous system whose name passes for our words",
        "autonomous system of whoever came through an endpoint of AWS",
        "service",
        "service by its name",
        "somebody with the name of a service",
        "nothing",
    ],
)
def test_from_shows_the_network_and_the_client(facts, words):
    assert origin(make_evidence(**facts)) == words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"presigned": True, "auth": "query"}, "presigned URL"),
        (
            {"auth": "query", "presigned": True, "perhaps_console": True, "presigned_until": 1795162740.0},
            "presigned URL, or a download or upload in the console, valid until 2026-11-20 08:19 UTC",
        ),
        ({"like_console": True, "auth": "query"}, "looks like a download in the S3 console"),
        (
            {"like_console": True, "auth": "query", "operation": "write"},
            "looks like an upload in the S3 console",
        ),
        ({"console": True, "auth": "query"}, "AWS console"),
        ({"auth": "form"}, "browser upload form"),
        ({"auth": "none"}, "not signed"),
        ({"signature": "SigV2"}, "SigV2, a signature version that AWS has deprecated"),
        ({}, ""),
    ],
    ids=[
        "presigned",
        "for at most five minutes",
        "like a download",
        "like an upload",
        "console",
        "form",
        "unsigned",
        "old signature",
        "plain",
    ],
)
def test_how_shows_only_the_unusual(facts, words):
    assert how(make_evidence(**facts), UTC) == words


def test_a_denied_change_shows_what_it_would_have_opened():
    lines = shown(opens, grants_public=True, grants_accounts=(OTHER,), outcome="denied")

    assert lines == (
        "nothing, because it did not succeed; it would have opened",
        "to everyone",
        f"to account {OTHER}",
    )


def test_a_change_that_opens_nothing_has_no_line():
    assert shown(opens, outcome="denied") == ()


@pytest.mark.parametrize(
    ("facts", "lines"),
    [
        ({"expiry_days": 1}, ("objects are deleted after 1 day",)),
        ({"retention_days": 36_500}, ("objects are locked for 36,500 days, about 100 years",)),
        ({"destination_accounts": (OTHER,)}, (f"data is sent to other accounts: {OTHER}",)),
        ({"destination_buckets": ("elsewhere",)}, ("destination: s3://elsewhere",)),
        ({"destination_buckets": ("a",), "other_buckets": 9}, ("destinations: s3://a, and 9 others",)),
        (
            {"expiry_days": 1, "changes": tuple(f"Setting {number}" for number in range(5))},
            ("objects are deleted after 1 day", "Setting 0", "Setting 1", "and 3 others"),
        ),
        ({"expiry_days": 1, "outcome": "denied"}, ()),
        ({}, ()),
    ],
    ids=[
        "expiry",
        "retention",
        "account",
        "bucket",
        "buckets",
        "settings after what they do",
        "denied",
        "nothing",
    ],
)
def test_a_configuration_shows_what_it_sets(facts, lines):
    assert shown(sets, **facts) == lines


@pytest.mark.parametrize(
    ("row", "facts", "lines"),
    [
        (who, {"actor": OTHER}, f"another account {OTHER} (Acme), of which nothing else is known"),
        (
            who,
            {"actor": "user/x", "principal": "user/x", "arn": ""},
            f"user/x, another account, {OTHER} (Acme)",
        ),
        (grantees, {"grants_accounts": (OTHER, "o-x")}, [f"to account {OTHER} (Acme), organization o-x"]),
        (effects, {"destination_accounts": (OTHER,)}, [f"data is sent to other accounts: {OTHER} (Acme)"]),
        (
            place,
            {"vpce": "vpce-1", "vpce_account": OTHER, "ip": ""},
            f"vpce-1 of another account, {OTHER} (Acme)",
        ),
    ],
    ids=["a number alone", "a caller", "a grantee", "a destination", "an endpoint"],
)
def test_an_account_has_its_name_behind_its_number(row, facts, lines):
    facts = {"caller_account": OTHER, "account_names": ((OTHER, "Acme"),)} | facts

    assert row(make_evidence(**facts)) == lines


def test_grantees_are_named_as_long_as_all_of_them_can_be():
    (line,) = shown(opens, grants_accounts=tuple(f"4444555566{number}" for number in range(10, 30)))

    assert line.count("account 4444555566") == 20


def test_of_too_many_grantees_none_is_named_since_the_caller_would_choose_which():
    names = tuple(f"{number:012}" for number in range(50))

    assert shown(opens, grants_public=True, grants_accounts=names, other_grantees=1950) == (
        "to everyone",
        "to 2,000 others, too many to name here",
    )


def test_destinations_that_the_evidence_does_not_name_are_counted_too():
    (line,) = shown(sets, destination_accounts=("444455556666",), other_destinations=70)

    assert line == "data is sent to other accounts: 444455556666, and 70 others"


@pytest.mark.parametrize(
    ("acts", "lines"),
    [
        (["read"], []),
        (["copy-out CopyObject elsewhere"], ["CopyObject to elsewhere"]),
        (["remediated PutBucketAcl"], ["PutBucketAcl"]),
        (["opened PutBucketPolicy\u202e *"], ["PutBucketPolicy\\u202e to *"]),
    ],
    ids=["no lasting act", "with a target", "without one", "hostile"],
)
def test_lasting_acts_show_the_call_and_its_target(acts, lines):
    assert lasting(acts) == lines


def test_what_follows_a_time_or_a_reference_is_left_out_if_unknown():
    unknown = make_evidence(region="", request_id="")

    assert (region(unknown), request(unknown)) == ("", "")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("BlockPublicPolicy off", "BlockPublicPolicy off"),
        ("TargetPrefix logs (all), as before", 'TargetPrefix "logs (all), as before"'),
        ("x\n evil.example", r"x\n evil[.]example"),
    ],
    ids=["a setting", "a value that passes for our words", "hostile"],
)
def test_a_setting_that_changed_is_shown_with_its_value(change, line):
    assert changes(make_evidence(changes=(change,))) == [line]
