"""The AWS API calls of attach: read and write settings of buckets and topics."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, NoRegionError
from s3watch.errors import RefusedError

from s3watch_cli.attach.aws_errors import ADVICE, error_code, translate_errors
from s3watch_cli.attach.bucket_settings import DESTINATIONS, Setting, equivalent

CONFIG = Config(connect_timeout=5, retries={"mode": "standard", "max_attempts": 5})
METRICS_ID = "s3watch"  # the dimension FilterId of the alarms on request metrics


@dataclass(frozen=True, slots=True)
class Account:
    """The AWS account of the credentials, in one Region. Its methods raise RefusedError."""

    id: str
    partition: str
    region: str
    client: Callable[..., Any]  # the client of a service, of another Region if one is given as region_name

    @classmethod
    def open(cls, profile: str | None, region: str | None) -> Account:
        """Use the credentials of a profile, or those of the environment."""
        with translate_errors("the account"):
            session: Any = boto3.Session(profile_name=profile, region_name=region)
            if not session.region_name:
                raise NoRegionError
            client = partial(session.client, config=CONFIG)
            identity = client("sts").get_caller_identity()
        return cls(identity["Account"], identity["Arn"].split(":")[1], session.region_name, client)

    def check_bucket(self, bucket: str) -> None:
        """Raise RefusedError unless the bucket exists, in this account and this Region."""
        with translate_errors(bucket):
            try:
                head = self.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=self.id)
            except ClientError as error:
                if error_code(error) != "403":
                    raise
                raise RefusedError(
                    f"{bucket}: does not belong to account {self.id}, or s3:ListBucket is missing;"
                    " use its owner's credentials with --profile"
                ) from error
        if (there := head.get("BucketRegion", self.region)) != self.region:
            raise RefusedError(
                f"{bucket}: is in {there}, not in {self.region}, and its events stay in its Region;"
                f" deploy s3watch there and use --region {there}"
            )

    def log_bucket_facts(self, bucket: str) -> dict[str, Any]:
        """Return what decides whether S3 can log to a bucket, for bucket_settings.log_bucket_problems."""
        s3, owned = self.client("s3"), {"Bucket": bucket, "ExpectedBucketOwner": self.id}
        with translate_errors(bucket):
            encryption = _or_none(
                s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", **owned
            )
            lock = _or_none(s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError", **owned)
            policy = _or_none(s3.get_bucket_policy, "NoSuchBucketPolicy", **owned)
            payer = s3.get_bucket_request_payment(**owned).get("Payer")
        rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
        return {
            "encryption": rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", ""),
            "lock": lock.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention"),
            "payer": payer,
            "policy": json.loads(policy.get("Policy", "{}")),
        }

    def topic_of_trail(self, trail: str) -> str:
        """Return the ARN of the SNS topic that a trail notifies of new log files."""
        with translate_errors(trail):
            trails = self.client("cloudtrail").describe_trails(trailNameList=[trail])["trailList"]
        found = [one for one in trails if trail in {one["Name"], one["TrailARN"]}]
        if not found:
            raise RefusedError(f"{trail}: {ADVICE['TrailNotFoundException']}")
        if not found[0].get("SnsTopicARN"):
            raise RefusedError(
                f"{trail}: notifies no SNS topic of its log files; give it one, or use"
                f" --trail-bucket {found[0].get('S3BucketName', 'BUCKET')} instead"
            )
        return str(found[0]["SnsTopicARN"])

    def event_selectors(self, trail: str) -> dict[str, Any] | None:
        """Return the event selectors of a trail, also one of another Region or of the organization.

        None if this account has no trail of that name in this Region.
        """
        with translate_errors(trail):
            trails = self.client("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"]
            for one in trails:
                if trail in {one["Name"], one["TrailARN"]}:
                    home = self.client("cloudtrail", region_name=one.get("HomeRegion", self.region))
                    return dict(home.get_event_selectors(TrailName=one["TrailARN"]))
        return None

    def policy_of_queue(self, queue: str) -> dict[str, Any]:
        """Return the policy of an SQS queue of this account, given by its ARN; `{}` if it has none."""
        *_, region, owner, name = queue.split(":")
        with translate_errors(queue):
            sqs = self.client("sqs", region_name=region)
            url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=owner)["QueueUrl"]
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        return dict(json.loads(told.get("Attributes", {}).get("Policy", "{}")))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of setting of a bucket or topic: its name, its title in messages, and its API calls."""

    name: str
    title: str
    read: Callable[[Account, str], Setting]
    write: Callable[[Account, str, Setting, Setting], None]  # account, resource, before, after


