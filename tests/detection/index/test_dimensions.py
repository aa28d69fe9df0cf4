from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.conditions import WHOLE_RECORD
from s3watch.detection.index.dimensions import CALLER, EVENT, TLS, label_key, make
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Detection
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record

WORDS = ("Kelvin", "aws-cli", "a/b", "payroll")


def make_keywords(*words: str):
    """The dimension of keywords, which comes last."""
    return make([Detection("rule", "A rule", "low", Condition("keyword", values=words))])[-1]


@given(key=st.text(alphabet='kKelvinK\N{KELVIN SIGN}a/b\\"é', max_size=12))
def test_keywords_are_determined_only_if_the_record_can_not_contain_any(key: str):
    raw = as_bytes(make_record(key=key))
    access = Access(decode(raw), raw)
    holds = any(word.lower() in str(access.document).lower() for word in WORDS)

    assert not holds or WHOLE_RECORD in make_keywords(*WORDS).undetermined(access)


def test_without_keywords_there_is_no_keyword_dimension():
    assert "keywords" not in [each.name for each in make([])]


def test_keywords_with_punctuation_are_never_determined():
    raw = b'{"key": "b"}'

    assert make_keywords('"key":"b"').undetermined(Access(decode(raw), raw)) == {WHOLE_RECORD}


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

    assert [each.name for each in make([rule])][len(make([])) :] == ["parameters"]


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
    assert label_key([Detection("rule", "A rule", "low", condition)]) is key
