from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import Assumed, Assumer
from s3watch.alerts.rows.session import rows
from s3watch.enrichment.sessions import REASONS

from tests.support.sample_alerts import OTHER, OWNER, make_evidence

FUNCTION = f"arn:aws:lambda:eu-west-1:{OWNER}:function:export"
GITHUB = "OIDC provider token[.]actions[.]githubusercontent[.]com"
HOME = {"network_kind": "ip", "ip": "198.51.100.7"}
ALICE = {"actor": "user/alice", "principal": "user/alice", "principal_type": "user", "caller_account": OWNER}
JUMP = {
    "actor": "role/jump", "principal": "role/jump", "principal_type": "role", "caller_account": OWNER,
    "arn": f"arn:aws:sts::{OWNER}:assumed-role/jump/bob", "mfa": False,
}  # fmt: skip
PERSON = {
    "actor": "alice@example.com", "actor_verified": True, "principal_type": "role", "caller_account": OWNER,
    "principal": "role/AWSReservedSSO_Analyst_0123456789abcdef",
    "arn": f"arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_Analyst_0123456789abcdef/alice@example.com",
}  # fmt: skip
WORKLOAD = {"workload": "lambda", "workload_holder": FUNCTION, "workload_certain": True}
SERVICE = {
    "actor": "service/ec2.amazonaws.com", "principal": "service/ec2.amazonaws.com",
    "principal_type": "service", "network_kind": "aws-service",
}  # fmt: skip
FOREIGN = {"actor": OTHER, "principal": OTHER, "principal_type": "account", "caller_account": OTHER}
SAML = {"principal_type": "federated", "provider": f"arn:aws:iam::{OWNER}:saml-provider/Okta"}
OIDC = {
    "principal_type": "federated",
    "provider": f"arn:aws:iam::{OWNER}:oidc-provider/token.actions.githubusercontent.com",
}


def said(*by: dict[str, Any], unread: str = "") -> str:
    """The row `Assumed by`."""
    assumed = Assumed(tuple(Assumer("AssumeRole", **each) for each in by), unread)
    (label, [line]), _ = rows(make_evidence(assumed=assumed))
    assert label == "Assumed by"
    return line


@pytest.mark.parametrize(
    ("who", "line"),
    [
        (ALICE | HOME | {"mfa": True}, "user/alice, with MFA, from 198.51.100.7"),
        (ALICE | HOME | {"country": "NL"}, "user/alice, from 198.51.100.7 (registered in NL)"),
        (
            ALICE | {"network_kind": "vpce", "ip": "10.0.0.1", "vpce": "vpce-0a1b"},
            "user/alice, from vpce-0a1b (from 10.0.0.1)",
        ),
        (
            ALICE | {"network_kind": "vpce", "ip": "10.0.0.1", "vpce": "vpce-0a1b", "vpce_account": OTHER},
            "user/alice, from vpce-0a1b of another account, 444455556666 (from 10.0.0.1)",
        ),
        (
            ALICE | {"network_kind": "aws-service", "user_agent": "cloudformation.amazonaws.com"},
            "user/alice, through the AWS service cloudformation",
        ),
        (ALICE | {"network_kind": "aws-internal"}, "user/alice, from inside AWS"),
        (ALICE | {"network_kind": "aws-service"}, "user/alice, through an AWS service"),
        (JUMP | HOME, "role/jump, session bob, from 198.51.100.7"),
        (
            JUMP | HOME | {"actor": "ceo", "claim_source": "source identity"},
            "role/jump, claims to be ceo (source identity), session bob, from 198.51.100.7",
        ),
        (
            JUMP | HOME | WORKLOAD,
            f"role/jump, session bob, of Lambda function {FUNCTION}, from 198.51.100.7",
        ),
        (
            PERSON | HOME,
            "alice@example.com, role/AWSReservedSSO_Analyst_0123456789abcdef, from 198.51.100.7",
        ),
        (SERVICE, "the AWS service ec2"),
        (
            FOREIGN | HOME | {"principal_id": "AIDAEXAMPLE"},
            "AIDAEXAMPLE of another account, 444455556666, from 198.51.100.7",
        ),
        (
            FOREIGN | HOME | {"principal_id": "AIDAEXAMPLE", "caller_account": OWNER},
            "AIDAEXAMPLE of account 111122223333, from 198.51.100.7",
        ),
        (
            FOREIGN | HOME | {"actor": OWNER, "principal": OWNER, "caller_account": OWNER},
            "account 111122223333, of which nothing else is known, from 198.51.100.7",
        ),
        (FOREIGN | HOME, "another account 444455556666, of which nothing else is known, from 198.51.100.7"),
        (
            SAML | HOME | {"actor": "carol"},
            'federated user "carol", according to SAML provider Okta, from 198.51.100.7',
        ),
        (
            OIDC | HOME | {"actor": "repo:acme/payroll:ref:refs"},
            f'federated user "repo:acme/payroll:ref:refs", according to {GITHUB}, from 198.51.100.7',
        ),
        (
            {"principal_type": "federated", "actor": "role/backup", "provider": "accounts.google.com"} | HOME,
            'federated user "role/backup", according to accounts[.]google[.]com, from 198.51.100.7',
        ),
        (
            {"actor": "root", "principal": "root", "principal_type": "root", "caller_account": OWNER} | HOME,
            "root, from 198.51.100.7",
        ),
    ],
    ids=[
        "a user with MFA", "a country", "an endpoint", "a stranger's endpoint",
        "through a service", "through nobody knows what of AWS",
        "through a service without a name", "a role", "a source identity", "a function",
        "a person of Identity Center", "a service", "another account", "our own account",
        "nothing but our own account", "nothing but an account",
        "SAML", "a workflow", "a provider of every account", "root",
    ],
)  # fmt: skip
def test_the_row_says_who_assumed_the_role(who: dict[str, Any], line: str):
    assert said(who) == line


