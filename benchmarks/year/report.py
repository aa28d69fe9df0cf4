"""Writes year.md: what was told in the year, and what of it should not have been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from s3watch.alerts.alert import PATIENT

from benchmarks.year.judge import Year, find_faults
from benchmarks.year.stories import STORIES, Story

MOST_A_WEEK = 3.0  # alerts of ordinary life: what somebody reads each one of
MOST_LINES = 40
HEAD = """# A year of a company, and twelve attacks

Written by `python -m benchmarks.year`; do not edit. A made-up company's year, its calls in the shapes that AWS
documents, is run through the shipped rules with a catalogue as its owners would write it. Ordinary calls are
those that nobody has to hear of; what somebody should be asked about is told apart, and so are the attacks.
"""


def write_report(path: Path, year: Year, seconds: float) -> None:
    """Write the report of a year that took so many seconds of CPU."""
    lines = [HEAD, *_figures(year, seconds), "", *_stories(year), "", *_ordinary(year)]
    path.write_text("\n".join(lines) + "\n")


def alerts_a_week(year: Year) -> float:
    """Return how many alerts a week interrupted ordinary life, what is defensible included."""
    return len([each for each in _ordinary_alerts(year) if each["level"] not in PATIENT]) / (year.days / 7)


def lines_a_week(year: Year) -> float:
    """Return how many a week waited for the digest of the morning."""
    return len(_ordinary_alerts(year)) / (year.days / 7) - alerts_a_week(year)


def _ordinary_alerts(year: Year) -> list[dict[str, Any]]:
    stories = {story.name for story in STORIES}
    return [each for each in year.alerts if stories.isdisjoint(year.reasons_of(each))]


def _figures(year: Year, seconds: float) -> Iterator[str]:
    weekly = alerts_a_week(year)
    faults = sum(any(find_faults(year, story)) for story in STORIES if story.day < year.days)
    yield "| figure | wanted | measured |"
    yield "| --- | ---: | ---: |"
    yield f"| alerts a week about ordinary life | {MOST_A_WEEK:.0f} | {weekly:.1f} |"
    yield f"| besides, lines a week of the morning's digest | | {lines_a_week(year):.1f} |"
    yield f"| of these in all, about what nobody has to hear of | 0 | {len(year.undue):,} |"
    yield f"| attacks with a fault in how they were told | 0 | {faults} of {len(STORIES)} |"
    yield ""
    yield (
        f"{year.records:,} records of {year.days} days, {len(year.alerts):,} alerts, {year.mails:,} mails;"
        f" {seconds:.0f} s of CPU."
    )


def _stories(year: Year) -> Iterator[str]:
    yield "## The attacks"
    yield ""
    yield "| attack | after | first told | rules, in the order in which they were told | alerts | fault |"
    yield "| --- | --- | --- | --- | ---: | --- |"
    for story in STORIES:
        if story.day < year.days:
            yield _row(year, story)


def _row(year: Year, story: Story) -> str:
    alerts = year.alerts_of(story)
    rules = list(dict.fromkeys(f"{each['rule']} ({each['level']})" for each in alerts))
    told = [year.told[each["alert"]] for each in alerts if each["alert"] in year.told]
    first = datetime.fromtimestamp(min(told), UTC).strftime("%m-%d %H:%M:%S") if told else ""
    faults = ", ".join(find_faults(year, story))
    return f"| {story.name} | {story.after} | {first} | {', '.join(rules)} | {len(alerts)} | {faults} |"


def _ordinary(year: Year) -> Iterator[str]:
    yield "## Ordinary life"
    yield ""
    yield "| alerts | rule | level | who | bucket | what it was |"
    yield "| ---: | --- | --- | --- | --- | --- |"
    kinds: Counter[tuple[str, ...]] = Counter()
    for each in _ordinary_alerts(year):
        what = next(iter(year.reasons_of(each)), "nothing that anybody has to hear of")
        kinds[each["rule"], each["level"], each["actor"] or "", each["bucket"] or "", what] += 1
    for kind, number in kinds.most_common(MOST_LINES):
        yield f"| {number} | {' | '.join(kind)} |"
    if len(kinds) > MOST_LINES:
        yield f"\nand {len(kinds) - MOST_LINES} more kinds."
