"""Renders how much an alert is about: accesses, objects, addresses and bytes, and what was done how often."""

from __future__ import annotations

from s3watch.alerts.act_counts import Acts, counted
from s3watch.alerts.alert import Alert, Correlated, News
from s3watch.alerts.rows import access
from s3watch.text import clean_address, count, duration, one_line, size, truncate_list

ACTS = 15  # all that there are

_VALUES = {  # by field, what its values are
    "s3.key": "object", "s3.bucket": "bucket", "s3.label": "label", "s3.ip": "address", "s3.actor": "caller",
    "s3.principal": "principal",
}  # fmt: skip
_BYTES = ("s3.bytes_in", "s3.bytes_out")
_NOTHING = {"denied": "it was denied", "missing": "it was not found"}


def how_much(alert: Alert) -> str:
    """Return how much the accesses so far were about, of a single one its object and bytes."""
    evidence = alert.evidence
    if told := counted_alone(alert):
        return told
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
    if told := counted_alone(alert):
        return told
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


def addresses(alert: Alert, listed: int) -> list[str]:
    """Return so many of the addresses; of what strangers reach for weeks, that of the worst access."""
    shown = clean_address(alert.evidence.ip, 60)
    if alert.is_state and shown and alert.distinct_ips > 1:
        others = f"{'' if alert.ips_exact else 'more than '}{count(alert.distinct_ips - 1, 'other address')}"
        return [f"{shown} and {others}"]
    known = [clean_address(ip, 60) for ip in alert.ips]
    return truncate_list(known, alert.distinct_ips, listed, exact=alert.ips_exact)


def further(news: News) -> str:
    """Return how many objects and addresses no earlier message had counted."""
    objects = count(news.keys, "further object") if news.keys > 0 else ""
    return ", ".join(filter(None, [objects, count(news.ips, "further address") if news.ips > 0 else ""]))


def counted_by(found: Correlated) -> str:
    """Return how much a correlation had counted when it fired: `at least 9 objects within 1 hour`."""
    return f"{_much(found)} within {duration(found.timespan)}"


def counted_alone(alert: Alert) -> str:
    """Return how much a correlation had counted, if all of it were signals, which have no number here."""
    found = alert.evidence.correlated
    return counted_by(found) if found and not any(number for _, number in alert.acts) else ""


def _much(found: Correlated) -> str:
    if found.type == "event_count":
        return f"at least {count(found.much, 'access')}"
    if found.type == "value_count":
        noun = _VALUES.get(found.field)
        values = count(found.much, f"different {noun or 'value'}")
        return f"at least {values}{'' if noun else f' of {one_line(found.field, 80)}'}"
    if found.type == "value_sum":
        bytes_ = found.field in _BYTES
        return f"at least {size(found.much) if bytes_ else f'{found.much:,} of {one_line(found.field, 80)}'}"
    in_order = " in this order" if found.type == "temporal_ordered" else ""
    return f"{count(found.much, 'detection')}{in_order}"