def test_mfa_is_told_once():
    alice = Assumer("AssumeRole", **ALICE | HOME | {"mfa": True})
    (_, [line]), _ = rows(make_evidence(mfa=True, assumed=Assumed((alice,))))

    assert line == "user/alice, from 198.51.100.7"


def test_a_chain_is_told_from_the_last_role_back_to_whoever_began_it():
    elsewhere = HOME | {"ip": "203.0.113.9"}

    assert said(JUMP | HOME, ALICE | HOME) == (
        "role/jump, session bob, itself assumed by user/alice, from 198.51.100.7"
    )
    assert said(JUMP | HOME, ALICE | elsewhere) == (
        "role/jump, session bob, from 198.51.100.7, itself assumed by user/alice, from 203.0.113.9"
    )


@pytest.mark.parametrize(
    ("unread", "why"),
    [
        ("refused", "CloudTrail refused to look it up"),
        ("no answer", "CloudTrail did not answer in time"),
        ("not understood", "what CloudTrail answered was not understood"),
        ("too many", "too many sessions were to be looked up at once"),
        ("not yet", "CloudTrail's event history had no record of it yet"),
        ("not found", "CloudTrail's event history has no record of it"),
        ("busy", "CloudTrail had too many other look-ups to answer"),
        ("decoys", "somebody named many sessions after its access key, which hide the record"),
        (
            "not here",
            "CloudTrail has no record of it in the stack's Region, and could not be read in us-east-1",
        ),
        ("of a later\nversion", r"of a later\nversion"),
    ],
    ids=[
        "refused", "no answer", "not understood", "too many", "not yet", "not found", "busy", "decoys",
        "not here", "unknown",
    ],
)  # fmt: skip
def test_what_is_not_known_is_said_with_the_reason(unread: str, why: str):
    assert said(unread=unread) == f"not known: {why}"


def test_every_reason_has_words():
    assert [each for each in REASONS if each and said(unread=each) == f"not known: {each}"] == []


def test_a_chain_that_is_longer_than_is_looked_up_does_not_read_as_complete():
    assert said(JUMP | HOME, unread="longer") == (
        "role/jump, session bob, from 198.51.100.7; by whom that was assumed is not known:"
        " of a chain of roles only two steps are looked up"
    )


def test_of_a_chain_that_could_not_be_followed_the_beginning_is_told():
    assert said(JUMP | HOME, unread="no answer") == (
        "role/jump, session bob, from 198.51.100.7; by whom that was assumed is not known:"
        " CloudTrail did not answer in time"
    )


@pytest.mark.parametrize(
    ("provider", "named"),
    [
        (
            f"arn:aws:iam::{OWNER}:oidc-provider/evil.example/a:saml-provider/CorpOkta",
            "OIDC provider evil[.]example/a:saml-provider/CorpOkta",
        ),
        (f"evil.example/arn:aws:iam::{OWNER}:saml-provider/CorpOkta", "evil[.]example/arn:"),
        (f"arn:aws-cn:iam::{OWNER}:saml-provider/Okta", "SAML provider Okta"),
        ("", ""),
    ],
    ids=["an OIDC provider with such a path", "no ARN", "in China", "not known"],
)
def test_of_what_kind_a_provider_is_its_whole_arn_says(provider: str, named: str):
    line = said({"principal_type": "federated", "actor": "federated/dan", "provider": provider} | HOME)

    assert line.startswith(f'federated user "dan"{f", according to {named}" if named else ", from"}')


def test_the_account_of_whoever_assumed_the_role_has_its_name():
    bob = Assumer("AssumeRole", **FOREIGN | HOME, principal_id="AROAEXAMPLE:bob")
    jump = Assumer("AssumeRole", **JUMP | HOME | {"caller_account": OTHER})
    names = ((OTHER, "partner Acme"),)

    for one, line in (
        (bob, "AROAEXAMPLE:bob of another account, 444455556666 (partner Acme), from 198.51.100.7"),
        (
            jump,
            "role/jump, session bob, another account, 444455556666 (partner Acme), from 198.51.100.7",
        ),
    ):
        (_, [told]), _ = rows(make_evidence(assumed=Assumed((one,)), account_names=names))
        assert told == line


def test_names_longer_than_any_of_aws_leave_room_for_the_rest_of_a_chain():
    long = {"actor": f"role/{'x' * 250}", "principal": f"role/{'x' * 250}", "workload_holder": "x" * 250}
    line = said(*[JUMP | HOME | WORKLOAD | long] * 2)

    assert len(line) < 1000
    assert line.endswith("from 198.51.100.7")


def test_what_a_caller_chose_makes_no_line_and_no_link():
    line = said(OIDC | HOME | {"actor": "www.evil.example\nNext: pay"})

    assert line.startswith('federated user "www[.]evil[.]example\\nNext: pay", according to OIDC provider')


def test_of_a_caller_with_nobody_behind_nothing_is_said():
    assert rows(make_evidence()) == [("Assumed by", [""]), ("Credentials", [""])]
