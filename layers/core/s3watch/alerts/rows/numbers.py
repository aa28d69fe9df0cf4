"""Renders how much an alert is about: accesses, objects, addresses and bytes, and what was done how often."""

from __future__ import annotations

from s3watch.alerts.act_counts import Acts, counted
from s3watch.alerts.alert import Alert
from s3watch.alerts.rows import access
from s3watch.text import count, size, truncate_list

ACTS = 15  # all that there are

_NOTHING = {"denied": "it was denied", "missing": "it was not found"}


def how_much(alert: Alert) -> str:
    """Return how much the accesses so far were about, of a single one its object and bytes."""
    evidence = alert.evidence
    if alert.count > 1:
        return "; ".join(filter(None, [acts(alert.acts, alert), totals(alert)]))
    if evidence.outcome != "success":
        return f"nothing: {_NOTHING.get(evidence.outcome, 'it failed')}"
    if evidence.keys_unknown:
        return "an unknown number of objects"
    return ", ".join(filter(None, ["1 object" if evidence.key else "", access.moved(evidence)]))


def acts(done: Acts, alert: Alert) -> str:
    """Return what was done, or tried, how often: `deleted 2, copied out 1, read 40`."""
    if not done:
        return ""
    shown = ", ".join(truncate_list(counted(done, alert.outcome), len(done), ACTS))
    words = shown if alert.outcome == "success" else f"tried to {shown}"
    return words if alert.exact else f"{words} (estimated)"


def totals(alert: Alert) -> str:
    """Return the numbers of accesses, objects and addresses, and of the bytes read and written."""
    moved = [f"{size(alert.bytes_out)} read"] if alert.bytes_out else []
    moved += [f"{size(alert.bytes_in)} written"] if alert.bytes_in else []
    return ", ".join([*_counts(alert), *(moved if alert.outcome == "success" else [])])


def _counts(alert: Alert) -> list[str]:
    counts = [f"{'' if alert.exact else 'about '}{count(alert.count, 'access')}"]
    if alert.distinct_keys:
        counts.append(f"{'' if alert.keys_exact else 'more than '}{count(alert.distinct_keys, 'object')}")
    if alert.distinct_ips:
        counts.append(f"{'' if alert.ips_exact else 'more than '}{count(alert.distinct_ips, 'address')}")
    return counts
