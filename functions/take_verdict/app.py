"""Stores the verdict on an alert that somebody gave by a button in the chat."""

from __future__ import annotations

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from s3watch.application import store
from s3watch.aws.clients import client
from s3watch.aws.own_parts.chat_key import read_key
from s3watch.errors import RefusedError
from s3watch.pipelines.take_verdict import take_verdict
from s3watch.settings import Settings, chat_role

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Handle a call of the chat, which shows what is returned; raises if the ledger is unavailable."""
    del context
    try:
        key = read_key(client("dynamodb"), Settings.from_environment().table)
        stored = take_verdict(store(), key, chat_role(), event, time.time())
    except RefusedError as refusal:
        logger.warning("refused", extra={"reason": str(refusal)})
        return {"refused": str(refusal)}
    logger.info("judged", extra={"verdict": stored})
    return {"stored": stored}
