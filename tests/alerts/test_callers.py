from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.callers import claimed, lines, vouched

from tests.support.sample_alerts import make_evidence

SSO = "role/AWSReservedSSO_Analyst_0123456789abcdef"


@pytest.mark.parametrize(
    ("facts", "name", "claim", "shown"),
    [
        ({}, "alice@example.com", "", ["alice@example.com", SSO]),
        (
            {"actor": "eve", "principal": "role/x", "claim_source": "source identity"},
            "role/x",
            "eve",
            ["role/x", "claims to be eve (source identity)"],
        ),
        (
            {"actor": "ceo@example.com", "principal": "role/x", "claim_source": "web identity"},
            "role/x",
            "ceo@example.com",
            ["role/x", "claims to be ceo@example[.]com (web identity)"],
        ),
        (
            {"actor": "alice, with MFA", "principal": "role/x", "claim_source": "web identity"},
            "role/x",
            "alice, with MFA",
            ["role/x", 'claims to be "alice, with MFA" (web identity)'],
        ),
        (
            {"actor": "alice", "principal": SSO, "claim_source": "session name"},
            SSO,
            "alice",
            [SSO, "claims to be alice (session name)"],
        ),
        (
            {
                "actor": "federated/carol",
                "principal": "federated/carol",
                "issuer": "user/deploy",
                "claim_source": "federation token",
            },
            "user/deploy",
            "carol",
            ["user/deploy", "claims to be carol (federation token)"],
        ),
        (
            {"actor": "federated/carol", "principal": "federated/carol", "claim_source": "federation token"},
            "federated/carol",
            "",
            ["federated/carol", "claims to be carol (federation token)"],
        ),
        (
            {"actor": "carol", "principal": "federated/carol", "claim_source": "SAML"},
            "federated/carol",
            "",
            ["federated/carol", "claims to be carol (SAML)"],
        ),
        ({"actor": "role/x", "principal": "role/x"}, "role/x", "", ["role/x", ""]),
    ],
    ids=[
        "a verified person", "a source identity", "a web identity", "one with blanks", "a session name",
        "a federation token",
        "a federation token in an access log", "SAML", "no person",
    ],
)  # fmt: skip
def test_a_caller_is_named_by_what_aws_vouches_for(
    facts: dict[str, Any], name: str, claim: str, shown: list[str]
):
    evidence = make_evidence(**{"actor_verified": not facts} | facts)

    assert (vouched(evidence), claimed(evidence), lines(evidence)) == (name, claim, shown)
