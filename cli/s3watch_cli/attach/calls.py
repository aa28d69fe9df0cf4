"""What `attach` asks of AWS: settings of buckets, subscriptions of topics, and what a refusal means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from s3watch.errors import RefusedError

from s3watch_cli.attach.bucket_settings import DESTINATIONS, Setting, same

CONFIG = Config(connect_timeout=5, retries={"mode": "standard", "max_attempts": 5})
METRICS_ID = "s3watch"  # the dimension FilterId of the alarms on request metrics

# What an operation is called in a policy, where that is not its own name.
PERMISSIONS = {
    "HeadBucket": "s3:ListBucket",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
    "PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
}
ADVICE = {
    "404": "there is no such bucket here; look for a slip in its name, or for another --profile or --region",
    "NoSuchBucket": "there is no such bucket; look for a slip in its name",
    "TrailNotFoundException": "there is no such trail here; look for a slip in its name, or say --region",
    "NotFound": "there is no such topic here; has it been deleted?",
    "301": "it is in another Region; name that with --region",
    "PermanentRedirect": "it is in another Region; name that with --region",
    "OperationAborted": "somebody else is changing it right now; try again in a minute",
    "SlowDown": "S3 asks for patience; try again in a minute",
    "InvalidTargetBucketForLogging": "S3 may not log to that bucket; see its policy, owner and Region",
    "TooManyConfigurations": "it has as many metrics configurations as S3 allows; delete one",
    "ExpiredToken": "the credentials have expired; log in again",
    "ExpiredTokenException": "the credentials have expired; log in again",
    "InvalidAccessKeyId": "the credentials are not valid; log in again, or name others with --profile",
    "InvalidClientTokenId": "the credentials are not valid; log in again, or name others with --profile",
}
UNREACHABLE = (
    "S3 tried every destination and could not send to one; the policy of that queue or topic, and that of its"
    " KMS key, must let s3.amazonaws.com in for this bucket"
)


@dataclass(frozen=True, slots=True)
class Account:
    """The account of some credentials, in one Region. What it asks of AWS raises RefusedError."""

    id: str
    partition: str
    region: str
    client: Callable[..., Any]  # the client of a service, of another Region if one is given as region_name

    @classmethod
    def open(cls, profile: str | None, region: str | None) -> Account:
        """Take the credentials of a profile, or those of the environment."""
        with explained("the account"):
            session: Any = boto3.Session(profile_name=profile, region_name=region)
            if not session.region_name:
                raise NoRegionError
            client = partial(session.client, config=CONFIG)
            who = client("sts").get_caller_identity()
        return cls(who["Account"], who["Arn"].split(":")[1], session.region_name, client)

    def check_bucket(self, bucket: str) -> None:
        """Raise RefusedError unless a bucket is there, this account's own, and in this Region."""
        with explained(bucket):
            try:
                head = self.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=self.id)
            except ClientError as error:
                if _code(error) != "403":
                    raise
                raise RefusedError(
                    f"{bucket}: is not the bucket of account {self.id}, or s3:ListBucket is missing;"
                    " attach it with its owner's credentials, see --profile"
                ) from error
        if (there := head.get("BucketRegion", self.region)) != self.region:
            raise RefusedError(
                f"{bucket}: is in {there}, not in {self.region}, and events stay in their Region;"
                f" deploy s3watch there, then say --region {there}"
            )

    def log_bucket_facts(self, bucket: str) -> dict[str, Any]:
        """What decides whether S3 can log to a bucket; see bucket_settings.unfit_for_access_logs."""
        s3, who = self.client("s3"), {"Bucket": bucket, "ExpectedBucketOwner": self.id}
        with explained(bucket):
            encryption = _or_none(
                s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", **who
            )
            lock = _or_none(s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError", **who)
            policy = _or_none(s3.get_bucket_policy, "NoSuchBucketPolicy", **who)
            payer = s3.get_bucket_request_payment(**who).get("Payer")
        rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
        return {
            "encryption": rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", ""),
            "lock": lock.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention"),
            "payer": payer,
            "policy": json.loads(policy.get("Policy", "{}")),
        }

    def topic_of_trail(self, trail: str) -> str:
        """The ARN of the SNS topic to which a trail tells its new log files."""
        with explained(trail):
            trails = self.client("cloudtrail").describe_trails(trailNameList=[trail])["trailList"]
        found = [one for one in trails if trail in {one["Name"], one["TrailARN"]}]
        if not found:
            raise RefusedError(f"{trail}: {ADVICE['TrailNotFoundException']}")
        if not found[0].get("SnsTopicARN"):
            raise RefusedError(
                f"{trail}: tells no SNS topic of its log files; give it one, or say"
                f" --trail-bucket {found[0].get('S3BucketName', 'BUCKET')} instead"
            )
        return str(found[0]["SnsTopicARN"])


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of setting: what it is called, and how it is read and written at a bucket or topic."""

    name: str
    title: str
    read: Callable[[Account, str], Setting]
    write: Callable[[Account, str, Setting, Setting], None]  # account, place, before, after


def _read_notifications(account: Account, bucket: str) -> Setting:
    answer = account.client("s3").get_bucket_notification_configuration(
        Bucket=bucket, ExpectedBucketOwner=account.id
    )
    return _only(answer, (*DESTINATIONS, "EventBridgeConfiguration"))


def _write_notifications(account: Account, bucket: str, before: Setting, after: Setting) -> None:
    """Put all of them: S3 knows no way to change one. What only shrinks is not tried out by S3."""
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
    """ARNs of the subscriptions of queues, by queue."""
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


def read(account: Account, kind: Kind, place: str) -> Setting:
    """A setting as it is. Raises RefusedError."""
    with explained(place):
        return kind.read(account, place)


def write(account: Account, kind: Kind, place: str, before: Setting, after: Setting) -> None:
    """Change a setting, unless somebody else did meanwhile. Raises RefusedError."""
    with explained(place):
        if not same(kind.read(account, place), before):
            raise RefusedError(f"{place}: somebody changed its {kind.title} in this very moment; start again")
        kind.write(account, place, before, after)


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn a refusal of AWS into RefusedError: one line with what to try."""
    try:
        yield
    except ClientError as error:
        raise RefusedError(f"{place}: {_advice(error)}") from error
    except NoCredentialsError as error:
        raise RefusedError(f"{place}: there are no credentials; log in, or name a --profile") from error
    except NoRegionError as error:
        raise RefusedError(f"{place}: no Region is set; name one with --region") from error
    except BotoCoreError as error:
        raise RefusedError(f"{place}: {' '.join(str(error).split())}") from error


def _advice(error: ClientError) -> str:
    code, operation = _code(error), error.operation_name
    said = " ".join(error.response.get("Error", {}).get("Message", "").split())
    if code in {"AccessDenied", "AccessDeniedException", "403", "AuthorizationError"}:
        allowed = PERMISSIONS.get(operation, operation)
        return f"the credentials lack {allowed}; take others with --profile ({said})"
    if "Unable to validate" in said:
        return f"{UNREACHABLE} ({said})"
    return f"{ADVICE.get(code, f'{operation} failed with {code}')} ({said})"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _only(answer: dict[str, Any], names: tuple[str, ...]) -> Setting:
    return {name: answer[name] for name in names if name in answer}


def _or_none(call: Callable[..., dict[str, Any]], absent: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a call, `{}` where S3 says by an error that there is nothing."""
    try:
        return call(**arguments)
    except ClientError as error:
        if _code(error) != absent:
            raise
        return {}
