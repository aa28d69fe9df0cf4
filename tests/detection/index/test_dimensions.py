from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.conditions import WHOLE_RECORD
from s3watch.detection.index.dimensions import CALLER, EVENT, TLS, label_key, make
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Detection, Label
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import ANONYMOUS, OTHER, OWNER, as_bytes, make_record, make_role, make_user

WORDS = ("Kelvin", "aws-cli", "a/b", "payroll")


def make_keywords(*words: str):
    """The dimension of keywords, which comes last."""
    return make([Detection("rule", "A rule", "low", Condition("keyword", values=words))], ())[-1]


@given(key=st.text(alphabet='kKelvinK\N{KELVIN SIGN}a/b\\"é', max_size=12))
def test_keywords_are_determined_only_if_the_record_can_not_contain_any(key: str):
    raw = as_bytes(make_record(key=key))
    access = Access(decode(raw), raw)
    holds = any(word.lower() in str(access.document).lower() for word in WORDS)

    assert not holds or WHOLE_RECORD in make_keywords(*WORDS).undetermined(access)


def test_without_keywords_there_is_no_keyword_dimension():
    assert "keywords" not in [each.name for each in make([], ())]


def test_keywords_with_punctuation_are_never_determined():
    raw = b'{"key": "b"}'

    assert make_keywords('"key":"b"').undetermined(Access(decode(raw), raw)) == {WHOLE_RECORD}


@pytest.mark.parametrize(
    ("member", "decided"),
    [("errorCode", True), ("errorMessage", True), ("eventName", False)],
    ids=["error code", "error message", "another"],
)
def test_an_event_says_whether_it_has_an_error_be_it_null(member: str, decided: bool):
    exists = Condition("exists", field=member, values=("true",))
    raws = [as_bytes(make_record(**named)) for named in ({}, {"errorCode": None}, {"errorMessage": None})]
    accesses = [Access(decode(raw), raw) for raw in raws]

    assert len({EVENT.key(access) for access in accesses}) == 3
    assert {EVENT.decides(exists, EVENT.undetermined(access)) for access in accesses} == {decided}


def caller(*fields: str):
    """The dimension of callers for rules that read these fields."""
    leaves = (Condition("eq", field=field, values=("x",)) for field in fields)
    made = make([Detection("rule", "A rule", "low", leaf) for leaf in leaves], ())
    return next(each for each in made if each.name == "caller")


CALLERS = [
    make_role(), make_role("Admin", "bob"), make_role(account=OTHER), make_role(mfaAuthenticated="true"),
    make_role() | {"invokedBy": "athena.amazonaws.com"}, make_user(), {"type": "Root", "accountId": OWNER},
    {"type": "AWSAccount", "accountId": OTHER}, {"arn": f"arn:aws:iam::{OWNER}:user/eve"}, ANONYMOUS, {},
    {"type": "AWSAccount", "accountId": OTHER, "invokedBy": "athena.amazonaws.com"},
    {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"},
]  # fmt: skip


def test_callers_of_one_kind_have_equal_facts_whoever_owns_the_bucket():
    find_kind = caller("s3.principal_type").find_kind
    facts: dict[object, set[object]] = {}
    for identity, owner in product(CALLERS, (OWNER, OTHER)):
        raw = as_bytes(make_record(userIdentity=identity))
        access = Access(decode(raw), raw, bucket_account=owner)
        facts.setdefault(find_kind(access.record), set()).add(
            (access.principal_type, access.caller_account, access.caller.mfa, access.caller.service)
        )
    facts.pop(None)  # of those for whom the owner counts

    assert facts == {kind: {kind} for kind in facts}


def test_a_rule_on_the_identity_tells_all_sessions_apart():
    record = decode(as_bytes(make_record()))

    assert caller("s3.mfa").find_kind(record) == ("role", OWNER, False, None)
    assert caller("s3.mfa", "userIdentity.arn").find_kind(record) is None


@pytest.mark.parametrize(
    ("method", "undetermined"),
    [("AuthHeader", set()), ("QueryString", {"s3.presigned"}), ("", {"s3.auth", "s3.presigned"})],
    ids=["header", "presigned URL", "not recorded"],
)
def test_the_signing_method_determines_whether_a_url_can_be_presigned(method: str, undetermined: set[str]):
    raw = as_bytes(make_record(additional={"AuthenticationMethod": method}))

    assert EVENT.undetermined(Access(decode(raw), raw)) == undetermined


def test_a_caller_through_a_service_is_not_determined_by_the_identity_alone():
    raw = as_bytes(
        make_record(userIdentity={"type": "AWSAccount", "accountId": "1", "invokedBy": "AWS Internal"})
    )

    assert "s3.principal_type" in CALLER.undetermined(Access(decode(raw), raw))


@pytest.mark.parametrize(
    ("details", "undetermined"),
    [({"tlsVersion": "TLSv1.3"}, set()), ({"tlsVersion": ""}, {"s3.tls"}), (None, {"s3.tls"})],
    ids=["version", "empty", "no details"],
)
def test_only_a_version_determines_TLS(details: dict[str, str] | None, undetermined: set[str]):  # noqa: N802
    raw = as_bytes(make_record(tlsDetails=details))

    assert TLS.undetermined(Access(decode(raw), raw)) == undetermined


def test_parameters_are_a_dimension_only_if_a_rule_asks_for_one():
    rule = Detection(
        "rule", "A rule", "low", Condition("exists", field="requestParameters.acl", values=("true",))
    )

    assert [each.name for each in make([rule], ())][len(make([], ())) :] == ["parameters"]


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        (Condition("exists", field="s3.label", values=("true",)), bool),
        (Condition("not", of=(Condition("eq", field="s3.label", values=("payroll",)),)), id),
        (Condition("same", field="s3.bucket", values=("s3.label",)), id),
        (Condition("null", field="s3.label"), id),
    ],
    ids=["whether there is one", "by name", "compared with a field", "null"],
)
def test_labels_are_told_apart_only_if_a_rule_asks_for_their_names(condition: Condition, key: object):
    decoy = Label("bait", is_decoy=True)

    assert label_key([Detection("rule", "A rule", "low", condition)], (decoy,)) is key


@pytest.mark.parametrize(
    ("op", "labels", "key"),
    [
        ("bool", (Label("payroll"),), bool),
        ("bool", (Label("payroll"), Label("bait", is_decoy=True)), id),
        ("exists", (Label("bait", is_decoy=True),), bool),
    ],
    ids=["none is one", "one is", "whether it is said"],
)
def test_labels_are_told_apart_for_a_rule_that_asks_for_decoys_if_some_are(op, labels, key):
    condition = Condition(op, field="s3.decoy", values=("true",))

    assert label_key([Detection("rule", "A rule", "low", condition)], labels) is key
