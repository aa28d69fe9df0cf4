"""DynamoDB stream mappings as on AWS: filters, windows, batch item failures, bisection, retries."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb, eventbridge, lambda_svc

from local.lambdas.batches import Record, deliver_in_order, done, seconds_until_due
from local.lambdas.queues import wait

PAUSE = 1.0  # seconds between tries of a failing batch


@dataclass(slots=True)
class StreamMapping:
    """One enabled mapping from a table's stream to a function."""

    account: str
    region: str
    esm: dict[str, Any]
    table: str
    position: int

    def waiting(self) -> list[Record]:
        """Return the next batch, before the filter; empty until it is due."""
        records: list[Record] = dynamodb.stream_records_since(
            self.table, self.position, int(self.esm.get("BatchSize", 100))
        )
        if not records:
            return []
        oldest = float(records[0]["dynamodb"]["ApproximateCreationDateTime"])
        return (
            [] if wait(self.esm, seconds_until_due(len(records), oldest, self.esm, time.time())) else records
        )

    def run(self, function: dict[str, Any], records: list[Record]) -> None:
        """Deliver one batch and move the position past it."""
        wanted = lambda_svc._apply_filter_criteria(records, self.esm)
        partial = "ReportBatchItemFailures" in (self.esm.get("FunctionResponseTypes") or ())
        result: dict[str, Any] = {}

        def invoke(batch: Sequence[Record]) -> int:
            nonlocal result
            result = lambda_svc._execute_function(function, {"Records": list(batch)})
            return done(batch, result, partial=partial)

        given_up = deliver_in_order(
            wanted,
            invoke,
            int(self.esm.get("MaximumRetryAttempts", -1)),
            bisect=bool(self.esm.get("BisectBatchOnFunctionError")),
            pause=lambda: time.sleep(PAUSE),
        )
        for batch in given_up:
            lambda_svc._send_ddb_stream_failure_record(
                self.esm, function, list(batch), self.esm["EventSourceArn"], result, "RetryAttemptsExhausted"
            )
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[self.esm["UUID"]] = self.position + len(records)


def mappings() -> Iterator[StreamMapping]:
    """Yield the enabled stream mappings that have no batch under way, each in its account's scope."""
    for account, region, esm in lambda_svc._iter_all_esms():
        source = esm.get("EventSourceArn", "")
        if (
            not esm.get("Enabled", True)
            or "/stream/" not in source
            or lambda_svc._esm_inflight.get(esm["UUID"])
        ):
            continue
        with request_scope(account, region):
            table = source.split(":table/", 1)[1].partition("/")[0]
            positions = lambda_svc._dynamodb_stream_positions
            position = max(positions.get(esm["UUID"], 0), dynamodb.stream_start_position(table))
            yield StreamMapping(account, region, esm, table, position)


def poll() -> bool:
    """Start a batch for each mapping that has one; tells whether any had."""
    found = False
    for mapping in mappings():
        function, _ = lambda_svc._get_func_record_for_qualifier(
            mapping.esm["FunctionName"], mapping.esm.get("Qualifier")
        )
        records = mapping.waiting() if function else []
        if records:
            lambda_svc._dispatch_esm_batch(mapping.esm["UUID"], mapping.run, function, records)
            found = True
    return found


def matches(record: Record, pattern: dict[str, Any]) -> bool:
    """Tell whether a record matches a filter, which is an event pattern for EventBridge's matcher."""
    alternatives = eventbridge._compiled_pattern(json.dumps(pattern))
    return any(eventbridge._matches_detail(record, alternative) for alternative in alternatives or ())


def install() -> None:
    """Replace ministack's poller, which runs on the queues' thread and only repeats."""
    lambda_svc._poll_dynamodb_streams = poll
    lambda_svc._match_esm_filter = matches
