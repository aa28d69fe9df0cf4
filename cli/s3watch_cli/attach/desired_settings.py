"""The settings that buckets and topics should have by the options of attach; checks the log bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from s3watch.errors import RefusedError

from s3watch_cli.attach.bucket_settings import Setting, lets_send, log_bucket_problems
from s3watch_cli.attach.calls import LOGGING, METRICS, METRICS_ID, NOTIFICATIONS, SUBSCRIPTIONS, Account, Kind
from s3watch_cli.attach.deployed_stack import read_output
from s3watch_cli.attach.trail import QUEUE, check_log_bucket_is_read, stack_of_queue
from s3watch_cli.cost import model

LOG_FILE = ".json.gz"  # the suffix of a trail's files; the prefix is open, because a trail may have its own


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `s3watch attach`; an empty name means the stack's own."""

    access_logs: bool = False
    events: bool = False
    metrics: bool = False
    log_bucket: str = ""
    trail_bucket: str = ""
    trail: str = ""
    queue: str = ""
    stack: str = "s3watch"
    replace_logging: bool = False


@dataclass(frozen=True, slots=True)
class DesiredSetting:
    """The value that a setting of a bucket or topic should have, and a sentence on its price."""

    resource: str
    kind: Kind
    value: Setting
    price: str


def log_file_queue(account: Account, options: Options) -> str:
    """Return the ARN of the queue of log files: the one that is given, or that template.yaml creates."""
    return options.queue or (
        f"arn:{account.partition}:sqs:{account.region}:{account.id}:{options.stack}{QUEUE}"
    )


def settings_for_bucket(account: Account, bucket: str, options: Options) -> Iterator[DesiredSetting]:
    """Yield the settings that a watched bucket should have. Raises RefusedError."""
    account.check_bucket(bucket)
    if options.events:
        yield DesiredSetting(bucket, NOTIFICATIONS, {"EventBridgeConfiguration": {}}, model.EVENTS)
    if options.access_logs:
        yield DesiredSetting(bucket, LOGGING, _logging(bucket, options), model.ACCESS_LOGS)
    if options.metrics:
        yield DesiredSetting(bucket, METRICS, {"MetricsConfiguration": {"Id": METRICS_ID}}, model.METRICS)


def _logging(bucket: str, options: Options) -> Setting:
    target = options.log_bucket
    if target == bucket:
        raise RefusedError(
            f"{bucket}: would log to itself, and every log file causes more logs; use another --log-bucket"
        )
    return {
        "LoggingEnabled": {
            "TargetBucket": target,
            "TargetPrefix": "",
            "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
        }
    }


def with_log_bucket(account: Account, options: Options) -> Options:
    """Return options that name the bucket for access logs, the stack's own unless one was given.

    Raises RefusedError if the stack has none.
    """
    if options.log_bucket or not options.access_logs:
        return options
    instead = "for access logs, deploy with AccessLogDays=90 or use --log-bucket"
    own = read_output(account.client("cloudformation"), options.stack, "AccessLogBucket", instead)
    return replace(options, log_bucket=own)


def check_log_bucket(account: Account, bucket: str) -> None:
    """Raise RefusedError if S3 cannot write access logs to the log bucket."""
    account.check_bucket(bucket)
    if reasons := list(log_bucket_problems(account.log_bucket_facts(bucket))):
        raise RefusedError("\n".join(f"{bucket}: {reason}" for reason in reasons))


def settings_for_trail(account: Account, options: Options) -> Iterator[DesiredSetting]:
    """Yield the settings that an existing trail's bucket or topic should have. Raises RefusedError."""
    queue = log_file_queue(account, options)
    if options.trail_bucket:
        account.check_bucket(options.trail_bucket)
        if stack := stack_of_queue(account, queue):
            check_log_bucket_is_read(account, options.trail_bucket, stack)
        notification = {
            "Id": f"{options.stack}-log-files",
            "QueueArn": queue,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": LOG_FILE}]}},
        }
        yield DesiredSetting(
            options.trail_bucket, NOTIFICATIONS, {"QueueConfigurations": [notification]}, model.LOG_FILES
        )
    if options.trail:
        topic = account.topic_of_trail(options.trail)
        _check_queue(account, queue, topic)
        yield DesiredSetting(topic, SUBSCRIPTIONS, {"Queues": [queue]}, model.LOG_FILES)


def _check_queue(account: Account, queue: str, topic: str) -> None:
    """Raise RefusedError if the queue takes nothing of the topic, whose messages SNS would then drop."""
    if queue.split(":")[4] == account.id and not lets_send(account.policy_of_queue(queue), topic):
        raise RefusedError(
            f"{topic}: {queue.rpartition(':')[2]} takes no messages from this topic; deploy s3watch with"
            f" LogFileTopics={topic} first"
        )
