"""S3 Access Grants of the account, as a review of one bucket reads them."""

from __future__ import annotations

import pytest
from s3watch.posture.bucket_state import AccessGrant

from tests.support.aws_answers import access_grants_policy, answer, list_access_grants, refuse
from tests.support.bucket_states import OTHER, allow, make_policy
from tests.support.reviewed_bucket import read, reader

EVE = f"arn:aws:iam::{OTHER}:user/eve"
POLICY = make_policy(allow())


def test_an_account_without_access_grants_has_none_and_nothing_is_unread(control):
    state = read()

    assert (state.access_grants, state.access_grants_policy, state.unread) == ((), "", ())


@pytest.mark.parametrize(
    ("scope", "concerns"),
    [
        pytest.param("s3://hr-data/payroll/*", True, id="a prefix"),
        pytest.param("s3://hr-data/payroll/2026.csv", True, id="an object"),
        pytest.param("s3://hr-data*", True, id="every bucket that begins so"),
        pytest.param("s3://*", True, id="every bucket"),
        pytest.param("s3://hr-data-archive/*", False, id="a bucket with a longer name"),
        pytest.param("s3://hr/*", False, id="a bucket with a shorter name"),
        pytest.param("s3://hr-dat", False, id="no pattern"),
    ],
)
def test_the_access_grants_on_the_bucket_are_read(control, scope, concerns):
    answer(control, "ListAccessGrants", list_access_grants((EVE, "READWRITE", scope)))

    assert read().access_grants == (AccessGrant("IAM", EVE, "READWRITE", scope),) * concerns


def test_access_grants_are_read_page_by_page(control):
    grants = [(EVE, "READ", f"s3://hr-data/{number}/*") for number in range(2)]
    pages = [list_access_grants(grants[0], token="more"), list_access_grants(grants[1])]
    asked = answer(control, "ListAccessGrants", *pages)

    assert [grant.scope for grant in read().access_grants] == ["s3://hr-data/0/*", "s3://hr-data/1/*"]
    assert "nextToken=more" in asked[1]


def test_of_more_than_twenty_pages_of_access_grants_these_are_read_and_the_rest_is_named(control):
    asked = answer(
        control, "ListAccessGrants", list_access_grants((EVE, "READ", "s3://hr-data/*"), token="more")
    )
    state = read()

    assert (state.unread, len(state.access_grants), len(asked)) == (("access grants",), 20, 20)


def test_the_policy_of_the_access_grants_instance_is_read(control):
    answer(control, "GetAccessGrantsInstanceResourcePolicy", access_grants_policy(POLICY))

    assert (read().access_grants_policy, read().unread) == (POLICY, ())


def test_access_grants_that_may_not_be_read_are_named_and_hide_nothing(control):
    refuse(control, "ListAccessGrants", "AccessDenied")
    refuse(control, "GetAccessGrantsInstanceResourcePolicy", "AccessDenied")

    assert read().unread == ("access grants", "policy of the Access Grants instance")


def test_what_belongs_to_the_account_is_read_once_for_all_buckets(s3, control):
    s3.create_bucket(Bucket="finance-exports")
    asked = answer(control, "ListAccessGrants", list_access_grants((EVE, "READ", "s3://finance-exports/*")))
    together = reader()
    grants = [together.read(bucket).access_grants for bucket in ("hr-data", "finance-exports")]

    assert (list(map(len, grants)), len(asked)) == ([0, 1], 1)


def test_what_belongs_to_the_account_is_named_with_every_bucket_if_it_cannot_be_read(s3, control):
    s3.create_bucket(Bucket="finance-exports")
    asked = refuse(control, "ListAccessGrants", "AccessDenied")
    together = reader()
    unread = [together.read(bucket).unread for bucket in ("hr-data", "finance-exports")]

    assert (unread, len(asked)) == ([("access grants",)] * 2, 1)
