from __future__ import annotations

from typing import Any

import pytest
from s3watch.aws import clients
from s3watch.aws.own_buckets import is_own
from s3watch.errors import RefusedError

from tests.support.aws_answers import refuse


@pytest.mark.parametrize(
    ("bucket", "own"),
    [("replica", True), ("replica-2", False), ("repl", False), ("", False)],
    ids=["in the list", "begins like one", "the beginning of one", "no name"],
)
def test_a_bucket_is_the_accounts_own_if_its_list_has_exactly_that_name(s3: Any, bucket: str, own: bool):
    s3.create_bucket(Bucket="replica")
    s3.create_bucket(Bucket="replica-of-others")

    assert is_own(bucket) is own


def test_a_list_that_is_refused_proves_nothing(s3: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    refuse(clients.client("s3"), "ListBuckets", "AccessDenied")

    with pytest.raises(RefusedError):
        is_own("replica")
