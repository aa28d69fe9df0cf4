"""Sends the pending messages of the groups that the ledger's DynamoDB stream reports as changed."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch import application
from s3watch.errors import UnavailableError

logger = Logger()
metrics = Metrics(namespace="S3Watch")


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Handle a batch of DynamoDB stream records; what cannot be sent now stays pending for the sweeper."""
    del context
    keys = dict.fromkeys(record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"])
    sent = 0
    for identity in (key.removeprefix("group#") for key in keys if key.startswith("group#")):
        try:
            sent += application.delivery().deliver(identity, time.time())
        except UnavailableError as error:
            logger.warning("message stays pending", extra={"alert": identity, "reason": str(error)})
            metrics.add_metric(name="MessagesDelayed", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="MessagesSent", unit=MetricUnit.Count, value=sent)
