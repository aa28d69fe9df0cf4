"""The reader of a message: what differs from one deployment to another in what people read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

Analytics = Literal["off", "tables", "log-group"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a message: in which time zone, and with what they can search the trail's records."""

    zone: tzinfo = UTC  # shown beside UTC
    analytics: Analytics = "off"  # tables: saved searches of Athena; log-group: Logs Insights besides


UTC_READER = Reader()
