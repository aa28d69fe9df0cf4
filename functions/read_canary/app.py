"""Runs every hour: reads the canary, an object whose read has to reach a topic like any other access."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch.aws import clients
from s3watch.aws.own_parts.canary_object import read_canary
from s3watch.settings import canary_bucket

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle the scheduled event; returns the request and its time, for `s3watch smoke`."""
    del event, context
    read = read_canary(clients.client("s3"), canary_bucket(), time.time())
    logger.info("canary read", extra=read._asdict())
    return read._asdict()
