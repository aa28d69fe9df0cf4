from __future__ import annotations

import pytest
from s3watch.facts.identity import Caller, identify

from tests.support.cloudtrail import OTHER, OWNER, SSO_PATH, as_bytes, make_role, make_user

SSO = "AWSReservedSSO_Analyst_0123456789abcdef"


def caller(identity, home=OWNER):
    return identify(as_bytes(identity), home)


def test_a_role_is_named_by_its_own_name_not_its_sessions():
    assert caller(make_role("payroll-app", "i-0123")) == Caller(
        "role/payroll-app", "role", "role/payroll-app", OWNER, mfa=False
    )


def test_the_path_of_a_role_is_left_out():
    identity = make_role("payroll-app")
    issuer = identity["sessionContext"]["sessionIssuer"]
    issuer["arn"] = f"arn:aws:iam::{OWNER}:role/apps/hr/payroll-app"
    del issuer["userName"]
    assert caller(identity).principal == "role/payroll-app"


def test_a_role_without_an_issuer_is_named_by_the_sessions_arn():
    identity = make_role("payroll-app", "i-0123")
    del identity["sessionContext"]
    assert caller(identity).principal == "role/payroll-app"


def test_a_role_of_another_account_is_prefixed_with_the_account():
    assert caller(make_role("backup", account=OTHER)) == Caller(
        f"{OTHER}:role/backup", "role", f"{OTHER}:role/backup", OTHER, mfa=False
    )


def test_without_a_home_account_every_principal_has_its_account():
    assert caller(make_role("backup"), home=None).principal == f"{OWNER}:role/backup"


def test_a_user_is_named_by_its_name():
    assert caller(make_user("bob")) == Caller("user/bob", "user", "user/bob", OWNER, mfa=None)


def test_a_user_without_a_name_is_named_by_the_arn():
    identity = {"type": "IAMUser", "arn": f"arn:aws-cn:iam::{OWNER}:user/staff/bob", "accountId": OWNER}
    assert caller(identity).principal == "user/bob"


@pytest.mark.parametrize(
    ("account", "principal"), [(OWNER, "root"), (OTHER, f"{OTHER}:root")], ids=["own", "another"]
)
def test_root_is_root(account, principal):
    identity = {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
    }
    assert caller(identity) == Caller(principal, "root", principal, account, mfa=None)


def test_an_assumed_root_is_root():
    identity = make_role()
    identity["sessionContext"]["sessionIssuer"] |= {"type": "Root", "arn": f"arn:aws:iam::{OWNER}:root"}
    assert caller(identity).principal == "root"


def test_another_account_is_named_by_its_id_if_no_more_is_known():
    identity = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": OTHER}
    assert caller(identity) == Caller(OTHER, "account", OTHER, OTHER, mfa=None)


def test_a_role_of_another_account_is_named_if_the_arn_is_recorded():
    identity = {
        "type": "AWSAccount",
        "arn": f"arn:aws:sts::{OTHER}:assumed-role/backup/nightly",
        "accountId": OTHER,
    }
    assert caller(identity)[:2] == (f"{OTHER}:role/backup", "role")


