"""attach and detach of existing trails, whose log files the queue is to hear of."""

from __future__ import annotations

import json

import pytest
from s3watch.errors import RefusedError
from s3watch_cli.attach.attach import attach, detach
from s3watch_cli.attach.desired_settings import Options

from local.settings import REGION
from tests.support.attached_buckets import (
    let_send,
    make_queue,
    notify,
)
from tests.support.bucket_settings import notifying
from tests.support.local_aws import eventually


def test_the_queue_hears_of_the_log_files_of_an_existing_trail(s3watch, cloud, s3, bucket, queue):
    s3watch("attach", "--trail-bucket", bucket, "--queue", queue, "--yes")
    s3.put_object(Bucket=bucket, Key="AWSLogs/111122223333/CloudTrail/a.json.gz", Body=b"")
    s3.put_object(Bucket=bucket, Key="AWSLogs/readme.txt", Body=b"")

    url = cloud.client("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]

    def keys():
        messages = (
            cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        )
        bodies = [json.loads(message["Body"]) for message in messages]
        return [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", [])]

    assert eventually(keys) == ["AWSLogs/111122223333/CloudTrail/a.json.gz"]


def test_a_queue_that_does_not_let_s3_in_is_reported_with_what_to_fix(s3watch, cloud, bucket):
    deaf = make_queue(cloud, "events.amazonaws.com")

    code, _, err = s3watch("attach", "--trail-bucket", bucket, "--queue", deaf, "--yes")

    assert code == 1
    assert err.startswith(
        f"{bucket}: S3 tested every destination and could not send to one; the policies of that queue"
    )
    assert deaf in err


def test_where_others_hear_of_the_log_files_nothing_is_tried(s3watch, s3, bucket, queue):
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "AWSLogs/")])

    code, out, err = s3watch("attach", "--trail-bucket", bucket, "--queue", f"{queue}-2", "--yes")

    assert (code, out) == (1, "")
    assert err == (
        f"{bucket}: already notifies {queue} (AWSLogs/) of such objects, and S3 allows one destination;"
        " give the trail an SNS topic and use --trail, or notify a topic that both subscribe to\n"
        "nothing was changed\n"
    )


def subscribed(account, topic):
    found = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return [one["Endpoint"] for one in found]


def test_the_queue_is_subscribed_to_a_trails_topic_and_unsubscribed_again(trail, tmp_path):
    account, topic, queue = trail

    attach(account, [], Options(trail="old"), tmp_path, at="", yes=True)
    between = subscribed(account, topic)
    detach(account, [topic], tmp_path, yes=True, keep_changes=False)

    assert (between, subscribed(account, topic)) == ([queue], [])


def test_subscriptions_of_others_stay(trail, tmp_path):
    account, topic, _ = trail
    theirs = f"arn:aws:sqs:{REGION}:{account.id}:theirs"
    account.client("sqs").create_queue(QueueName="theirs")
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=theirs)

    attach(account, [], Options(trail="old"), tmp_path, at="", yes=True)
    detach(account, [topic], tmp_path, yes=True, keep_changes=False)

    assert subscribed(account, topic) == [theirs]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quiet", "quiet: notifies no SNS topic of its log files; .* --trail-bucket trail-logs instead"),
        ("gone", "gone: no such trail in this account and Region; check its name"),
    ],
    ids=["without a topic", "not there"],
)
def test_a_trail_that_cannot_tell_is_refused_with_what_to_do(trail, tmp_path, name, said):
    account, _, _ = trail

    with pytest.raises(RefusedError, match=said):
        attach(account, [], Options(trail=name), tmp_path, at="", yes=True)


def test_a_topic_that_the_queue_takes_nothing_of_is_not_subscribed(trail, tmp_path):
    account, topic, _ = trail
    url = account.client("sqs").get_queue_url(QueueName="s3watch-log-files")["QueueUrl"]
    let_send(account.client("sqs"), url, f"{topic}-of-others")

    with pytest.raises(RefusedError, match=f"deploy s3watch with LogFileTopics={topic} first"):
        attach(account, [], Options(trail="old"), tmp_path, at="", yes=True)
    assert subscribed(account, topic) == []


def test_a_queue_that_is_not_there_is_reported_before_its_topic_is_changed(trail, tmp_path):
    account, topic, _ = trail

    with pytest.raises(RefusedError, match="no such queue; deploy with ScanLogFiles=true"):
        attach(account, [], Options(trail="old", stack="elsewhere"), tmp_path, at="", yes=True)
    assert subscribed(account, topic) == []
