"""Settings, read from the environment on a function's first call; a missing one is named in full."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from s3watch.errors import SettingError


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
