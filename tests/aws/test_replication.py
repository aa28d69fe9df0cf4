"""Replication rules as S3 answers them, in moto, read as a review reads them."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch.aws import clients
from s3watch.aws.replication import MOST_LOOKED_UP
from s3watch.posture.bucket_state import ReplicationDestination
from s3watch.posture.exposure import evaluate

from tests.support.aws_answers import answer, refuse
from tests.support.bucket_states import OTHER
from tests.support.reviewed_bucket import ACCOUNT, read

TRANSLATED = "<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>"


@pytest.fixture
def client(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client that reviews use, of an account that has `replica`; it does not wait between attempts."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    s3.create_bucket(Bucket="replica")
    return clients.client("s3")


def rule(bucket: str, more: str = "", status: str = "Enabled") -> str:
    destination = f"<Destination><Bucket>arn:aws:s3:::{bucket}</Bucket>{more}</Destination>"
    return f"<Rule><Status>{status}</Status>{destination}</Rule>"


def replicates(client: Any, *rules: str) -> tuple[ReplicationDestination, ...]:
    answer(
        client,
        "GetBucketReplication",
        f"<ReplicationConfiguration>{''.join(rules)}</ReplicationConfiguration>",
    )
    return read().replicates_to


@pytest.mark.parametrize(
    ("destination", "found"),
    [
        pytest.param(rule("replica"), ReplicationDestination("replica", own=True), id="one of its own"),
        pytest.param(rule("replica-2"), ReplicationDestination("replica-2"), id="not its own"),
        pytest.param(rule("repl"), ReplicationDestination("repl"), id="named like the start of its own"),
        pytest.param(
            rule("theirs", f"<Account>{ACCOUNT}</Account>"), ReplicationDestination("theirs"),
            id="said to be of the account",
        ),
        pytest.param(
            rule("theirs", f"<Account>{ACCOUNT}</Account>{TRANSLATED}"),
            ReplicationDestination("theirs", ACCOUNT),
            id="said to be of the account, whose replicas change their owner",
        ),
        pytest.param(
            rule("theirs", f"<Account>{OTHER}</Account>"), ReplicationDestination("theirs"),
            id="said to be of another account",
        ),
        pytest.param(
            rule("theirs", f"<Account>{OTHER}</Account>{TRANSLATED}"),
            ReplicationDestination("theirs", OTHER),
            id="of another account, as S3 has checked",
        ),
    ],
)  # fmt: skip
def test_only_the_list_of_the_accounts_buckets_shows_that_a_destination_is_its_own(
    client, destination, found
):
    assert replicates(client, destination) == (found,)


def test_a_rule_that_claims_the_reviewed_account_is_told_like_one_that_names_none(client):
    replicates(client, rule("theirs", f"<Account>{ACCOUNT}</Account>"))

    assert [grant.grantee for grant in evaluate(read()).grants] == ["s3://theirs"]


def test_rules_that_are_not_enabled_send_nothing(client):
    assert replicates(client, rule("theirs", status="Disabled")) == ()


def test_several_rules_to_one_bucket_are_one_destination(client):
    assert replicates(client, rule("theirs"), rule("theirs")) == (ReplicationDestination("theirs"),)


def test_a_destination_counts_as_outside_if_the_buckets_may_not_be_listed(client):
    refuse(client, "ListBuckets", "AccessDenied")

    assert replicates(client, rule("replica")) == (ReplicationDestination("replica"),)


def test_replication_counts_as_not_read_while_the_buckets_can_not_be_listed(client):
    refuse(client, "ListBuckets", "SlowDown", 503)
    replicates(client, rule("replica"))

    assert (read().failed, read().unread) == (("replication",), ())


def test_many_destinations_are_all_read_but_few_are_looked_up(client):
    asked = answer(client, "ListBuckets", "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>")
    found = replicates(client, *(rule(f"elsewhere-{number}") for number in range(1_000)), rule("replica"))

    assert (len(found), len(asked)) == (1_001, MOST_LOOKED_UP)
    assert found[-1] == ReplicationDestination("replica")
