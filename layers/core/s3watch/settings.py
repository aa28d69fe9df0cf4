"""The settings of the Lambda functions, read from the environment variables that template.yaml sets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from s3watch.alerts.reader import LOGS, Analytics, Reader
from s3watch.errors import SettingError
from s3watch.facts.origin.autonomous_systems import FILE
from s3watch.health.parts import TopicName
from s3watch.ledger.messages import Topic
from s3watch.posture.remediation import Mode, Remediation

LOGICAL_ID = "Ledger"  # of the table, in template.yaml
STACK = "POWERTOOLS_SERVICE_NAME"  # has the stack's name, by which our metrics are told apart


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that every function needs."""

    rules: str  # path of rules.json
    watched_buckets: tuple[str, ...]
    table: str
    zone: ZoneInfo
    canary: tuple[str, ...] = ()  # its bucket, and the role that reads it; empty: there is none
    judges_in_chat: bool = False  # messages in the chat have buttons that judge their alerts
    trail: str = ""  # the name of the trail that records the buckets; empty: unknown

    @property
    def systems(self) -> str:
        """The path of a database of autonomous systems, which may be there: beside the rules."""
        return str(PurePath(self.rules).with_name(FILE))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings of every function. Raises SettingError."""
        return cls(
            rules=environment.get("S3WATCH_RULES", "/opt/rules.json"),
            watched_buckets=tuple(filter(None, required("S3WATCH_WATCHED_BUCKETS", environment).split(","))),
            table=_ledger_table(environment),
            zone=_zone(environment.get("S3WATCH_TIME_ZONE") or "UTC"),
            canary=_canary(environment),
            judges_in_chat=environment.get("S3WATCH_BUTTONS") == "on",
            trail=environment.get("S3WATCH_TRAIL", ""),
        )


@dataclass(frozen=True, slots=True)
class Queues:
    """The URLs of a function's SQS queue and of the dead-letter queue for unreadable messages."""

    source: str
    dead_letter_queue: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Queues:
        """Read the queues of the function that is running. Raises SettingError."""
        return cls(
            source=required("S3WATCH_QUEUE_URL", environment),
            dead_letter_queue=required("S3WATCH_DEAD_LETTER_QUEUE_URL", environment),
        )


@dataclass(frozen=True, slots=True)
class TopicArns:
    """The ARNs of the SNS topics that alerts are published to."""

    alerts: str
    chat: str
    machines: str
    canary: str = ""  # empty: there is none

    @property
    def named(self) -> dict[Topic, str]:
        """The ARNs by the names that messages give their topics."""
        topics: dict[Topic, str] = {"mail": self.alerts, "chat": self.chat, "machines": self.machines}
        return topics | ({"canary": self.canary} if self.canary else {})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> TopicArns:
        """Read the topics of notify and sweep. Raises SettingError."""
        return cls(
            alerts=required("S3WATCH_ALERT_TOPIC", environment),
            chat=required("S3WATCH_CHAT_TOPIC", environment),
            machines=required("S3WATCH_MACHINE_TOPIC", environment),
            canary="".join(_names("S3WATCH_CANARY_TOPIC", environment)),
        )


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """The account whose buckets review_bucket reads, and which corrections it may make."""

    account: str
    remediation: Remediation

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ReviewSettings:
        """Read the additional settings of review_bucket. Raises SettingError."""
        mode = environment.get("S3WATCH_REMEDIATE") or "off"
        if mode not in get_args(Mode):
            raise SettingError(f"S3WATCH_REMEDIATE is {mode!r}; use one of {', '.join(get_args(Mode))}")
        dry_run = environment.get("S3WATCH_REMEDIATE_DRY_RUN", "true") != "false"
        role = required("S3WATCH_OWN_ROLE", environment)
        return cls(required("S3WATCH_ACCOUNT", environment), Remediation(cast("Mode", mode), dry_run, role))


_ALWAYS = ("detect", "notify", "sweep", "check-health")  # functions, as template.yaml names them
_FUNCTIONS = {
    "log-files": "scan-logs", "findings": "relay-finding", "reviews": "review-bucket",
    "canary": "read-canary", "chat": "take-verdict",
}  # fmt: skip
_UNROUTED = ("-log-files", "-canary", "-chat")  # S3 sends to the first, and the others have no queue


