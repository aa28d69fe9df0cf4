"""Settings, read from the environment on a function's first call; a missing one is named in full."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from s3watch.errors import SettingError
from s3watch.posture.review import Mode, Remediation


@dataclass(frozen=True, slots=True)
class Settings:
    """What template.yaml tells a function."""

    rules: str  # path of rules.json
    watched_buckets: tuple[str, ...]
    table: str
    zone: ZoneInfo

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read what every function needs. Raises SettingError."""
        return cls(
            rules=environment.get("S3WATCH_RULES", "/opt/rules.json"),
            watched_buckets=tuple(filter(None, required("S3WATCH_WATCHED_BUCKETS", environment).split(","))),
            table=required("S3WATCH_LEDGER_TABLE", environment),
            zone=_zone(environment.get("S3WATCH_TIME_ZONE") or "UTC"),
        )


@dataclass(frozen=True, slots=True)
class Queues:
    """Where messages come from, and where those that can not be read go (URLs)."""

    source: str
    dead_letters: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Queues:
        """Read the queues of detect. Raises SettingError."""
        return cls(
            source=required("S3WATCH_QUEUE_URL", environment),
            dead_letters=required("S3WATCH_DEAD_LETTER_QUEUE_URL", environment),
        )


@dataclass(frozen=True, slots=True)
class TopicArns:
    """Where alerts go (ARNs)."""

    alerts: str
    chat: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> TopicArns:
        """Read the topics of notify and sweep. Raises SettingError."""
        return cls(
            alerts=required("S3WATCH_ALERT_TOPIC", environment),
            chat=required("S3WATCH_CHAT_TOPIC", environment),
        )


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """Whose buckets review_bucket reads, and how far it may go."""

    account: str
    remediation: Remediation

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ReviewSettings:
        """Read what review_bucket needs beside the others. Raises SettingError."""
        mode = environment.get("S3WATCH_REMEDIATE") or "off"
        if mode not in get_args(Mode):
            raise SettingError(f"S3WATCH_REMEDIATE is {mode!r}; write one of {', '.join(get_args(Mode))}")
        dry_run = environment.get("S3WATCH_REMEDIATE_DRY_RUN", "true") != "false"
        role = required("S3WATCH_OWN_ROLE", environment)
        return cls(required("S3WATCH_ACCOUNT", environment), Remediation(cast("Mode", mode), dry_run, role))


def reads_findings_elsewhere(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether findings on buckets that the catalogue does not name are told of too."""
    return environment.get("S3WATCH_FINDINGS_ELSEWHERE", "true") == "true"


def measures_hits(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether hits are counted as metrics, which cost 0.30 USD a month for each detection and label."""
    return environment.get("S3WATCH_HIT_METRICS") == "true"


def joins_object_events(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether S3's own "Object Deleted" events come too."""
    return environment.get("S3WATCH_OBJECT_DELETED") == "true"


def own_account(environment: Mapping[str, str] = os.environ) -> str:
    """The account that s3watch runs in. Raises SettingError."""
    return required("S3WATCH_ACCOUNT", environment)


def required(name: str, environment: Mapping[str, str]) -> str:
    """Read one variable. Raises SettingError where it is missing or empty."""
    if value := environment.get(name):
        return value
    raise SettingError(f"the environment variable {name} is missing; template.yaml sets it, deploy again")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingError(
            f"S3WATCH_TIME_ZONE is {name!r}, which is no IANA time zone; write one such as Europe/Berlin"
        ) from error