def _read_notifications(account: Account, bucket: str) -> Setting:
    answer = account.client("s3").get_bucket_notification_configuration(
        Bucket=bucket, ExpectedBucketOwner=account.id
    )
    return _only(answer, (*DESTINATIONS, "EventBridgeConfiguration"))


def _write_notifications(account: Account, bucket: str, before: Setting, after: Setting) -> None:
    """Write all notifications, as S3 cannot change one; have it test destinations if some were added."""
    shrinks = all(len(after.get(kind, [])) <= len(before.get(kind, [])) for kind in DESTINATIONS)
    account.client("s3").put_bucket_notification_configuration(
        Bucket=bucket,
        ExpectedBucketOwner=account.id,
        NotificationConfiguration=after,
        SkipDestinationValidation=shrinks,
    )


def _read_logging(account: Account, bucket: str) -> Setting:
    answer = account.client("s3").get_bucket_logging(Bucket=bucket, ExpectedBucketOwner=account.id)
    return _only(answer, ("LoggingEnabled",))


def _write_logging(account: Account, bucket: str, _: Setting, after: Setting) -> None:
    account.client("s3").put_bucket_logging(
        Bucket=bucket, ExpectedBucketOwner=account.id, BucketLoggingStatus=after
    )


def _read_metrics(account: Account, bucket: str) -> Setting:
    read = account.client("s3").get_bucket_metrics_configuration
    answer = _or_none(
        read, "NoSuchConfiguration", Bucket=bucket, Id=METRICS_ID, ExpectedBucketOwner=account.id
    )
    return _only(answer, ("MetricsConfiguration",))


def _write_metrics(account: Account, bucket: str, _: Setting, after: Setting) -> None:
    s3, which = account.client("s3"), {"Bucket": bucket, "Id": METRICS_ID, "ExpectedBucketOwner": account.id}
    if after:
        s3.put_bucket_metrics_configuration(MetricsConfiguration=after["MetricsConfiguration"], **which)
    else:
        s3.delete_bucket_metrics_configuration(**which)


def _subscriptions(account: Account, topic: str) -> dict[str, str]:
    """Return the ARNs of the subscriptions of SQS queues, by queue ARN."""
    pages = _sns(account, topic).get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [one for page in pages for one in page["Subscriptions"] if one["Protocol"] == "sqs"]
    return {one["Endpoint"]: one["SubscriptionArn"] for one in found}


def _read_subscriptions(account: Account, topic: str) -> Setting:
    queues = sorted(_subscriptions(account, topic))
    return {"Queues": queues} if queues else {}


def _write_subscriptions(account: Account, topic: str, before: Setting, after: Setting) -> None:
    sns, wanted, there = _sns(account, topic), set(after.get("Queues", [])), set(before.get("Queues", []))
    for queue in wanted - there:
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    arns = _subscriptions(account, topic) if there - wanted else {}
    for queue in there - wanted:
        sns.unsubscribe(SubscriptionArn=arns[queue])


def _sns(account: Account, topic: str) -> Any:
    return account.client("sns", region_name=topic.split(":")[3])


NOTIFICATIONS = Kind("notifications", "event notifications", _read_notifications, _write_notifications)
LOGGING = Kind("logging", "server access logging", _read_logging, _write_logging)
METRICS = Kind("metrics", "request metrics", _read_metrics, _write_metrics)
SUBSCRIPTIONS = Kind("subscriptions", "subscribed queues", _read_subscriptions, _write_subscriptions)
KINDS = {kind.name: kind for kind in (NOTIFICATIONS, LOGGING, METRICS, SUBSCRIPTIONS)}


def read(account: Account, kind: Kind, resource: str) -> Setting:
    """Return the current setting. Raises RefusedError."""
    with translate_errors(resource):
        return kind.read(account, resource)


def write(account: Account, kind: Kind, resource: str, before: Setting, after: Setting) -> None:
    """Change a setting, unless it is no longer as it was before. Raises RefusedError."""
    with translate_errors(resource):
        if not equivalent(kind.read(account, resource), before):
            raise RefusedError(f"{resource}: its {kind.title} changed in the meantime; run the command again")
        kind.write(account, resource, before, after)


def _only(answer: dict[str, Any], names: tuple[str, ...]) -> Setting:
    return {name: answer[name] for name in names if name in answer}


def _or_none(call: Callable[..., dict[str, Any]], absent: str, **arguments: Any) -> dict[str, Any]:
    """Return the response of a call, `{}` if S3 answers with the error code `absent`."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error_code(error) != absent:
            raise
        return {}
