"""Says in a row what is new about an access, compared with earlier ones that detections have matched."""

from __future__ import annotations

from collections.abc import Iterator

from s3watch.alerts import callers
from s3watch.alerts.alert import Evidence
from s3watch.earlier import DAYS
from s3watch.text import clean, count

SPAN = f"in {DAYS:.0f} days"


def line(evidence: Evidence, about: str) -> str:
    """Say when the actor last came to `about`, and whether it comes by another way now; empty if unknown.

    `about` is shown as it is.
    """
    new = " nor ".join(_ways(evidence))
    return "; ".join(filter(None, [_last(evidence, about), f"never before {new} {SPAN}" if new else ""]))


def _last(evidence: Evidence, about: str) -> str:
    known, who, what = evidence.earlier, callers.shown(evidence), about
    if known.first_seen:
        return f"first access to {what} by {who} {SPAN} that a detection matched"
    if known.last_seen_days is None:
        return ""
    days = count(known.last_seen_days, "day") if known.last_seen_days else "less than a day"
    return f"the last access to {what} by {who} that a detection matched was {days} before"


def _ways(evidence: Evidence) -> Iterator[str]:
    network = evidence.vpce if evidence.network_kind == "vpce" else evidence.country
    if evidence.earlier.new_network and network:
        yield f"from {clean(network, 60)}"
    if evidence.earlier.new_client:
        yield f"by {clean(evidence.client, 60)}"
