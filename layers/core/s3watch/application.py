"""The parts put together as template.yaml deploys them; made once per process, on the first call.

What only one function needs is imported when that function first asks: each pays for its own cold start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3watch.aws import clients
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import Attempts, RecordError, RulesUnusableError, UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.pipelines.detect import Outcome, Pipeline
from s3watch.ruleset import Ruleset, add_watched, load, unwatched
from s3watch.settings import (
    Queues,
    ReviewSettings,
    Settings,
    TopicArns,
    joins_object_events,
    measures_hits,
    own_account,
    reads_findings_elsewhere,
)
from s3watch.sources.envelopes import BARE, Message, parse, records

if TYPE_CHECKING:
    from s3watch.pipelines.notify import Delivery
    from s3watch.pipelines.relay_finding import Relay, Relayed
    from s3watch.pipelines.review_bucket import Reviewer, Reviews
    from s3watch.pipelines.scan_logs import Scan, Scanner


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
    return add_watched(load(content), settings.watched_buckets)


def unwatched_buckets() -> tuple[str, ...]:
    """Name the catalogue's buckets whose events do not arrive here."""
    return unwatched(ruleset(), Settings.from_environment().watched_buckets)


@cache
def store() -> DynamoDBStore:
    """The ledger's table."""
    return DynamoDBStore(clients.client("dynamodb"), Settings.from_environment().table)


@cache
def pipeline() -> Pipeline:
    """The way from records to the ledger."""
    zone = Settings.from_environment().zone
    return Pipeline(ruleset(), Ledger(store()), zone, with_events=joins_object_events())


@cache
def scanner() -> Scanner:
    """The way from log files to the ledger."""
    from s3watch.pipelines.scan_logs import Scanner  # noqa: PLC0415  # scan_logs alone

    return Scanner(pipeline(), clients.download, own_account())


@cache
def relay() -> Relay:
    """The way from findings to the ledger."""
    from s3watch.pipelines.relay_finding import Relay  # noqa: PLC0415  # relay_finding alone

    return Relay(ruleset(), Ledger(store()), elsewhere=reads_findings_elsewhere())


@cache
def reviewer() -> Reviewer:
    """The way from changed settings of buckets to the ledger."""
    from s3watch.aws.buckets import correct, read  # noqa: PLC0415  # review_bucket alone
    from s3watch.pipelines.review_bucket import Buckets, Reviewer  # noqa: PLC0415  # as above

    settings, review = Settings.from_environment(), ReviewSettings.from_environment()
    buckets = Buckets(partial(read, account=review.account), correct)
    return Reviewer(ruleset(), Ledger(store()), buckets, settings.watched_buckets, review.remedy)


@cache
def queues() -> Queues:
    """The queues of the function that asks."""
    return Queues.from_environment()


@cache
def delivery() -> Delivery:
    """The way from the ledger to the topics."""
    from s3watch.pipelines.notify import Delivery, Topics  # noqa: PLC0415  # as above
    from s3watch.posture import review_rules  # noqa: PLC0415  # notify and sweep alone

    arns = TopicArns.from_environment()
    topics = Topics(partial(clients.publish, arns.alerts), partial(clients.publish, arns.chat))
    compiled = {detection.rule: detection for detection in ruleset().detections}
    return Delivery(store(), topics, review_rules.DETECTIONS | compiled)


def detect(event: Mapping[str, Any], now: float) -> tuple[Outcome, dict[str, Any]]:
    """Judge what detect was called with; returns what came of it and what to answer SQS.

    A message that can not be read goes to the dead letters by itself; one whose hits could not be recorded
    goes back to the queue. A bare event has no queue: it raises RecordError or UnavailableError instead.
    """
    messages = parse(event)
    found, unreadable = records(messages)
    outcome = pipeline().run(found, now)
    outcome.reject(unreadable)
    return outcome, _hand_back(messages, outcome)


def sweep(now: float, enough: Callable[[], bool]) -> tuple[Outcome, int]:
    """Send what is due, then judge deletes whose wait is over until it is enough; each has its turn."""
    attempts = Attempts()
    sent = attempts.make(partial(delivery().sweep, now))
    outcome = attempts.make(partial(pipeline().judge_due_deletes, now, enough=enough))
    attempts.raise_first()
    return outcome or Outcome(), sent or 0


def relay_findings(event: Mapping[str, Any], now: float) -> tuple[Relayed, dict[str, Any]]:
    """Tell of the findings that relay_finding was called with; messages fare as those of detect."""
    messages = parse(event)
    outcome = relay().run([(message.id, message.body.encode(errors="replace")) for message in messages], now)
    return outcome, _hand_back(messages, outcome)


def review_buckets(event: Mapping[str, Any], now: float) -> tuple[Reviews, dict[str, Any]]:
    """Review the buckets that review_bucket was called about; messages fare as those of detect."""
    messages = parse(event)
    events = [(message.id, message.body.encode(errors="replace")) for message in messages]
    outcome = reviewer().run(events, now)
    return outcome, _hand_back(messages, outcome)


def measure(outcome: Outcome) -> None:
    """Count the hits as metrics by detection and label, where the deployment has a dashboard for them."""
    if measures_hits():
        from s3watch.aws import hit_metrics  # noqa: PLC0415  # only where there is a dashboard

        hit_metrics.publish(outcome.hits)


def scan_logs(event: Mapping[str, Any], now: float) -> tuple[Scan, dict[str, Any]]:
    """Judge the log files that scan_logs was told of; messages fare as those of detect.

    A record that can not be read goes to the dead letters by itself, with its file and its number there.
    """
    from s3watch.sources.log_notifications import write_set_aside  # noqa: PLC0415  # scan_logs alone

    messages = parse(event)
    scan = scanner().scan(messages, now)
    for name, poison in scan.poison.items():
        try:
            for record in poison if name not in scan.unrecorded else ():
                clients.send_to_dead_letters(queues().dead_letters, write_set_aside(record), record.reason)
        except UnavailableError as error:
            scan.delayed[name] = str(error)
    return scan, _hand_back(messages, scan)


def _hand_back(messages: Sequence[Message], outcome: Outcome | Relayed | Reviews | Scan) -> dict[str, Any]:
    """Answer SQS with the messages to try again, once those that can not be read are set aside."""
    if [message.id for message in messages] == [BARE]:
        _raise_for(outcome)
        return {}
    retry = outcome.unrecorded | _set_aside(messages, outcome.unreadable)
    _postpone([message for message in messages if message.id in retry])
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(retry)]}


def _raise_for(outcome: Outcome | Relayed | Reviews | Scan) -> None:
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
                clients.send_to_dead_letters(queues().dead_letters, message.body, unreadable[message.id])
            except UnavailableError:
                return left
            left.remove(message.id)
    return left


def _postpone(messages: Sequence[Message]) -> None:
    """Have messages wait longer the more often they failed; if that fails, they wait the queue's timeout."""
    if messages:
        with suppress(UnavailableError):
            clients.postpone(queues().source, [(message.receipt, message.received) for message in messages])
