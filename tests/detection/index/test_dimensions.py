from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.conditions import WHOLE
from s3watch.detection.index.dimensions import CALLER, EVENT, make
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Detection
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record

WORDS = ("Kelvin", "aws-cli", "a/b", "payroll")


def make_keywords(*words: str):
    """The dimension of keywords, which comes last."""
    return make([Detection("rule", "A rule", "low", Condition("keyword", values=words))])[-1]


@given(key=st.text(alphabet='kKelvinK\N{KELVIN SIGN}a/b\\"é', max_size=12))
def test_keywords_are_settled_only_where_none_can_stand_in_the_record(key: str):
    raw = as_bytes(make_record(key=key))
    access = Access(decode(raw), raw)
    holds = any(word.lower() in str(access.document).lower() for word in WORDS)

    assert not holds or WHOLE in make_keywords(*WORDS).unsure(access)


def test_without_keywords_nothing_is_searched():
    assert "keywords" not in [each.name for each in make([])]


def test_keywords_with_punctuation_settle_nothing():
    raw = b'{"key": "b"}'

    assert make_keywords('"key":"b"').unsure(Access(decode(raw), raw)) == {WHOLE}


@pytest.mark.parametrize(
    ("method", "unsure"),
    [("AuthHeader", set()), ("QueryString", {"s3.presigned"}), ("", {"s3.auth", "s3.presigned"})],
    ids=["header", "link", "not said"],
)
def test_how_a_request_was_signed_settles_whether_it_could_be_a_shared_link(method: str, unsure: set[str]):
    raw = as_bytes(make_record(additional={"AuthenticationMethod": method}))

    assert EVENT.unsure(Access(decode(raw), raw)) == unsure


def test_who_calls_by_way_of_a_service_is_not_settled_by_the_identity_alone():
    raw = as_bytes(
        make_record(userIdentity={"type": "AWSAccount", "accountId": "1", "invokedBy": "AWS Internal"})
    )

    assert "s3.principal_type" in CALLER.unsure(Access(decode(raw), raw))
