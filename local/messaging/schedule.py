"""Schedules that keep time: ministack looks every ten seconds, and knows no hurry for tests."""

from __future__ import annotations

from ministack.services import eventbridge, scheduler

from local.settings import Settings


def install(settings: Settings) -> None:
    """Look each second, and let rate(...) pass `settings.speed` times as fast."""
    parse = eventbridge._parse_rate_seconds

    def hurried(expression: str) -> float | None:
        seconds = parse(expression)
        return None if seconds is None else seconds / settings.speed

    eventbridge._parse_rate_seconds = hurried
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = min(1.0, 10 / settings.speed)
