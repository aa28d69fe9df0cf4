"""Buckets and queues of the local AWS that attach and detach change."""

from __future__ import annotations

import json
from itertools import count

from local.settings import ACCOUNT, REGION

HERE = {"LocationConstraint": REGION}
ALLOW_LOGS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::*",
        }
    ],
}
number = count(1)


def make_bucket(s3):
    name = f"attach-{next(number)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)
    return name


def make_queue(cloud, service):
    name = f"attach-{next(number)}"
    url = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def notifications(s3, bucket):
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def notify(s3, bucket, **settings):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=settings)


def logging(s3, bucket):
    return s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled", {}).get("TargetBucket")


def let_send(sqs, url, topic):
    """Give a queue the statement of stacks/log-files.yaml for a trail's topic."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": [topic]}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
