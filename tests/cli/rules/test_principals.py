from __future__ import annotations

import pytest
from s3watch_cli.rules.diagnostics import InvalidInputError
from s3watch_cli.rules.principals import normal_form


@pytest.mark.parametrize(
    "text",
    [
        "role/payroll-app", "role/AWSReservedSSO_HR_*", "user/a.b+c=d,e@f", "root", "anonymous", "*",
        "service/config.amazonaws.com", "service/AWS Internal", "federated/alice", "unknown", "444455556666",
        "role/not-sso/AWSReservedSSO_HR_01", "444455556666:role/auditor", "444455556666:root",
        "444455556666:*", "*:role/auditor", "cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID",
    ],
    ids=str,
)  # fmt: skip
def test_a_normal_form_stays_as_it_is(text):
    assert normal_form(text) == text


@pytest.mark.parametrize(
    ("arn", "form"),
    [
        ("arn:aws:iam::444455556666:role/auditor", "444455556666:role/auditor"),
        ("arn:aws:iam::444455556666:role/team/path/auditor", "444455556666:role/auditor"),
        ("arn:aws-cn:iam::444455556666:user/alice", "444455556666:user/alice"),
        ("arn:aws:iam::444455556666:root", "444455556666:root"),
        ("arn:aws:sts::444455556666:assumed-role/auditor", "444455556666:role/auditor"),
        ("arn:aws:sts::444455556666:assumed-role/auditor/*", "444455556666:role/auditor"),
        ("arn:aws:sts::444455556666:federated-user/bob", "444455556666:federated/bob"),
        (
            "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID",
            "cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID",
        ),
    ],
    ids=str,
)
def test_an_arn_is_written_with_its_account_and_without_its_path(arn, form):
    assert normal_form(arn) == form


@pytest.mark.parametrize(
    "text",
    ["arn:aws:iam::111122223333:role/payroll-app", "111122223333:role/payroll-app", "role/payroll-app"],
    ids=str,
)
def test_what_belongs_to_the_buckets_own_account_is_written_without_it(text):
    assert normal_form(text, "111122223333") == "role/payroll-app"


def test_everybody_in_the_buckets_own_account_is_not_everybody():
    with pytest.raises(InvalidInputError, match="111122223333:\\*"):
        normal_form("111122223333:*", "111122223333")


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("role/team/app", "write role/app, without the path"),
        ("444455556666:role/team/app", "write 444455556666:role/app, without the path"),
        (
            "role/AWSReservedSSO_HR_*/alice@example.com",
            "write role/AWSReservedSSO_HR_*, without the session; an exception may name one person",
        ),
        ("roles/app", "write role/app"),
        ("payroll-app", "write role/payroll-app for a role, user/payroll-app for an IAM user"),
        (
            "alice@example.com",
            "write the role that is assumed, role/NAME, or user/alice@example.com for an IAM user",
        ),
        ("444455556666:app", "write 444455556666:role/app for a role, 444455556666:user/app for an IAM user"),
        ("arn:aws:sts::444455556666:assumed-role/app/alice", "write 444455556666:role/app"),
    ],
    ids=str,
)
def test_what_is_nearly_right_gets_its_fix(text, instead):
    with pytest.raises(InvalidInputError) as refused:
        normal_form(text)

    assert refused.value.instead == instead


@pytest.mark.parametrize(
    "text",
    [
        "",
        "role/",
        "alice",
        "alice@example.com",
        "4444:role/x",
        "arn:aws:s3:::hr-data",
        "arn:aws:iam::444455556666:role",
    ],
    ids=str,
)
def test_what_is_no_principal_is_refused_with_the_forms(text):
    with pytest.raises(InvalidInputError, match="is not"):
        normal_form(text)
