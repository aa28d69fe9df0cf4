"""The system under simulation, and all that the simulation knows about its ledger and its delivery.

Whoever changes what the ledger stores or how messages are sent changes this module, and no other here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from s3watch import application
from s3watch.alerts.alert import Alert
from s3watch.alerts.headline import title
from s3watch.alerts.sns_message import Publication
from s3watch.aws import clients as aws_clients
from s3watch.aws.enrichment.enricher import make_enricher
from s3watch.detection.exceptions import Exceptions, Silencing
from s3watch.detection.matcher import Hit, Matcher
from s3watch.errors import UnavailableError
from s3watch.facts.access import Access
from s3watch.facts.batch_deletes import BatchDelete, DeletedObject, extract_accesses
from s3watch.facts.extraction import extract
from s3watch.ledger.claims import name_of
from s3watch.ledger.first_seen import NOT_YET
from s3watch.ledger.principals import group_key
from s3watch.pipelines import notify as notify_pipeline
from s3watch.ruleset import SEVERITIES, dump
from s3watch.sources.cloudtrail import decode
from s3watch.times import day_of

from tests.simulation import clients, scheduler
from tests.simulation.rules import BUCKETS, ruleset
from tests.simulation.table import Table

if TYPE_CHECKING:
    from tests.simulation.world import World

TOPICS = (clients.MAIL, clients.CHAT, clients.MACHINES)
INDEXES = {"due": ("due_shard", "due_at")}  # partition and sort attribute

# What people must be told, in seconds: DESIGN.md, section 5.
AT_ONCE = 120.0  # a worse act, a higher severity, a first detection at high or above
KEYS_WAIT = 60.0  # more, for a batch delete whose keys are waited for
FIRST_ROLLUP, LATER_ROLLUP = 900.0, 3600.0  # after the group was opened, and between later ones
MOST_GROUPS = 50  # an hour of one principal; what is over may be told together
RENDERED = 20  # the messages of every so many-th seed are written in full, which takes most of the time
PATIENCE = 180.0  # of a roll-up: the sweeps come once a minute and take most of one


def wakes(image: dict[str, Any]) -> bool:
    """Return whether the filter of template.yaml passes a change on to notify."""
    return "S" in image.get("untried", {})


def earliest_due(table: Table) -> float | None:
    """Return the earliest time, in epoch seconds, at which a sweep has anything to do."""
    return min(table.indexes["due"].first(), default=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a publication says about one group."""

    topic: str
    group: str
    principal: str
    sequence: int
    count: int
    exact: bool
    text: str

    @property
    def id(self) -> str:
        return f"{self.group}/{self.sequence}"

    @property
    def item(self) -> str:
        """The key of the item that a sender writes when the message was sent."""
        return f"message#{self.topic}#{self.group}#{self.sequence}"


def _entry(topic: str, alert: Alert) -> Entry:
    text = f"{title(alert, 300)} {'' if alert.is_summary else alert.evidence.event_name}"
    return Entry(topic, alert.id, alert.principal, alert.sequence, alert.count, alert.exact, text)


