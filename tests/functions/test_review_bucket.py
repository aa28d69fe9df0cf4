"""The function ReviewBucket, invoked as Lambda does, with bucket settings and the ledger in moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch import application
from s3watch.aws import clients
from s3watch.errors import RecordError, SettingError
from s3watch.ruleset import Ruleset, dump

from functions.notify import app as notify
from functions.review_bucket import app as review_bucket
from tests.support.aws_answers import without_access_grants
from tests.support.bucket_states import allow, make_policy
from tests.support.ledger_table import TABLE, make_table, stream
from tests.support.project import EVENTS
from tests.support.review_events import ROLE, make_change, make_compliance_change, make_schedule
from tests.support.sensitive import RULESET

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
REGION, ACCOUNT, BUCKET = "eu-west-1", "123456789012", "hr-data"
ALERTS, CHAT, FINDINGS = (f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}" for name in ("alerts", "chat", "findings"))
QUEUE = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/"
CONTEXT = SimpleNamespace(
    function_name="s3watch", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="id"
)
MADE_ONCE = ("ruleset", "store", "reviewer", "queues", "delivery")


def forget() -> None:
    for made in (*(getattr(application, name) for name in MADE_ONCE), clients.client):
        made.cache_clear()


def compiled(tmp_path: Any, ruleset: Ruleset) -> str:
    path = tmp_path / "rules.json"
    path.write_bytes(dump(ruleset))
    return str(path)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[pytest.MonkeyPatch]:
    """Set the variables that template.yaml sets."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        "S3WATCH_RULES": compiled(tmp_path, RULESET), "S3WATCH_WATCHED_BUCKETS": BUCKET,
        "S3WATCH_LEDGER_TABLE": TABLE, "S3WATCH_ALERT_TOPIC": ALERTS, "S3WATCH_CHAT_TOPIC": CHAT,
        "S3WATCH_MACHINE_TOPIC": FINDINGS,
        "S3WATCH_QUEUE_URL": f"{QUEUE}reviews", "S3WATCH_DEAD_LETTER_QUEUE_URL": f"{QUEUE}dead-letters",
        "S3WATCH_ACCOUNT": ACCOUNT, "S3WATCH_OWN_ROLE": ROLE, "S3WATCH_REMEDIATE": "off",
        "S3WATCH_REMEDIATE_DRY_RUN": "false",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    forget()
    yield monkeypatch
    forget()


@pytest.fixture
def account(environment: pytest.MonkeyPatch) -> Iterator[Any]:
    with mock_aws():
        make_table()
        sqs, sns, s3 = (boto3.client(name) for name in ("sqs", "sns", "s3"))
        for queue in ("reviews", "dead-letters", "inbox"):
            sqs.create_queue(QueueName=queue)
        for topic in ("alerts", "chat", "findings"):
            sns.create_topic(Name=topic)
        inbox = f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"
        sns.subscribe(
            TopicArn=FINDINGS, Protocol="sqs", Endpoint=inbox, Attributes={"RawMessageDelivery": "true"}
        )
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.delete_public_access_block(Bucket=BUCKET)
        without_access_grants(clients.client("s3control"))
        yield SimpleNamespace(s3=s3, sqs=sqs, set=environment.setenv)


def batch(*events: bytes) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{n}", "body": event.decode(), "receiptHandle": f"r{n}", "attributes": {}}
            for n, event in enumerate(events)
        ]
    }


def call(*events: bytes) -> dict[str, Any]:
    return review_bucket.handler(batch(*events), CONTEXT)


def messages(account: Any, queue: str) -> list[str]:
    answer = account.sqs.receive_message(QueueUrl=f"{QUEUE}{queue}", MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def open_to_everyone(account: Any) -> None:
    account.s3.put_bucket_policy(Bucket=BUCKET, Policy=make_policy(allow()))


def test_a_change_becomes_a_finding_with_before_and_after(account):
    call(make_schedule())
    open_to_everyone(account)
    call(make_change(eventTime=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"))
    notify.handler(stream(), CONTEXT)
    (finding,) = map(json.loads, messages(account, "inbox"))

    assert finding["evidences"][0]["data"]["before"] == ["nobody outside the account"]
    assert finding["evidences"][0]["data"]["after"] == ["everyone may read (bucket policy)"]
    assert finding["finding_info"]["analytic"]["name"] == "bucket-opened"


def test_an_event_without_an_envelope_is_answered_with_the_counts(account):
    bare = json.loads(make_compliance_change("s3-bucket-logging-enabled"))

    assert review_bucket.handler(bare, CONTEXT) == {
        "Reviewed": 1, "Reported": 1, "Corrected": 0, "Own": 0, "Absent": 0, "Failed": 0,
    }  # fmt: skip


def test_watched_buckets_that_the_account_does_not_have_are_counted_and_logged_once(account, capsys, caplog):
    account.set("S3WATCH_WATCHED_BUCKETS", f"{BUCKET},hr-dta,another-accounts")
    call(make_schedule(), make_schedule())
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [each["ReviewsAbsent"] for each in printed if "_aws" in each] == [[2.0]]
    assert [vars(each)["buckets"] for each in caplog.records if each.levelname == "WARNING"] == [
        ["another-accounts", "hr-dta"]
    ]


def test_the_sample_event_is_reported_as_found_by_aws_config(account):
    account.set("S3WATCH_WATCHED_BUCKETS", "finance-exports")
    account.s3.create_bucket(
        Bucket="finance-exports", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    review_bucket.handler(json.loads((EVENTS / "review-not-compliant.json").read_text()), CONTEXT)
    (identity,) = application.store().due_groups(1e12)

    assert application.store().group(identity).rules == ("bucket-not-compliant",)


def test_with_remediation_the_bucket_is_closed(account):
    account.set("S3WATCH_REMEDIATE", "block")
    open_to_everyone(account)
    call(make_change())

    block = account.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert [name for name, is_on in block.items() if is_on] == ["RestrictPublicBuckets"]


def test_a_dry_run_leaves_the_bucket_open(account):
    account.set("S3WATCH_REMEDIATE", "block")
    account.set("S3WATCH_REMEDIATE_DRY_RUN", "true")
    open_to_everyone(account)
    call(make_change())

    with pytest.raises(account.s3.exceptions.ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        account.s3.get_public_access_block(Bucket=BUCKET)


def test_an_unreadable_event_goes_to_the_dead_letter_queue_by_itself(account):
    assert call(b"{", make_change()) == {"batchItemFailures": []}
    assert messages(account, "dead-letters") == ["{"]


def test_a_change_stays_in_the_queue_while_the_ledger_is_down(account):
    boto3.client("dynamodb").delete_table(TableName=TABLE)

    assert call(make_change()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_an_unreadable_event_without_an_envelope_is_refused(account):
    with pytest.raises(RecordError, match="not an event that triggers a review"):
        review_bucket.handler({"detail-type": "Something"}, CONTEXT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("S3WATCH_REMEDIATE", "everything", id="a remedy that is none"),
        pytest.param("S3WATCH_OWN_ROLE", "", id="no role"),
        pytest.param("S3WATCH_ACCOUNT", "", id="no account"),
    ],
)
def test_a_wrong_setting_stops_the_function_before_any_event_is_handled(environment, name, value):
    environment.setenv(name, value)

    with pytest.raises(SettingError, match=name):
        call(make_change())