def _targets(stack: str, topic: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ARNs of what rules of EventBridge send to; a topic's ARN says where they are."""
    _, partition, _, region, account, _ = topic.split(":")
    queues = [f"arn:{partition}:sqs:{region}:{account}:{stack}-{part}" for part in ("events", *parts)]
    clocked = ("sweep", *(_FUNCTIONS[part] for part in parts if part == "canary"))
    functions = [f"arn:{partition}:lambda:{region}:{account}:function:{stack}-{name}" for name in clocked]
    return (*(queue for queue in queues if not queue.endswith(_UNROUTED)), *functions)


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """The parts that check_health looks at, and where it tells what is wrong."""

    stack: str
    partition: str
    trail: str
    records_prefixes: bool
    targets: tuple[str, ...]
    functions: tuple[str, ...]
    topics: tuple[tuple[TopicName, str], ...]  # names and ARNs
    operations_topic: str
    access_logs: str  # the bucket that watched buckets are to log to; empty if there is none

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> HealthSettings:
        """Read the additional settings of check_health. Raises SettingError."""
        topic = required("S3WATCH_OPERATIONS_TOPIC", environment)
        stack = required(STACK, environment)
        parts = tuple(filter(None, environment.get("S3WATCH_PARTS", "").split(",")))
        return cls(
            stack=stack,
            partition=topic.split(":")[1],
            trail=required("S3WATCH_TRAIL", environment),
            records_prefixes=environment.get("S3WATCH_TRAIL_SCOPE") == "prefixes",
            targets=_targets(stack, topic, parts),
            functions=tuple(f"{stack}-{name}" for name in (*_ALWAYS, *map(_FUNCTIONS.__getitem__, parts))),
            topics=(("alerts", required("S3WATCH_ALERT_TOPIC", environment)), ("operations", topic)),
            operations_topic=topic,
            access_logs="".join(own_access_logs(environment)),
        )


def reader(environment: Mapping[str, str] = os.environ, *, chat_key: bytes = b"") -> Reader:
    """Return who reads the messages: their time zone, means of search and stack. Raises SettingError.

    `chat_key` is that of the tokens with which buttons in the chat judge alerts.
    """
    analytics = environment.get("S3WATCH_ANALYTICS") or "off"
    if analytics not in get_args(Analytics):
        raise SettingError(f"S3WATCH_ANALYTICS is {analytics!r}; use one of {', '.join(get_args(Analytics))}")
    zone = _zone(environment.get("S3WATCH_TIME_ZONE") or "UTC")
    logs, stack = environment.get("S3WATCH_TRAIL_LOGS") or LOGS, environment.get(STACK, "")
    return Reader(zone, cast("Analytics", analytics), logs, stack, chat_key)


def chat_role(environment: Mapping[str, str] = os.environ) -> str:
    """Return the ARN of the role that gives the chat's verdicts. Raises SettingError."""
    return required("S3WATCH_CHAT_ROLE", environment)


def reads_findings_elsewhere(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether findings about buckets outside the catalogue are reported too."""
    return environment.get("S3WATCH_FINDINGS_ELSEWHERE", "true") == "true"


def hit_metrics_enabled(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether hits are published as metrics; each detection and label costs 0.30 USD a month."""
    return environment.get("S3WATCH_HIT_METRICS") == "true"


def receives_object_events(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether S3's own "Object Deleted" events arrive too."""
    return environment.get("S3WATCH_OBJECT_DELETED") == "true"


def own_account(environment: Mapping[str, str] = os.environ) -> str:
    """Return the id of the account that s3watch runs in. Raises SettingError.

    Sweep, whose variables leave no room for it, has it in the ARN of a topic; empty if that is no ARN, as in
    `sam local invoke`.
    """
    topic = environment.get("S3WATCH_ALERT_TOPIC", "")
    if topic and "S3WATCH_ACCOUNT" not in environment:
        return topic.split(":")[4] if topic.count(":") > 4 else ""
    return required("S3WATCH_ACCOUNT", environment)


def own_stack(environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of the stack that s3watch runs in; empty if nobody set it, as where a test runs."""
    return environment.get("POWERTOOLS_SERVICE_NAME", "")


def own_region(environment: Mapping[str, str] = os.environ) -> str:
    """Return the Region that s3watch runs in; Lambda sets it, and it is empty elsewhere."""
    return environment.get("AWS_REGION", "")


def log_buckets(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the names of the log buckets, which are given as names or ARNs. Raises SettingError."""
    name = "S3WATCH_LOG_BUCKETS"  # empty if another trail's bucket is not named yet
    given = environment[name] if name in environment else required(name, environment)
    return frozenset(bucket.rpartition(":::")[2] for bucket in given.split(",") if bucket)


def copied_accounts(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the other accounts of whose access logs there are copies."""
    return _names("S3WATCH_ACCESS_LOG_ACCOUNTS", environment)


def own_access_logs(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the bucket to which S3 logs the calls on this account's buckets only; empty if there is none."""
    return _names("S3WATCH_OWN_ACCESS_LOGS", environment)


def canary_bucket(environment: Mapping[str, str] = os.environ) -> str:
    """Return the bucket of the canary. Raises SettingError if there is none."""
    return _canary({"S3WATCH_CANARY": required("S3WATCH_CANARY", environment)})[0]


def _canary(environment: Mapping[str, str]) -> tuple[str, ...]:
    given = environment.get("S3WATCH_CANARY", "none")
    return tuple(given.split("/")) if given != "none" else ()


def _names(variable: str, environment: Mapping[str, str]) -> frozenset[str]:
    """Read a list, which is `none` where it is empty, since a variable may not be."""
    given = environment.get(variable, "none")
    return frozenset(given.split(",")) if given != "none" else frozenset()


def log_file_keys(environment: Mapping[str, str] = os.environ) -> frozenset[str] | None:
    """Return the ARNs of the keys of log files; None where the events of other keys do not arrive."""
    given = environment.get("S3WATCH_LOG_FILE_KEYS")
    return None if given is None else frozenset(filter(None, given.split(",")))


def required(name: str, environment: Mapping[str, str]) -> str:
    """Read one environment variable. Raises SettingError if it is missing or empty."""
    if value := environment.get(name):
        return value
    raise SettingError(f"the environment variable {name} is missing; template.yaml sets it: deploy again")


def _ledger_table(environment: Mapping[str, str]) -> str:
    """Read the table's name; `sam local invoke` makes no table, and puts its logical ID there."""
    table = required("S3WATCH_LEDGER_TABLE", environment)
    if table == LOGICAL_ID and environment.get("AWS_SAM_LOCAL") == "true":
        raise SettingError(
            "`sam local invoke` has no ledger: `export S3WATCH_LEDGER_TABLE=TABLE`, and AWS_ENDPOINT_URL for"
            " the table of a local AWS (see events/README.md); `s3watch replay EVENT` needs none"
        )
    return table


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: `Europe` is a folder there
        raise SettingError(
            f"S3WATCH_TIME_ZONE is {name!r}, which is not an IANA time zone; use one such as Europe/Berlin"
        ) from error