def test_a_service_is_named_by_its_name():
    identity = {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
    name = "service/cloudtrail.amazonaws.com"
    assert caller(identity) == Caller(
        name, "service", name, None, mfa=None, service="cloudtrail.amazonaws.com"
    )


def test_a_call_by_a_service_itself_is_recognized_by_invoked_by():
    identity = {"accountId": OWNER, "invokedBy": "AWS Internal"}
    assert caller(identity)[:2] == ("service/AWS Internal", "service")


def test_another_account_that_calls_through_a_service_stays_that_account():
    identity = {"type": "AWSAccount", "principalId": "AROAEXAMPLE:athena", "accountId": OTHER}
    assert caller(identity | {"invokedBy": "athena.amazonaws.com"}) == Caller(
        OTHER, "account", OTHER, OTHER, mfa=None, service="athena.amazonaws.com"
    )


def test_a_role_that_a_service_uses_stays_the_role():
    assert (
        caller(make_role("AthenaUser") | {"invokedBy": "athena.amazonaws.com"}).principal == "role/AthenaUser"
    )


@pytest.mark.parametrize(
    "identity",
    [
        {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"},
        {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"},
        {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL", "accountId": ""},
        {"type": "AWSAccount", "principalId": "Anonymous"},
        {"type": "Unknown", "principalId": ""},
    ],
    ids=["lower case", "upper case", "by principal", "capitalised", "unknown"],
)
def test_every_spelling_of_anonymous_is_normalized(identity):
    assert caller(identity) == Caller("anonymous", "anonymous", "anonymous", None, mfa=None)


def test_an_account_with_an_empty_principal_is_not_anonymous():
    assert caller({"type": "AWSAccount", "principalId": "", "accountId": OTHER}).type == "account"


@pytest.mark.parametrize(
    ("identity", "principal", "actor"),
    [
        (
            {
                "type": "FederatedUser",
                "arn": f"arn:aws:sts::{OWNER}:federated-user/carol",
                "accountId": OWNER,
            },
            "federated/carol",
            "federated/carol",
        ),
        (
            {"type": "SAMLUser", "userName": "carol@example.com"},
            "federated/carol@example.com",
            "carol@example.com",
        ),
        ({"type": "WebIdentityUser", "userName": "carol"}, "federated/carol", "carol"),
        (
            {"type": "IdentityCenterUser", "accountId": OWNER, "onBehalfOf": {"userId": "94482488-3041"}},
            "federated/94482488-3041",
            "94482488-3041",
        ),
    ],
    ids=["federation token", "SAML", "web identity", "Identity Center"],
)
def test_a_federated_user_is_named_as_by_the_provider(identity, principal, actor):
    assert caller(identity)[:3] == (principal, "federated", actor)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("aws-service-role/macie.amazonaws.com/", "macie.amazonaws.com"),
        ("service-role/aws-service-role/macie.amazonaws.com/", None),
        ("", None),
    ],
    ids=["a path that only the service can use", "a path that is made up", "no path"],
)
def test_a_service_is_known_by_the_role_that_is_linked_to_it(path: str, service: str | None):
    identity = make_role("AWSServiceRoleForAmazonMacie")
    identity["sessionContext"]["sessionIssuer"]["arn"] = (
        f"arn:aws:iam::{OWNER}:role/{path}AWSServiceRoleForAmazonMacie"
    )
    assert caller(identity).service == service


def test_a_service_that_calls_for_somebody_is_known_by_invoked_by():
    assert caller(make_role() | {"invokedBy": "athena.amazonaws.com"}).service == "athena.amazonaws.com"


def test_the_actor_behind_an_identity_center_role_is_named_by_the_session():
    assert caller(make_role(SSO, "alice@example.com", path=SSO_PATH)) == Caller(
        f"role/{SSO}", "role", "alice@example.com", OWNER, mfa=None, actor_verified=True
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sso.amazonaws.com/",
        "/x/aws-reserved/sso.amazonaws.com/",
        "/x:role/aws-reserved/sso.amazonaws.com/",
    ],
    ids=["no path", "another", "further down", "behind a colon"],
)
def test_a_role_that_is_only_named_like_identity_centers_has_a_principal_of_its_own(path: str):
    assert caller(make_role(SSO, "alice@example.com", path=path)) == Caller(
        f"role/not-sso/{SSO}", "role", f"role/not-sso/{SSO}", OWNER, mfa=False
    )


def test_a_role_named_like_identity_centers_in_lower_case_has_a_principal_of_its_own():
    assert caller(make_role(SSO.lower())).principal == f"role/not-sso/{SSO.lower()}"


def test_a_role_named_like_identity_centers_without_a_session_has_a_principal_of_its_own():
    role = {"type": "Role", "accountId": OWNER, "arn": f"arn:aws:iam::{OWNER}:role/{SSO}"}
    assert [caller(role | {"type": kind}).principal for kind in ("Role", "AWSAccount")] == [
        f"role/not-sso/{SSO}"
    ] * 2


def test_an_identity_center_role_without_a_recorded_path_has_an_unverified_actor():
    identity = {name: make_role(SSO, "alice@example.com")[name] for name in ("type", "arn", "accountId")}
    assert caller(identity) == Caller(
        f"role/{SSO}", "role", "alice@example.com", OWNER, mfa=None, claim_source="session name"
    )


def test_the_actor_of_another_account_is_prefixed_with_the_account():
    assert caller(make_role(SSO, "alice@example.com", OTHER, SSO_PATH)).actor == f"{OTHER}:alice@example.com"


@pytest.mark.parametrize(
    ("changes", "actor", "source"),
    [
        ({"sourceIdentity": "alice"}, "alice", "source identity"),
        (
            {"webIdFederationData": {"attributes": {"idp.example.com:sub": "1234"}}},
            "1234",
            "web identity",
        ),
        (
            {"webIdFederationData": {"federatedProvider": "accounts.example.com", "attributes": {}}},
            "role/Analyst",
            "",
        ),
        ({"webIdFederationData": {"attributes": {"idp.example.com:sub": 1234}}}, "1234", "web identity"),
        (
            {"webIdFederationData": {"attributes": {"idp.example.com:sub": [["1234"]]}}},
            "role/Analyst",
            "",
        ),
        ({"webIdFederationData": {}}, "role/Analyst", ""),
    ],
    ids=["source identity", "web identity", "without subject", "a number", "a list", "none"],
)
def test_the_actor_is_the_person_whom_the_caller_claims_to_be(changes, actor, source):
    identity = make_role()
    identity["sessionContext"] |= changes
    found = caller(identity)
    assert (found.actor, found.actor_verified, found.claim_source) == (actor, False, source)


@pytest.mark.parametrize(
    ("identity", "source"),
    [
        ({"type": "SAMLUser", "userName": "carol"}, "SAML"),
        ({"type": "WebIdentityUser", "userName": "carol"}, "web identity"),
        ({"type": "FederatedUser", "arn": f"arn:aws:sts::{OWNER}:federated-user/carol"}, "federation token"),
    ],
    ids=["SAML", "web identity", "federation token"],
)
def test_a_federated_users_name_is_a_claim(identity, source):
    assert (caller(identity).actor_verified, caller(identity).claim_source) == (False, source)


def test_the_actor_is_the_user_for_whom_an_application_acts():
    identity = make_role("app") | {"onBehalfOf": {"userId": "94482488-3041"}}
    identity["sessionContext"]["sourceIdentity"] = "somebody else"
    assert (caller(identity).actor, caller(identity).actor_verified) == ("94482488-3041", True)


def test_the_session_of_another_role_is_not_taken_for_a_person():
    assert caller(make_role("Analyst", "alice@example.com")).actor == "role/Analyst"


@pytest.mark.parametrize(
    ("path", "recorded", "mfa"),
    [
        ("/", "true", True),
        ("/", "false", False),
        ("/", True, True),
        (SSO_PATH, "true", True),
        (SSO_PATH, "false", None),
    ],
    ids=["yes", "no", "bool", "Identity Center, yes", "Identity Center says no of everybody"],
)
def test_mfa_is_known_if_aws_says_so(path, recorded, mfa):
    assert caller(make_role(SSO, path=path, mfaAuthenticated=recorded)).mfa is mfa


@pytest.mark.parametrize("raw", [b"null", b"{}", b"[]", b'"text"', b'{"type": 7}'], ids=bytes.decode)
def test_an_identity_without_members_is_unknown(raw):
    assert identify(raw, OWNER) == Caller("unknown", "unknown", "unknown", None, mfa=None)
