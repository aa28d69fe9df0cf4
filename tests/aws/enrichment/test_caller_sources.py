from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from s3watch.aws import clients
from s3watch.aws.enrichment.caller_sources import read_caller_tags
from s3watch.errors import RefusedError

from tests.support.aws_answers import refuse

TAGS = [{"Key": "team", "Value": "payroll"}, {"Key": "cost-center", "Value": "4711"}]


@pytest.fixture(autouse=True)
def iam(s3: Any) -> Iterator[Any]:
    """An account with a role and a user."""
    clients.brief_client.cache_clear()
    client: Any = boto3.client("iam")
    client.create_role(RoleName="payroll-app", Path="/apps/hr/", AssumeRolePolicyDocument="{}", Tags=TAGS)
    client.create_user(UserName="bob", Path="/people/", Tags=TAGS)
    client.create_user(UserName="eve")
    yield client
    clients.brief_client.cache_clear()


@pytest.mark.parametrize(
    ("principal", "tags"),
    [
        ("role/payroll-app", ("team=payroll",)),
        ("user/bob", ("team=payroll",)),
        ("user/eve", ()),
        ("role/deleted-meanwhile", ()),
        ("user/deleted-meanwhile", ()),
    ],
    ids=str,
)
def test_the_tags_that_say_most_are_read_whatever_the_path_of_the_caller(
    principal: str, tags: tuple[str, ...]
):
    assert read_caller_tags(principal) == tags


def test_a_denied_read_is_refused_and_not_repeated():
    asked = refuse(clients.brief_client("iam"), "ListRoleTags", "AccessDenied")

    with pytest.raises(RefusedError, match="AccessDenied"):
        read_caller_tags("role/payroll-app")
    assert len(asked) == 1
