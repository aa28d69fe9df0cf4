"""The parts put together as template.yaml deploys them; made once per process, on the first call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from s3watch import aws, rules
from s3watch.delivery import Delivery, Topics
from s3watch.errors import RecordError, RulesUnusableError, UnavailableError
from s3watch.intake import BARE, Message, parse, records
from s3watch.ledger import Ledger
from s3watch.pipeline import Outcome, Pipeline
from s3watch.rules import Ruleset
from s3watch.settings import Queues, Settings, TopicArns
from s3watch.store_dynamodb import DynamoDBStore


@cache
def ruleset() -> Ruleset:
    """Load the compiled rules; a watched bucket that the catalogue does not know becomes an entry.

    Raises SettingError or RulesUnusableError.
    """
    settings = Settings.from_environment()
    try:
        content = Path(settings.rules).read_bytes()
    except OSError as error:
        raise RulesUnusableError(
            f"there are no compiled rules at {settings.rules}; deploy what `sam build` built"
        ) from error
    return rules.watching(rules.load(content), settings.watched_buckets)


def unwatched_buckets() -> tuple[str, ...]:
    """Name the catalogue's buckets whose events do not arrive here."""
    return rules.unwatched(ruleset(), Settings.from_environment().watched_buckets)


@cache
def store() -> DynamoDBStore:
    """The ledger's table."""
    return DynamoDBStore(aws.client("dynamodb"), Settings.from_environment().table)


@cache
def pipeline() -> Pipeline:
    """The way from records to the ledger."""
    return Pipeline(ruleset(), Ledger(store()), Settings.from_environment().zone)


@cache
def queues() -> Queues:
    """The queues of detect."""
    return Queues.from_environment()


@cache
def delivery() -> Delivery:
    """The way from the ledger to the topics."""
    arns = TopicArns.from_environment()
    topics = Topics(partial(aws.publish, arns.alerts), partial(aws.publish, arns.chat))
    return Delivery(store(), topics, {detection.rule: detection for detection in ruleset().detections})


def detect(event: Mapping[str, Any], now: float) -> tuple[Outcome, dict[str, Any]]:
    """Judge what detect was called with; returns what came of it and what to answer SQS.

    A message that can not be read goes to the dead letters by itself; one whose hits could not be recorded
    goes back to the queue. A bare event has no queue: it raises RecordError or UnavailableError instead.
    """
    messages = parse(event)
    found, unreadable = records(messages)
    outcome = pipeline().run(found, now)
    outcome.reject(unreadable)
    if [message.id for message in messages] == [BARE]:
        _raise_for(outcome)
        return outcome, {}
    retry = outcome.unrecorded | _set_aside(messages, outcome.unreadable)
    _postpone([message for message in messages if message.id in retry])
    return outcome, {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(retry)]}


def _raise_for(outcome: Outcome) -> None:
    if outcome.unreadable:
        raise RecordError(outcome.unreadable[BARE])
    if outcome.unrecorded:
        raise UnavailableError("the ledger could not be written")


def _set_aside(messages: Sequence[Message], unreadable: Mapping[str, str]) -> set[str]:
    """Send unreadable messages to the dead letters; returns those that have to be tried again."""
    left = set(unreadable)
    for message in messages:
        if message.id in left:
            try:
                aws.send_to_dead_letters(queues().dead_letters, message.body, unreadable[message.id])
            except UnavailableError:
                return left
            left.remove(message.id)
    return left


def _postpone(messages: Sequence[Message]) -> None:
    """Have messages wait longer the more often they failed; if that fails, they wait the queue's timeout."""
    if messages:
        with suppress(UnavailableError):
            aws.postpone(queues().source, [(message.receipt, message.received) for message in messages])
