"""Evaluates the log files of trails and of server access logging and records the hits in the ledger."""

from __future__ import annotations

import time
from dataclasses import asdict
from itertools import chain
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch import application

logger = Logger()
metrics = Metrics(namespace="S3Watch")
TO_HAND_BACK = 40_000  # milliseconds for a chunk, dead letters and returned messages, with slow sources


@metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch or a single notification; returns the batch item failures, or the counts."""
    left = context.get_remaining_time_in_millis
    scan, answer = application.scan_logs(event, time.time(), lambda: left() < TO_HAND_BACK)
    for name, reason in scan.unreadable.items():
        logger.error("log file cannot be read", extra={"message_id": name, "reason": reason})
    for what, about in scan.warnings():
        logger.warning(what, extra=about)
    for record in chain.from_iterable(scan.poison.values()):
        place = {"file": record.file, "number": record.number, "reason": record.reason}
        logger.error("record cannot be read", extra=place)
    for failure in {failure.rule: failure for failure in scan.outcome.rule_failures}.values():
        logger.error("rule failed", extra=asdict(failure))  # one line per rule: there may be thousands
    for name, number in scan.metrics().items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    logger.info("scanned", extra={"numbers": scan.numbers(), "skipped": dict(scan.skipped)})
    return answer or scan.numbers()
