"""Sends the messages that the ledger's DynamoDB stream reports as new."""

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
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Handle a batch of DynamoDB stream records; what cannot be sent now is left to the sweeper."""
    del context
    run = application.notify(event, time.time)
    for topic, reason in run.failures.items():
        logger.warning("messages wait", extra={"topic": topic, "reason": reason})
    metrics.add_metric(name="MessagesDelayed", unit=MetricUnit.Count, value=len(run.failures))
    metrics.add_metric(name="MessagesSent", unit=MetricUnit.Count, value=run.sent)
