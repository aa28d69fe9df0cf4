from __future__ import annotations

from s3watch.posture.marks import Hidden
from s3watch.posture.statements.kept import MOST_KEPT, Kept, keep
from s3watch.posture.statements.statement import PolicyStatements, read_statements

from tests.support.bucket_states import allow

LONG = 9_000  # characters of one resource


def make(policy: str, *places: str) -> PolicyStatements:
    statements = [allow(Resource=f"arn:aws:s3:::hr-data/{place}", Effect="Deny") for place in places]
    return PolicyStatements(policy, read_statements({"Statement": statements}))


BUCKET = make("bucket policy", "x" * (LONG + 500))  # the longest of all
POINTS = [make(f"access point {number}", str(number) * LONG) for number in range(9)]
KEPT = keep([*POINTS, BUCKET])


def test_the_bucket_policy_is_kept_in_full_before_access_points_until_there_is_no_room():
    assert KEPT.policies[0] == BUCKET
    assert len(KEPT.policies) == MOST_KEPT // LONG
    assert len(split_marks(KEPT)) == 10 - len(KEPT.policies)


def split_marks(kept: Kept) -> list[bytes]:
    return [kept.marks[start : start + 12] for start in range(0, len(kept.marks), 12)]


def test_what_has_a_mark_only_is_changed_if_it_says_something_else():
    beyond = next(each for each in POINTS if each not in KEPT.policies)

    assert not KEPT.is_changed(beyond)
    assert KEPT.is_changed(make(beyond.policy, "elsewhere"))
    assert not KEPT.is_changed(make("access point new", "elsewhere"))


def test_of_a_policy_without_statements_nothing_is_kept():
    assert keep([PolicyStatements("bucket policy")]) == Kept()


def test_what_was_not_read_stays_known_and_what_was_read_does_not():
    kept = keep([BUCKET, POINTS[0]])

    assert kept.hidden_by(Hidden({"bucket policy"}), []) == keep([BUCKET])
    assert kept.hidden_by(Hidden({"bucket policy"}), [BUCKET]) == Kept()


def test_the_statements_of_a_policy_are_found_by_its_name():
    assert KEPT.statements_of("bucket policy") == BUCKET.statements
    assert KEPT.statements_of("access point new") == ()
