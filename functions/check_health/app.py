"""Runs every hour: checks the parts that s3watch depends on; once a day it tells what there was."""

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
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Handle the scheduled event, of which `summary` asks for the day's; raises if a dependency is down."""
    del context
    checked = application.check_health(time.time(), summary=bool(event.get("summary")))
    for what in checked.begun:
        logger.warning("problem", extra={"what": what})
    for what in checked.ended:
        logger.info("problem over", extra={"what": what})
    metrics.add_metric(name="HealthProblems", unit=MetricUnit.Count, value=checked.open)
    return {"problems": checked.open}
