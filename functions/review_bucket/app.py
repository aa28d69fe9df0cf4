"""Reviews buckets whose settings changed: who has access now, and what to report or correct."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch import application

logger = Logger()
metrics = Metrics(namespace="S3Watch")


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch or a single event; returns the batch item failures, or the counts."""
    del context
    reviews, answer = application.review_buckets(event, time.time())
    for name, reason in reviews.unreadable.items():
        logger.error("event cannot be read", extra={"message_id": name, "reason": reason})
    if reviews.trouble:
        logger.warning("reviews will be retried", extra={"reason": reviews.trouble})
    if reviews.absent:
        some = sorted(reviews.absent)[:10]
        logger.warning("watched buckets do not exist in this account", extra={"buckets": some})
    counts = {
        "Reviewed": reviews.reviewed, "Reported": reviews.reported, "Corrected": reviews.corrected,
        "Own": reviews.own, "Absent": len(reviews.absent), "Failed": len(reviews.unreadable),
    }  # fmt: skip
    for name, number in counts.items():
        metrics.add_metric(name=f"Reviews{name}", unit=MetricUnit.Count, value=number)
    found = {"counts": counts, "unread": reviews.unread, "silenced": dict(reviews.silenced)}
    logger.info("reviewed", extra=found)
    return answer or counts
