"""Shows what the scopes of trail and events leave, and what that costs; in docs/deploying.md, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from s3watch_cli.cost import prices
from s3watch_cli.cost.scopes import Comparison, Traffic, compare
from s3watch_cli.cost.tables import MONTHS, as_range, columns
from s3watch_cli.output import Format, note, show


def show_scopes(traffic: Traffic, events: float | None, *, form: Format) -> None:
    """Show a row for each two scopes, for a number of calls a month or for three examples."""
    show(scope_rows(traffic, [events] if events else MONTHS), form)
    note(
        "US dollars for a million calls on the watched buckets: of the trail, with CloudTrail's own, then of"
        " each path of its records, in a month with so many calls; in us-east-1, prices of"
        f" {prices.READ}, without free tiers, alarms and polling. See --prices and --assumptions"
    )


def scope_rows(traffic: Traffic, months: Sequence[float]) -> Iterator[dict[str, str]]:
    """Yield a row for each two scopes, with a column by path and number of calls a month."""
    for same in zip(*(compare(traffic, calls) for calls in months), strict=True):
        first: Comparison = same[0]
        yield {
            "TrailScope": first.trail,
            "EventScope": first.events,
            "recorded": _percent(first.recorded),
            "passed on": _percent(first.passed),
            "trail": as_range(first.cloudtrail),
            **columns(months, [each.event_path for each in same], "events"),
            **columns(months, [each.log_path for each in same], "log-files"),
        }


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
