"""Builds the pipelines from the environment that template.yaml sets, and runs each function's batch.

Every part is built once per process, on first use. What only one function needs is imported inside that
function, so that the cold starts of the others do not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from s3watch.aws import clients, hit_metrics
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.aws.enrichment.enricher import make_enricher, own_data
from s3watch.aws.own_parts.chat_key import KEPT, make_key
from s3watch.canary import add_canary
from s3watch.errors import Attempts, RecordError, RulesUnusableError, UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Outcome
from s3watch.ruleset import Ruleset, load
from s3watch.settings import (
    HealthSettings,
    Queues,
    ReviewSettings,
    Settings,
    TopicArns,
    copied_accounts,
    hit_metrics_enabled,
    log_buckets,
    log_file_keys,
    own_access_logs,
    own_account,
    own_region,
    own_stack,
    reader,
    reads_findings_elsewhere,
    receives_object_events,
)
from s3watch.sources.envelopes import BARE, Message, parse, records
from s3watch.watched import add_watched, name_all, unwatched

if TYPE_CHECKING:
    from s3watch.ledger.messages import Topic
    from s3watch.pipelines.check_health import Checked
    from s3watch.pipelines.notify import Delivery, Publish, Sent
    from s3watch.pipelines.relay_finding import Relay, Relayed
    from s3watch.pipelines.review_bucket import Reviewer, Reviews
    from s3watch.pipelines.scan_logs import Scan, Scanner


@cache
def ruleset() -> Ruleset:
    """Load the compiled rules, with a label added for each watched bucket that is not in the catalogue.

    Raises SettingError or RulesUnusableError.
    """
    settings = Settings.from_environment()
    try:
        content = Path(settings.rules).read_bytes()
    except OSError as error:
        raise RulesUnusableError(
            f"there are no compiled rules at {settings.rules}; run `sam build` and deploy again"
        ) from error
    watched = replace(add_watched(load(content), settings.watched_buckets), systems=settings.systems)
    return add_canary(watched, *settings.canary) if settings.canary else watched


def unwatched_buckets() -> tuple[str, ...]:
    """Return the catalogue's buckets that this deployment should watch and does not."""
    return unwatched(ruleset(), Settings.from_environment().watched_buckets, own_region())


@cache
def store() -> DynamoDBStore:
    """Return the ledger's DynamoDB table."""
    return DynamoDBStore(clients.client("dynamodb"), Settings.from_environment().table)


@cache
def pipeline() -> Pipeline:
    """Return the pipeline from records to the ledger."""
    settings, account = Settings.from_environment(), own_account()
    enrich = make_enricher(settings.watched_buckets, account, own_region())
    return Pipeline(
        replace(ruleset(), log_buckets=tuple(sorted(log_buckets())), stack=own_stack(),
                watched=settings.watched_buckets, trail=(account, settings.trail)),
        Ledger(store(), know=own_data(ruleset()), enrich=enrich), settings.zone,
        with_events=receives_object_events(), log_file_keys=log_file_keys(),
    )  # fmt: skip


@cache
def scanner() -> Scanner:
    """Return the pipeline from log files to the ledger."""
    from s3watch.aws.own_parts.volume_store import VolumeStore  # noqa: PLC0415  # scan_logs alone
    from s3watch.pipelines.scan_logs import Scanner  # noqa: PLC0415  # as above
    from s3watch.sources.log_keys import Owners  # noqa: PLC0415  # as above

    owners = Owners(own_account(), copied_accounts(), own_access_logs())
    settings = Settings.from_environment()
    counted = name_all(ruleset(), settings.watched_buckets)
    volumes = VolumeStore(clients.client("dynamodb"), settings.table, counted)
    return Scanner(pipeline(), clients.download, owners, log_buckets(), volumes.add)


@cache
def relay() -> Relay:
    """Return the pipeline from findings of other services to the ledger."""
    from s3watch.pipelines.relay_finding import Relay  # noqa: PLC0415  # relay_finding alone

    return Relay(ruleset(), Ledger(store(), know=own_data(ruleset())), elsewhere=reads_findings_elsewhere())


