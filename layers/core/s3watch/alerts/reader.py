"""The reader of a message: what differs from one deployment to another in what people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

Analytics = Literal["off", "tables", "log-group"]
LOGS = "s3://BUCKET/AWSLogs/ACCOUNT/CloudTrail"  # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a message: in which time zone, and with what they can search the trail's records."""

    zone: tzinfo = UTC  # shown beside UTC
    analytics: Analytics = "off"  # tables: saved searches of Athena; log-group: Logs Insights besides
    logs: str = LOGS  # where the trail's log files are, with a folder for each Region and in it each day
    stack: str = ""  # whose ledger has the alerts; empty: not known, or none
    chat_key: bytes = b""  # of the tokens with which buttons in the chat judge alerts; empty: there are none


UTC_READER = Reader()
