"""Runs every minute: sends messages that were left, evaluates batch deletes, and writes due roll-ups."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch import application

logger = Logger()
LEFT = 25.0  # seconds left at which the sweep stops: enough to send one more message
metrics = Metrics(namespace="S3Watch")


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Handle the scheduled event; raises if a dependency is down, so that the alarm on errors fires."""
    del event
    outcome, sent = application.sweep(time.time, context.get_remaining_time_in_millis() / 1000 - LEFT)
    for failure in outcome.rule_failures:
        logger.error("rule failed", extra=asdict(failure))
    if unwatched := application.unwatched_buckets():
        logger.warning("buckets of this Region are not watched", extra={"buckets": unwatched})
    metrics.add_metric(name="BucketsUnwatched", unit=MetricUnit.Count, value=len(unwatched))
    metrics.add_metric(name="RuleFailures", unit=MetricUnit.Count, value=len(outcome.rule_failures))
    application.emit_hit_metrics(outcome)
    metrics.add_metric(name="MessagesSent", unit=MetricUnit.Count, value=sent)
    return {"evaluated": outcome.counts.received, "sent": sent}
