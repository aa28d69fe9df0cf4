"""Renders a review of a bucket as the headline and rows of an alert: before, now, and what was corrected."""

from __future__ import annotations

from datetime import tzinfo

from s3watch.alerts.account_names import in_words
from s3watch.alerts.alert import Alert, Evidence, Review
from s3watch.text import clean, count, timestamp, to_ascii, truncate_list

LISTED = 8  # openings: as many as fit on a phone with the rest of the message
PART = 30  # characters of each part of a headline

Rows = list[tuple[str, list[str]]]  # label and lines


def rows(evidence: Evidence, review: Review) -> Rows:
    """Return the rows on the state before, the state now or as found, and the correction."""
    return [
        ("Before", _listed(review.before, evidence)),
        ("Found" if review.corrected else "Now", _listed(review.after, evidence)),
        ("Done", [clean(line) for line in review.correction]),
    ]


def rows_without_call(alert: Alert, review: Review, zone: tzinfo) -> Rows:
    """Return all rows of a review that no recorded call triggered: who found it, and how."""
    return [
        ("Found by", [_finder(review)]),
        ("Bucket", [clean(f"s3://{alert.bucket}")]),
        *rows(alert.evidence, review),
        ("When", [f"{timestamp(alert.evidence.time, zone)}{_region(alert)}"]),
        ("How much", _times(alert)),
    ]


def headline(evidence: Evidence, review: Review) -> tuple[str, str, str]:
    """Return the action, the bucket and the text after it."""
    action, remark = (clean(to_ascii(text), PART) for text in (review.action, review.remark))
    return action, evidence.bucket, f" {remark}" if remark else ""


def _finder(review: Review) -> str:
    return ": ".join(filter(None, [clean(review.finder), clean(review.reason)]))


def _listed(lines: tuple[str, ...], evidence: Evidence) -> list[str]:
    named = [in_words(clean(line, 200), evidence) for line in lines]
    return truncate_list(named, len(lines), LISTED)


def _times(alert: Alert) -> list[str]:
    return [f"{count(alert.count, 'review')} so far"] if alert.count > 1 else []


def _region(alert: Alert) -> str:
    return f", {clean(alert.region, 40)}" if alert.region else ""