RENDERERS = {  # by topic, in s3watch.pipelines.notify
    clients.MAIL: ("publication", "digest_publication"),
    clients.CHAT: ("chat_publication", "chat_digest_publication"),
    clients.MACHINES: ("machine_publication",),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A hit that the rules want told, as the ledger will group it."""

    group: str
    principal: str
    level: int
    rules: frozenset[str]
    high: frozenset[str]  # those at high or above
    event: str
    key: str


# ---- the hits, as the ledger groups them ----


@cache
def _matcher() -> tuple[Matcher, Exceptions]:
    return Matcher(ruleset()), Exceptions(ruleset().exceptions, ruleset().staged)


def hits_of(raws: Sequence[bytes]) -> list[list[Seen]]:
    """Return the hits of an act's CloudTrail records, one list a record; those of a batch delete by object.

    The call of a batch delete has those that are told if no keys arrive in time.
    """
    record = decode(raws[0])
    if record.event_name != "DeleteObjects":
        return [_seen(_matcher()[0].match(decode(raw), raw)) for raw in raws]
    hits = [_seen(_matcher()[0].match_access(extract(record, raws[0])[0]))]  # if its keys come too late
    for raw in raws[1:]:
        part = extract(decode(raw), raw)[0]
        deleted = DeletedObject(part.key or "", part.version, part.record.event_id or "")
        delete = BatchDelete(record.request_id or "", call=raws[0], objects=(deleted,))
        results = [hit for access in extract_accesses(delete) for hit in _matcher()[0].match_access(access)]
        hits.append(_seen(results))
    return hits


def _seen(results: Sequence[Any]) -> list[Seen]:
    return [
        _describe(kept.access, kept)
        for hit in results
        if isinstance(hit, Hit) and (kept := _matcher()[1].apply(hit, "2026-11-20", []))
    ]


def silenced_of(raws: Sequence[bytes]) -> Iterator[tuple[str, str, str]]:
    """Yield what exceptions silence of these records: the rule, the day and the name of the access."""
    for raw in raws:
        silenced = list[Silencing]()
        for hit in _matcher()[0].match(decode(raw), raw):
            if isinstance(hit, Hit):
                _matcher()[1].apply(hit, "2026-11-20", silenced)
        for each in silenced:
            yield each.by.rule, day_of(each.hit.access.time or 0), name_of(each.hit.access)


def _describe(access: Access, hit: Hit) -> Seen:
    high = [rule.rule for rule in hit.detections if SEVERITIES.index(rule.level) >= SEVERITIES.index("high")]
    rules = frozenset(rule.rule for rule in hit.detections)
    return Seen(
        group_key(access, 0).group, access.principal, SEVERITIES.index(hit.level), rules, frozenset(high),
        access.record.event_name, access.key or "",
    )  # fmt: skip


# ---- the functions, as functions/*/app.py run them ----


@dataclass(frozen=True, slots=True)
class Done:
    """The result of one invocation of detect or scan_logs."""

    failed: frozenset[str]  # ids of messages that stay in the queue
    counts: str
    is_balanced: bool


def _detect(event: dict[str, Any], now: float) -> Done:
    outcome, answer = application.detect(event, now)
    return _done(outcome.counts, answer)


def _scan(event: dict[str, Any], now: float) -> Done:
    scan, answer = application.scan_logs(event, now)
    return _done(scan.outcome.counts, answer)


def _done(counts: Any, answer: dict[str, Any]) -> Done:
    failed = frozenset(each["itemIdentifier"] for each in answer["batchItemFailures"])
    numbers = {name: getattr(counts, name) for name in counts.__slots__ if getattr(counts, name)}
    return Done(failed, ", ".join(f"{number} {name}" for name, number in numbers.items()), counts.balanced)


HANDLERS: dict[str, Callable[[dict[str, Any], float], Done]] = {"detect": _detect, "scan": _scan}


def notify(changes: Sequence[tuple[str, dict[str, Any]]], clock: Callable[[], float]) -> None:
    """Handle a batch of the stream."""
    records = [{"dynamodb": {"Keys": {"pk": {"S": key}}, "NewImage": image}} for key, image in changes]
    application.notify({"Records": records}, clock)


def sweep(clock: Callable[[], float], seconds: float) -> tuple[Exception | None, str]:
    """Sweep; returns the error, if any, and what was done, if anything was."""
    try:
        outcome, sent = application.sweep(clock, seconds)
    except Exception as error:  # noqa: BLE001  # the caller tells which are expected
        return error, ""
    done = f"{sent} sent, {outcome.counts.received} evaluated" if sent or outcome.counts.received else ""
    return None, done


def is_expected(error: Exception) -> bool:
    """Return whether an error says that a dependency is away."""
    return isinstance(error, UnavailableError)


# ---- the real application, in a simulated world ----

_world: list[World] = []  # the one that lives
_CACHED = ("ruleset", "store", "pipeline", "scanner", "queues", "delivery")
_ENVIRONMENT = {
    "S3WATCH_WATCHED_BUCKETS": ",".join(BUCKETS), "S3WATCH_LEDGER_TABLE": "ledger",
    "S3WATCH_QUEUE_URL": "queue", "S3WATCH_DEAD_LETTER_QUEUE_URL": clients.DEAD_LETTERS,
    "S3WATCH_ALERT_TOPIC": clients.MAIL, "S3WATCH_CHAT_TOPIC": clients.CHAT,
    "S3WATCH_MACHINE_TOPIC": clients.MACHINES,
    "S3WATCH_ACCOUNT": "111122223333", "S3WATCH_LOG_BUCKETS": "logs",
}  # fmt: skip


def _this_world() -> World:
    return _world[-1]


@contextmanager
def installed() -> Iterator[None]:
    """Connect the application to simulated worlds instead of AWS."""
    made = {
        "dynamodb": clients.DynamoDB(_this_world), "sns": clients.SNS(_this_world),
        "sqs": clients.SQS(_this_world), "s3": clients.S3(_this_world),
        "s3control": clients.S3Control(_this_world), "iam": clients.IAM(_this_world),
        "cloudtrail": clients.CloudTrail(_this_world),
    }  # fmt: skip
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        rules = Path(folder, "rules.json")
        rules.write_bytes(dump(ruleset()))
        stack.enter_context(patch.dict("os.environ", _ENVIRONMENT | {"S3WATCH_RULES": str(rules)}))
        for name in ("client", "brief_client"):
            stack.enter_context(patch.object(aws_clients, name, lambda service, *_: made[service]))
        for topic, names in RENDERERS.items():
            for name in names:
                noting = _noting(topic, getattr(notify_pipeline, name))
                stack.enter_context(patch.object(notify_pipeline, name, noting))
        _forget()
        stack.callback(_forget)
        yield


def _forget() -> None:
    for name in _CACHED:
        getattr(application, name).cache_clear()


@contextmanager
def living_in(world: World) -> Iterator[None]:
    """Let the application live in this world."""
    _world.append(world)
    pipeline = application.pipeline()
    pipeline.ledger._exact = world.plan.workers.exact
    # It remembers nothing of another world, and logs no failures
    pipeline.ledger._enrich = make_enricher(
        BUCKETS, _ENVIRONMENT["S3WATCH_ACCOUNT"], "eu-west-1", _ignore, _ignore
    )
    pipeline.ledger._full.clear()  # what it remembers of another world
    pipeline._correlator._fired.clear()
    pipeline._sieve._first_seen._latest.clear()
    pipeline._sieve._first_seen._answers.clear()
    pipeline._sieve._first_seen._begun = NOT_YET
    try:
        yield
    finally:
        _world.pop()


def _ignore(*_: str) -> None:
    """Tell nobody of a failure."""


def _noting(topic: str, render: Callable[..., Any]) -> Callable[..., Any]:
    """Let the worker remember what the message that it renders says; most worlds do without all its text."""

    def rendering(alerts: Alert | Sequence[Alert], *more: Any) -> Any:
        some = (alerts,) if isinstance(alerts, Alert) else alerts
        scheduler.current().saying = said = tuple(_entry(topic, alert) for alert in some)
        if _this_world().plan.seed % RENDERED:
            return Publication("", said[0].text, {})
        return render(alerts, *more)

    return rendering
