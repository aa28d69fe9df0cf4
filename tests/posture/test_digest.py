from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.posture.digest import (
    MOST_MARKS,
    MOST_PART_MARKS,
    Digest,
    marks_of,
    shortened,
    summarize,
)
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.statements.kept import MOST_KEPT
from s3watch.posture.statements.statement import PolicyStatements, read_statements

texts = st.text(max_size=300) | st.sampled_from([EVERYBODY, "bucket policy", "ACL", "access point pay"])
grants = st.builds(Grant, texts, texts, texts)
postures = st.builds(
    Posture, st.lists(grants, max_size=60).map(tuple), st.just(()), st.lists(texts, max_size=80).map(tuple)
)


@given(postures)
def test_a_digest_tells_each_grant(posture):
    assert summarize(posture).marks == marks_of(posture.grants)
    assert len(marks_of(posture.grants)) == len(set(posture.grants))


@given(postures)
def test_a_digest_survives_json(posture):
    digest = summarize(posture, posture.unread)

    assert msgspec.json.decode(msgspec.json.encode(digest), type=Digest) == digest


@given(postures, postures)
def test_two_digests_together_have_the_grants_of_both(one, other):
    assert summarize(one).plus(summarize(other)).marks == marks_of({*one.grants, *other.grants})


@given(postures)
def test_nothing_is_hidden_by_nothing_and_all_of_a_setting_by_its_name(posture):
    digest = summarize(posture)
    names = {grant.granted_by for grant in posture.grants}

    assert digest.hidden_by(()).marks == frozenset()
    assert digest.hidden_by(names).marks == digest.marks


def test_what_is_open_to_everybody_is_shown_first():
    posture = Posture((*(Grant(f"!{number:03}", "read", "ACL") for number in range(99)), PUBLIC))

    assert summarize(posture).sample[0] == PUBLIC


PUBLIC = Grant(EVERYBODY, "read", "bucket policy")
MANY = tuple(Grant(f"{number:012}", "read", "bucket policy") for number in range(MOST_MARKS + 2))


def test_grants_past_the_limit_are_told_apart_together():
    before = summarize(Posture(MANY)).marks
    other = (*MANY[:-1], Grant("999999999999", "read", "bucket policy"))

    assert len(before) == MOST_MARKS + 1
    assert len(summarize(Posture(other)).marks - before) == 1
    assert summarize(Posture(MANY[::-1])).marks == before


@pytest.mark.parametrize("text", ["\0" * 20_000, "\ud800" * 20_000, "é" * 20_000], ids=["NUL", "half", "é"])
def test_a_digest_is_small_whatever_the_texts(text):
    grants = tuple(Grant(f"{number}{text}", text, text) for number in range(200)) + MANY
    parts = tuple(f"{number}{text}" for number in range(MOST_PART_MARKS + 100))
    digest = summarize(Posture(grants, unread=parts), parts)

    assert len(msgspec.json.encode(digest.plus(summarize(Posture(MANY))))) < 200_000


def test_a_posture_is_shortened_to_what_people_read():
    posture = shortened(Posture(MANY, MANY, ("ACL",)))

    assert (len(posture.grants), posture.ineffective, posture.unread) == (30, (), ("ACL",))


def test_unread_parts_past_the_limit_are_told_apart_together():
    parts = tuple(f"part {number:04}" for number in range(MOST_PART_MARKS + 3))
    digest = summarize(Posture(unread=parts))

    assert digest.unread_among(parts) == {*parts}
    assert digest.unread_among((*parts[:-1], "part other")) == {*parts[:MOST_PART_MARKS]}
    assert len(digest.unread_marks) == 8 * (MOST_PART_MARKS + 1)


def test_what_earlier_versions_kept_of_unread_parts_is_known():
    assert Digest(unread=("ACL",)).unread_among(["ACL", "replication"]) == {"ACL"}


# what policies deny


def denials(policy: str, *actions: str) -> PolicyStatements:
    """A policy with a Deny statement for each of these actions."""
    denying = [{"Effect": "Deny", "Principal": "*", "Action": each, "Resource": "*"} for each in actions]
    return PolicyStatements(policy, read_statements({"Statement": denying}))


OF_BUCKET, OF_POINT = denials("bucket policy", "s3:Get*", "s3:Put*"), denials("access point pay", "s3:Get*")
LONG = denials("access point long", *(f"s3:{number:050}" for number in range(500)))
DENYING = Posture(denials=(OF_POINT, OF_BUCKET, LONG, PolicyStatements("access point open")))


def test_what_policies_deny_is_kept_in_full_the_bucket_policy_first_and_else_as_a_mark():
    digest = summarize(DENYING)

    assert digest.denials == (OF_BUCKET, OF_POINT)
    assert len(digest.denial_marks) == 12
    assert len(msgspec.json.encode(LONG)) > MOST_KEPT


def test_of_a_policy_that_is_not_kept_in_full_any_change_is_seen():
    digest = summarize(DENYING)
    shorter = PolicyStatements(LONG.policy, LONG.statements[1:])

    assert [digest.denied.is_changed(each) for each in (LONG, shorter, OF_POINT)] == [False, True, False]


def test_another_name_of_a_statement_is_no_change_of_a_policy_that_is_not_kept_in_full():
    renamed = PolicyStatements(LONG.policy, tuple(replace(each, sid="x") for each in LONG.statements))

    assert summarize(DENYING).denied.is_changed(renamed) is False


@pytest.mark.parametrize(
    ("unread", "kept", "marks"),
    [
        pytest.param("bucket policy", (OF_BUCKET,), 0, id="the bucket policy"),
        pytest.param("access point pay", (OF_POINT,), 0, id="an access point"),
        pytest.param("access points", (OF_POINT,), 1, id="all access points"),
        pytest.param("ACL", (), 0, id="another part"),
    ],
)
def test_what_a_policy_denied_that_can_not_be_read_is_kept(unread, kept, marks):
    hidden = summarize(DENYING).hidden_by([unread])
    joined = Digest().plus(hidden)

    assert (joined.denials, len(joined.denial_marks) // 12) == (kept, marks)


def test_what_a_policy_denies_that_was_read_is_not_hidden_by_others_of_its_kind():
    hidden = summarize(DENYING).hidden_by(["further access points"], [OF_POINT])

    assert (hidden.denials, len(hidden.denial_marks)) == ((), 12)


@pytest.mark.parametrize("text", ["\0", "\ud800", "é"], ids=["NUL", "half", "é"])
def test_what_is_kept_of_denials_is_small_whatever_they_are(text):
    many = tuple(denials(f"access point {number}", text * 6_000) for number in range(MOST_PART_MARKS + 9))
    digest = summarize(Posture(denials=many))
    whole = digest.plus(summarize(Posture(denials=many[::-1])))

    assert len(msgspec.json.encode(whole)) < MOST_KEPT + 12 * MOST_PART_MARKS * 4 / 3 + 100
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Digest) == whole
