"""Takes findings of other AWS services from the queue and records them in the ledger as alerts."""

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
    outcome, answer = application.relay_findings(event, time.time())
    for name, reason in outcome.unreadable.items():
        logger.error("finding cannot be read", extra={"message_id": name, "reason": reason})
    if outcome.trouble:
        logger.warning("findings will be retried", extra={"reason": outcome.trouble})
    for name, number in outcome.counts.items():
        metrics.add_metric(name=f"Findings{name.capitalize()}", unit=MetricUnit.Count, value=number)
    logger.info("relayed", extra={"counts": outcome.counts, "ignored": dict(outcome.ignored)})
    return answer or outcome.counts
