"""Evaluates CloudTrail records and S3 events from the queue and records the hits in the ledger."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch import application

logger = Logger()
metrics = Metrics(namespace="S3Watch")
TO_RECORD = 40_000  # milliseconds for hits and returned messages, with slow sources and a slow ledger


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch or a single event; returns the batch item failures, or the counts."""
    left = context.get_remaining_time_in_millis
    outcome, answer = application.detect(event, time.time(), lambda: left() < TO_RECORD)
    counts = asdict(outcome.counts)
    for name, reason in outcome.unreadable.items():
        logger.error("record cannot be read", extra={"message_id": name, "reason": reason})
    if reason := outcome.trouble or (outcome.unreached and "there was no time left"):
        logger.warning("records will be retried", extra={"reason": reason, "unread": len(outcome.unreached)})
    for failure in outcome.rule_failures:
        logger.error("rule failed", extra=asdict(failure))
    numbers = {f"Records{name.capitalize()}": number for name, number in counts.items()}
    numbers["RuleFailures"] = len(outcome.rule_failures)
    for name, number in numbers.items():
        if number:  # a metric that is always zero is charged like any other, and each invocation logs it
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    application.emit_hit_metrics(outcome)
    if outcome.counts.clean != outcome.counts.received:  # a line for each clean batch would cost more than it
        logger.info("evaluated", extra={"counts": counts, "silenced": dict(outcome.silenced)})
    return answer or counts
