"""SQS event source mappings as on AWS: batches of more than ten messages, a batching window, 6 MB at most."""

from __future__ import annotations

import threading
import time
from typing import Any

from ministack.services import lambda_svc, sqs

from local import request_counts
from local.lambdas.batches import fit, seconds_until_due

_concurrency = lambda_svc._sqs_esm_concurrency
_delete = sqs._delete_messages_for_esm


_waiting: set[str | None] = set()  # mappings that wait for a batch to be due


def mapping_of(queue_arn: str) -> dict[str, Any]:
    """Return the enabled mapping that reads a queue; empty if there is none."""
    mappings = (mapping for _, _, mapping in lambda_svc._iter_all_esms())
    return next(
        (one for one in mappings if one["EventSourceArn"] == queue_arn and one.get("Enabled", True)), {}
    )


def wait(mapping: dict[str, Any], seconds: float) -> bool:
    """Have the poller look again when a batch is due, not at its next round; tells whether to wait."""
    name = mapping.get("UUID")
    if seconds and name not in _waiting:
        _waiting.add(name)
        threading.Timer(seconds, _look_again, [name]).start()
    return seconds > 0


def _look_again(name: str) -> None:
    _waiting.discard(name)
    lambda_svc._esm_wake.set()


def receive(queue_url: str, max_number: int) -> list[dict[str, Any]]:
    """Receive up to `max_number` messages for a mapping, none before its batch is due."""
    with sqs._queues_lock:
        queue = sqs._get_q(queue_url)
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        now = time.time()
        visible = [message for message in queue["messages"] if message["visible_at"] <= now]
        mapping = mapping_of(queue["attributes"]["QueueArn"])
        if not visible or wait(
            mapping, seconds_until_due(len(visible), visible[0]["visible_at"], mapping, now)
        ):
            return []
        timeout = int(queue["attributes"].get("VisibilityTimeout", "30"))
        fitting = fit([len(message["body"].encode()) for message in visible[:max_number]])
        messages: list[dict[str, Any]] = sqs._collect_msgs(queue, fitting, timeout)
        new = sum(message["receive_count"] == 1 for message in messages)
        request_counts.receive(_name(queue_url), new, len(messages))
        return messages


def delete(queue_url: str, receipt_handles: set[str]) -> None:
    """Delete the messages of a batch, and count the requests that it takes."""
    request_counts.add(
        f"sqs:DeleteMessageBatch {_name(queue_url)}", request_counts.batches(len(receipt_handles))
    )
    _delete(queue_url, receipt_handles)


def _name(queue_url: str) -> str:
    return queue_url.rpartition("/")[2]


def concurrency(
    esm: dict[str, Any], func_rec: dict[str, Any], config: dict[str, Any], queue: dict[str, Any] | None = None
) -> int:
    """Return how many batches of a mapping may run at a time."""
    limit = (esm.get("ScalingConfig") or {}).get("MaximumConcurrency")
    asked = {**esm, "ScalingConfig": {"MaximumConcurrency": int(limit)}} if limit else esm
    allowed: int = _concurrency(asked, func_rec, config, queue)
    return allowed


def install() -> None:
    """Replace ministack's receive, which stops at ten messages and has no window, and its concurrency.

    The latter compares a template parameter's value as text.
    """
    sqs._receive_messages_for_esm = receive
    sqs._delete_messages_for_esm = delete
    lambda_svc._sqs_esm_concurrency = concurrency