@cache
def reviewer() -> Reviewer:
    """Return the pipeline from bucket reviews to the ledger."""
    from s3watch.aws.buckets import BucketReader  # noqa: PLC0415  # review_bucket alone
    from s3watch.aws.corrections import correct  # noqa: PLC0415  # as above
    from s3watch.pipelines.review_bucket import Buckets, Reviewer  # noqa: PLC0415  # as above

    settings, review = Settings.from_environment(), ReviewSettings.from_environment()
    buckets = Buckets(lambda: BucketReader(review.account).read, correct)
    ledger = Ledger(store(), know=own_data(ruleset()))
    return Reviewer(ruleset(), ledger, buckets, settings.watched_buckets, review.remediation)


@cache
def queues() -> Queues:
    """Return the queues of the function that is running."""
    return Queues.from_environment()


@lru_cache(maxsize=1)
def delivery(_span: float = 0) -> Delivery:  # of KEPT seconds
    """Return the pipeline from the ledger's messages to the SNS topics."""
    from s3watch.pipelines.notify import Delivery  # noqa: PLC0415  # notify and sweep alone
    from s3watch.posture import review_rules  # noqa: PLC0415  # as above

    settings, arns = Settings.from_environment(), TopicArns.from_environment().named
    topics: dict[Topic, Publish] = {name: partial(clients.publish, arn) for name, arn in arns.items()}
    key = make_key(clients.client("dynamodb"), settings.table) if settings.judges_in_chat else b""
    rules = review_rules.DETECTIONS | {detection.rule: detection for detection in ruleset().detections}
    return Delivery(store(), topics, rules, reader(chat_key=key), hit_metrics.publish_canary)


def detect(
    event: Mapping[str, Any], now: float, should_stop: Callable[[], bool] = lambda: False
) -> tuple[Outcome, dict[str, Any]]:
    """Evaluate the records that detect was invoked with; returns the outcome and the response to SQS.

    A message that cannot be parsed is sent to the dead-letter queue by itself; one whose hits could not be
    recorded, or that was not reached before `should_stop`, is returned to the queue as a batch item failure.
    An event without an SQS envelope has no queue: it raises RecordError or UnavailableError instead.
    """
    messages = parse(event)
    found, unreadable = records(messages)
    outcome = pipeline().run(found, now, should_stop=should_stop)
    outcome.reject(unreadable)
    return outcome, _hand_back(messages, outcome)


