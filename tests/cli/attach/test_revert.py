"""`s3watch remediation revert` on moto: a correction by the reviewer itself, then its undoing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from s3watch.aws import clients, corrections
from s3watch.errors import RefusedError
from s3watch_cli.attach import revert as module
from s3watch_cli.attach.revert import revert

from tests.support.bucket_states import allow, make_policy
from tests.support.ledger_table import TABLE
from tests.support.review_events import make_change
from tests.support.reviewed_bucket import BUCKET, ENVIRONMENT, grants, make_bucket, review
from tests.support.sensitive import NOW


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(module.time, "time", lambda: NOW)
    clients.client.cache_clear()
    with mock_aws():
        yield make_bucket()
    clients.client.cache_clear()


def run(**options: Any) -> None:
    revert(BUCKET, "s3watch", options.pop("table", TABLE), None, None, yes=options.pop("yes", False))


def test_a_reset_list_is_shown_and_put_back(s3, capsys):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    before = grants(s3)
    review("acl", make_change("PutBucketAcl"))
    closed = grants(s3)
    run()
    shown, unchanged = capsys.readouterr().err, grants(s3)
    run(yes=True)

    assert (closed, unchanged, grants(s3)) == ([None], [None], before)
    assert shown.splitlines() == [
        "ACL of hr-data, corrected on 2026-11-20 08:14:03 UTC",
        "- private",
        "+ everyone may list (ACL)",
        "nothing was changed; use --yes to make this change",
    ]


def test_an_undone_block_is_not_put_on_again(s3):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=make_policy(allow()))
    review("block", make_change())
    run(yes=True)
    again = review("block", make_change("DeleteBucketPublicAccessBlock", requestID="UNDO"))

    with pytest.raises(s3.exceptions.ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket=BUCKET)
    assert (again.reviewed, again.reported, again.corrected) == (1, 1, 0)


def test_what_was_never_corrected_cannot_be_undone(s3):
    with pytest.raises(RefusedError, match="hr-data has no correction to revert"):
        run(yes=True)


def test_a_correction_is_undone_once(s3):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    review("acl", make_change("PutBucketAcl"))
    run(yes=True)

    with pytest.raises(RefusedError, match="no correction"):
        run(yes=True)


def test_what_somebody_changed_since_is_left_to_people(s3):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    review("acl", make_change("PutBucketAcl"))
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")

    with pytest.raises(RefusedError, match="hr-data changed after the correction"):
        run(yes=True)


def test_a_correction_that_cannot_be_undone_stays_one_to_undo(s3, monkeypatch):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    review("acl", make_change("PutBucketAcl"))

    def refuse(*_: Any) -> None:
        raise RefusedError("S3: AccessDenied")

    with monkeypatch.context() as refusing:
        refusing.setattr(corrections, "restore", refuse)
        with pytest.raises(RefusedError, match="AccessDenied"):
            run(yes=True)
    run(yes=True)

    assert len(grants(s3)) == 2


@pytest.fixture
def stacks(s3, monkeypatch):
    """What CloudFormation answers next; moto's CloudFormation makes no stack of ours."""
    make, client = boto3.client, boto3.client("cloudformation")

    def made(name: str, **options: Any) -> Any:
        return client if name == "cloudformation" else make(name, **options)

    with Stubber(client) as stubber:
        monkeypatch.setattr(boto3, "client", made)
        yield stubber


def test_the_ledger_is_the_stacks(stacks):
    outputs = [{"OutputKey": "Ledger", "OutputValue": TABLE}]
    stack = {"StackName": "s3watch", "CreationTime": "2026-11-20", "StackStatus": "CREATE_COMPLETE"}
    stacks.add_response(
        "describe_stacks", {"Stacks": [stack | {"Outputs": outputs}]}, {"StackName": "s3watch"}
    )

    with pytest.raises(RefusedError, match="hr-data has no correction"):
        run(table="")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(None, "the stack s3watch: no such stack in this account and Region", id="no stack"),
        pytest.param(
            [], "the stack s3watch has no output Ledger; name the table with --table", id="another's"
        ),
    ],
)
def test_a_stack_without_a_ledger_is_named(stacks, answer, said):
    stack = {"StackName": "s3watch", "CreationTime": "2026-11-20", "StackStatus": "CREATE_COMPLETE"}
    if answer is None:
        stacks.add_client_error("describe_stacks", "ValidationError", "does not exist")
    else:
        stacks.add_response("describe_stacks", {"Stacks": [stack | {"Outputs": answer}]})

    with pytest.raises(RefusedError, match=said):
        run(table="")
