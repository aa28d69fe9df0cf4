from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.alerts.alert import Assumed, Assumer, Evidence
from s3watch.enrichment.assumptions import MOST_TEXT, Session, read_assumption
from s3watch.enrichment.source import Source

from tests.support.assumptions import (
    ALICE,
    FOREIGN,
    KEY,
    OIDC,
    SAML,
    SAML_USER,
    SERVICE,
    SESSION,
    WORKFLOW,
    make_assumption,
)
from tests.support.cloudtrail import OTHER, OWNER, SSO_PATH, as_bytes, make_role
from tests.support.sample_alerts import make_evidence

SERVING = "cloudformation.amazonaws.com"
EVENT = "1917948f-3042-46ec-98e2-62865EXAMPLE"
SSO = "AWSReservedSSO_Analyst_0123456789abcdef"
FUNCTION = f"arn:aws:lambda:eu-west-1:{OWNER}:function:export"


def read(identity: Any = None, **changes: Any) -> Assumer | None:
    return read_assumption(as_bytes(make_assumption(identity, **changes)).decode(), SESSION, OWNER)


def found(identity: Any = None, **changes: Any) -> Assumer:
    assumer = read(identity, **changes)
    assert assumer
    return assumer


def test_a_user_is_named_with_the_key_and_the_address():
    assert read() == Assumer(
        event_name="AssumeRole",
        event_id=EVENT,
        actor="user/alice",
        principal="user/alice",
        principal_type="user",
        caller_account=OWNER,
        arn=ALICE["arn"],
        access_key="AKIAEXAMPLE",
        network_kind="ip",
        ip="198.51.100.7",
    )


def test_a_role_is_named_with_its_own_session_so_that_the_chain_goes_on():
    assumer = found(make_role("jump", "bob"))

    assert (assumer.principal, assumer.access_key, assumer.session_began) == ("role/jump", *SESSION)
    assert assumer.arn == f"arn:aws:sts::{OWNER}:assumed-role/jump/bob"


def test_a_person_of_identity_center_is_vouched_for():
    assumer = found(make_role(SSO, "alice@example.com", path=SSO_PATH))

    assert (assumer.actor, assumer.actor_verified) == ("alice@example.com", True)


def test_a_function_is_named_with_what_its_credentials_were_made_for():
    issued = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": FUNCTION}
    assumer = found(make_role("etl", "export") | {"inScopeOf": issued})

    assert (assumer.workload, assumer.workload_holder, assumer.workload_certain) == ("lambda", FUNCTION, True)


def test_a_service_is_named_by_its_principal():
    assumer = found(SERVICE, sourceIPAddress="ec2.amazonaws.com")

    assert (assumer.principal, assumer.network_kind) == ("service/ec2.amazonaws.com", "aws-service")


def test_a_user_who_acts_through_a_service_is_named_with_it():
    assumer = found(ALICE | {"invokedBy": SERVING}, sourceIPAddress=SERVING, userAgent=SERVING)

    assert (assumer.principal, assumer.network_kind, assumer.user_agent) == (
        "user/alice", "aws-service", SERVING,
    )  # fmt: skip


def test_whose_an_endpoint_is_that_is_of_a_stranger_is_read():
    assert found(vpcEndpointId="vpce-0a1b", vpcEndpointAccountId=OTHER).vpce_account == OTHER
    assert found(vpcEndpointId="vpce-0a1b", vpcEndpointAccountId=OWNER).vpce_account == ""


def test_of_another_accounts_principal_only_account_and_id_are_known():
    assumer = found(FOREIGN)

    assert (assumer.principal_type, assumer.caller_account) == ("account", OTHER)
    assert assumer.principal_id == "AIDAEXAMPLE"


def test_a_user_of_saml_is_named_with_the_provider():
    assumer = found(SAML_USER, event="AssumeRoleWithSAML", request={"principalArn": SAML})

    assert (assumer.actor, assumer.claim_source, assumer.provider) == ("carol", "SAML", SAML)


def test_a_workflow_is_named_by_its_subject_and_the_provider():
    assumer = found(WORKFLOW, event="AssumeRoleWithWebIdentity")

    assert (assumer.actor, assumer.claim_source, assumer.provider) == (
        "repo:acme/payroll:ref:refs/heads/main",
        "web identity",
        OIDC,
    )


def test_a_subject_that_only_the_answer_names_is_read_there():
    answer = {"credentials": {"accessKeyId": KEY}, "subjectFromWebIdentityToken": "pipeline:payroll"}
    identity = {name: value for name, value in WORKFLOW.items() if name != "userName"}
    assumer = found(identity, event="AssumeRoleWithWebIdentity", responseElements=answer)

    assert assumer.actor == "pipeline:payroll"


@pytest.mark.parametrize(
    ("changes", "mfa"),
    [({"request": {"serialNumber": f"arn:aws:iam::{OWNER}:mfa/alice"}}, True), ({}, None)],
    ids=["a code", "none"],
)
def test_a_code_that_the_call_brought_is_mfa(changes: dict[str, Any], mfa: bool | None):
    assert found(**changes).mfa is mfa


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "ASIAANOTHER", "session": KEY},
        {"event": "GetAccessKeyInfo"},
        {"eventSource": "signin.amazonaws.com"},
        {"responseElements": None, "errorCode": "AccessDenied"},
    ],
    ids=["a session of that name", "another call", "another service", "denied"],
)
def test_what_did_not_make_the_session_says_nothing_of_it(changes: dict[str, Any]):
    assert read(**changes) is None


def test_texts_are_bounded():
    assert len(found(WORKFLOW | {"userName": "x" * 5000}).actor) == MOST_TEXT


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text(max_size=8), more, max_size=3),
)
MEMBERS = st.sampled_from(sorted(make_assumption()))


RECORDS = st.builds(
    lambda changes, within: json.dumps(
        make_assumption(SAML_USER | {"principalId": within}, request={"principalArn": within}) | changes
    ),
    st.dictionaries(MEMBERS, VALUES),
    VALUES,
)


@given(RECORDS)
def test_whatever_a_record_holds_it_is_read_and_comes_back_from_the_ledger(text: str):
    found = read_assumption(text, SESSION, OWNER)
    told = make_evidence(assumed=Assumed((found,) if found else ()))

    assert msgspec.json.decode(msgspec.json.encode(told), type=Evidence) == told


@given(RECORDS | st.text() | RECORDS.map(lambda text: text[: len(text) // 2]))
def test_whatever_a_history_answers_no_alert_fails(text: str):
    history = Source[Assumer, Session](
        "history", lambda session: read_assumption(text, session, OWNER), lambda *_: None
    )

    assert history.ask(SESSION, 0.0).reason in ("", "not understood")