def notify(event: Mapping[str, Any], clock: Callable[[], float]) -> Sent:
    """Send the messages that a batch of stream records is about, those that are critical first."""
    queued: list[tuple[str, str]] = []
    for record in event["Records"]:
        _, _, queue = record["dynamodb"]["NewImage"]["due_shard"]["S"].partition("#")
        queued.append((queue, record["dynamodb"]["Keys"]["pk"]["S"].removeprefix("message#")))
    return delivery(clock() // KEPT).deliver(dict.fromkeys(identity for _, identity in sorted(queued)), clock)


def sweep(clock: Callable[[], float], seconds: float) -> tuple[Outcome, int]:
    """Send the due messages, evaluate the due batch deletes and roll up the due groups.

    Returns the outcome and the number of messages sent. All steps run even if one fails; of the `seconds`
    they have together, the first leaves half to the others, and the second a quarter to the last.
    """
    end, attempts = clock() + seconds, Attempts()

    def leave(share: float) -> Callable[[], bool]:
        return lambda: clock() > end - share * seconds

    sent = attempts.run(partial(delivery(clock() // KEPT).sweep, clock, leave(0.5)))
    outcome = attempts.run(partial(pipeline().evaluate_due_deletes, clock(), should_stop=leave(0.25)))
    attempts.run(partial(pipeline().ledger.roll_up_due, clock(), leave(0)))
    attempts.raise_first()
    return outcome or Outcome(), sent or 0


def relay_findings(event: Mapping[str, Any], now: float) -> tuple[Relayed, dict[str, Any]]:
    """Relay the findings that relay_finding was invoked with; messages are handled as in `detect`."""
    messages = parse(event)
    outcome = relay().run([(message.id, message.content) for message in messages], now)
    return outcome, _hand_back(messages, outcome)


def review_buckets(event: Mapping[str, Any], now: float) -> tuple[Reviews, dict[str, Any]]:
    """Review the buckets that review_bucket was invoked for; messages are handled as in `detect`."""
    messages = parse(event)
    events = [(message.id, message.content) for message in messages]
    outcome = reviewer().run(events, now)
    return outcome, _hand_back(messages, outcome)


def check_health(now: float, *, summary: bool) -> Checked:
    """Check the deployment's parts, and tell the summary of the day if asked. Raises UnavailableError."""
    from s3watch.aws.dynamodb_listing import GroupListing  # noqa: PLC0415  # check_health alone
    from s3watch.aws.own_parts.health_store import HealthStore  # noqa: PLC0415  # as above
    from s3watch.aws.own_parts.parts_reader import OwnParts, read_parts  # noqa: PLC0415  # as above
    from s3watch.aws.own_parts.volume_store import VolumeStore  # noqa: PLC0415  # as above
    from s3watch.health.problems import Expected  # noqa: PLC0415  # as above
    from s3watch.pipelines.check_health import HealthCheck  # noqa: PLC0415  # as above

    settings, own = Settings.from_environment(), HealthSettings.from_environment()
    table, publish = clients.client("dynamodb"), partial(clients.publish, own.operations_topic)
    watched, logs, rules = settings.watched_buckets, own.access_logs, ruleset()
    recorded = (*watched, *settings.canary[:1])
    unseen, canary = unwatched_buckets(), bool(settings.canary)
    expected = Expected(recorded, own.partition, own.records_prefixes, unseen, canary)
    health = HealthStore(table, settings.table)
    volumes = VolumeStore(table, settings.table, name_all(rules, watched))
    check = HealthCheck(own.stack, expected, rules, health, volumes, publish, settings.zone)
    parts = OwnParts(own.trail, own.targets, own.functions, own.topics, own.stack, watched, logs)
    checked = check.run(read_parts(parts), now)
    if summary:
        check.summarize(GroupListing(table, settings.table).all_groups(), now)
    return checked


def emit_hit_metrics(outcome: Outcome) -> None:
    """Publish the hits as metrics by detection and label, if the deployment has the dashboard for them."""
    if hit_metrics_enabled():
        hit_metrics.publish(outcome.hits, outcome.correlated)


def scan_logs(
    event: Mapping[str, Any], now: float, should_stop: Callable[[], bool] = lambda: False
) -> tuple[Scan, dict[str, Any]]:
    """Evaluate the log files that scan_logs was notified of; messages are handled as in `detect`.

    A record that cannot be parsed is sent to the dead-letter queue by itself, with its file and its number in
    that file. Messages that are not done at `should_stop` are retried.
    """
    from s3watch.sources.log_notifications import write_poison_record  # noqa: PLC0415  # scan_logs alone

    messages = parse(event)
    scan = scanner().scan(messages, now, should_stop)
    for name, poison in scan.poison.items():
        try:
            for record in poison if name not in scan.unrecorded else ():
                written = write_poison_record(record)
                clients.send_to_dead_letter_queue(queues().dead_letter_queue, written, record.reason)
        except UnavailableError as error:
            scan.delayed[name] = str(error)
    return scan, _hand_back(messages, scan)


def _hand_back(messages: Sequence[Message], outcome: Outcome | Relayed | Reviews | Scan) -> dict[str, Any]:
    """Send unreadable messages to the dead-letter queue; returns the batch item failures for SQS."""
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
        raise UnavailableError(f"not recorded: {outcome.trouble or 'no time was left'}")


def _set_aside(messages: Sequence[Message], unreadable: Mapping[str, str]) -> set[str]:
    """Send unreadable messages to the dead-letter queue; returns the ids of those that must be retried."""
    left = set(unreadable)
    for message in messages:
        if message.id in left:
            try:
                reason = unreadable[message.id]
                clients.send_to_dead_letter_queue(queues().dead_letter_queue, message.body, reason)
            except UnavailableError:
                return left
            left.remove(message.id)
    return left


def _postpone(messages: Sequence[Message]) -> None:
    """Delay the retry of messages by their receive count; on failure the queue's own timeout applies."""
    if messages:
        received = [(message.receipt_handle, message.receive_count) for message in messages]
        with suppress(UnavailableError):
            clients.postpone(queues().source, received)
