from __future__ import annotations

import pytest
from s3watch.posture.elements import account_of, name_places, texts

BUCKET, POINT = "arn:aws:s3:::hr-data", "arn:aws:s3:eu-west-1:111122223333:accesspoint/pay"


@pytest.mark.parametrize(
    ("resource", "places"),
    [
        ("*", ""),
        (BUCKET, ""),
        (f"{BUCKET}*", ""),
        ([BUCKET, f"{BUCKET}/*"], ""),
        (f"{BUCKET}/website/*", "website/*"),
        ([BUCKET, f"{BUCKET}/a/*", f"{BUCKET}/b"], "a/*, b"),
        ([f"{BUCKET}/{number}" for number in range(6)], "0, 1, 2 and 3 more"),
        (POINT, ""),
        (f"{POINT}/object/*", ""),
        (f"{POINT}/object/website/*", "website/*"),
        (None, ""),
    ],
    ids=[
        "anything", "the bucket", "all that begins so", "the bucket and its objects", "a prefix",
        "a prefix and an object", "many", "an access point", "its objects", "a prefix of them", "nothing",
    ],
)  # fmt: skip
def test_a_statement_on_some_objects_names_them(resource, places):
    assert name_places({"Resource": resource}) == places


def test_a_statement_on_all_but_some_objects_names_those():
    assert name_places({"NotResource": f"{BUCKET}/secret/*"}) == "all but secret/*"


def test_texts_may_be_single_or_listed_or_of_another_kind():
    assert texts(["a", 444455556666, True, None, {}]) == ["a", "444455556666", "true"]


@pytest.mark.parametrize(
    ("arn", "account"),
    [
        ("arn:aws:iam::444455556666:role/x", "444455556666"),
        (BUCKET, ""),
        ("arn:aws", ""),
        ("x:y:z:a:b:c", ""),
    ],
    ids=["a role", "a bucket", "cut off", "no ARN"],
)
def test_the_account_of_an_arn(arn, account):
    assert account_of(arn) == account
