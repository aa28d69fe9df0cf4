"""Whatever arrives at a function is evaluated or refused in words of ours, told, and kept in small items."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from datetime import date
from functools import cache

from hypothesis import given
from s3watch.aws.dynamodb_items import encode
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.notify import Delivery
from s3watch.pipelines.relay_finding import Relay
from s3watch.pipelines.review_bucket import Buckets, Reviewer
from s3watch.pipelines.scan_logs import Scan, Scanner
from s3watch.posture import review_rules
from s3watch.posture.bucket_state import State
from s3watch.posture.remediation import Remediation
from s3watch.ruleset import Ruleset
from s3watch.sources.envelopes import Message
from s3watch.sources.log_keys import Owners
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.broken_records import as_text, damaged
from tests.support.bucket_states import make_state
from tests.support.cloudtrail import as_bytes
from tests.support.hostile_records import NOTICES, POLICY, RECORDS, TRIGGERS
from tests.support.log_files import TRAIL_KEY, make_notification
from tests.support.mutations import mutated
from tests.support.project import ROOT
from tests.support.review_events import make_schedule
from tests.support.sample_findings import EVENTS
from tests.support.sensitive import NOW

OURS = re.compile(r"(?!(\w+, )?[A-Z]\w*(Error|Exception): )")  # `describe` names the type of any other error
MOST_BYTES = 100_000  # of an item: DynamoDB takes 400 KB, and four of them in one transaction


@cache
def ruleset() -> Ruleset:
    """The rules of this repository."""
    diagnostics = Diagnostics()
    compiled = compile_folder(ROOT / "rules", date(2026, 11, 26), diagnostics)
    diagnostics.raise_if_any()
    return compiled.ruleset


@cache
def compiled_pipeline() -> Pipeline:
    return Pipeline(ruleset(), Ledger(MemoryStore()), with_events=True)


def pipeline(store: MemoryStore) -> Pipeline:
    """The pipeline of all examples, which compiles the rules once, with a ledger of its own for each."""
    compiled_pipeline().ledger = Ledger(store)
    return compiled_pipeline()


def tell(store: MemoryStore) -> None:
    """Roll all groups up and send all messages on every topic."""
    kept = [*store.groups.values(), *store.messages.values()]
    assert all(len(encode(item)) < MOST_BYTES for item in kept)
    Ledger(store).roll_up_due(NOW + 1e6)
    detections = review_rules.DETECTIONS | {each.rule: each for each in ruleset().detections}
    delivery = Delivery(store, dict.fromkeys(TOPICS, lambda publication: None), detections)
    due = [identity for topic in TOPICS for identity in store.due_messages(topic, 1e18)]
    assert not delivery.deliver(due, lambda: NOW).failures


def assert_ours(refusals: Iterable[str]) -> None:
    """Every refusal is an error of ours."""
    assert all(OURS.match(refusal) for refusal in refusals), list(refusals)


@given(mutated(RECORDS))
def test_every_record_is_evaluated_and_told(raw: bytes):
    store = MemoryStore()
    outcomes = [pipeline(store).run([("m", raw)], NOW), pipeline(store).evaluate_due_deletes(1e18)]

    for outcome in outcomes:
        assert outcome.counts.balanced
        assert not outcome.rule_failures
        assert_ours(outcome.unreadable.values())
        assert not (outcome.unreadable and raw.startswith(b"{"))  # only what is no object is refused
    tell(store)


def scan(body: str, content: bytes, store: MemoryStore) -> Scan:
    scanner = Scanner(pipeline(store), lambda place, most: [content], Owners("111122223333"), {"trail-logs"})
    return scanner.scan([Message("m", body)], NOW)


@given(mutated([{"Records": RECORDS[:2]}]) | damaged([as_bytes({"Records": RECORDS[:2]})]))
def test_every_log_file_is_evaluated_or_refused(content: bytes):
    store = MemoryStore()
    scanned = scan(json.dumps(make_notification(TRAIL_KEY)), content, store)

    assert scanned.outcome.counts.balanced
    assert_ours([*scanned.unreadable.values(), *(one.reason for one in scanned.poison.get("m", ()))])
    tell(store)


@given(mutated(NOTICES))
def test_every_notice_of_a_log_file_is_followed_or_refused(notice: bytes):
    scanned = scan(as_text(notice), b'{"Records":[]}', MemoryStore())

    assert_ours([*scanned.unreadable.values(), *scanned.delayed.values()])


@given(mutated(list(EVENTS.values())))
def test_every_finding_is_relayed_or_refused(event: bytes):
    store = MemoryStore()
    outcome = Relay(ruleset(), Ledger(store)).run([("m", event)], NOW)

    assert outcome.balanced
    assert_ours(outcome.unreadable.values())
    tell(store)


def review(event: bytes, state: State) -> Collection[str]:
    """Review a bucket in this state, corrections included; returns why the event was refused, if it was."""
    store = MemoryStore()
    buckets = Buckets(lambda: lambda bucket: state, lambda bucket, correction: None)
    reviewer = Reviewer(ruleset(), Ledger(store), buckets, ("hr-data",), Remediation("block"))
    outcome = reviewer.run([("m", event)], NOW)
    tell(store)
    return outcome.unreadable.values()


@given(mutated(TRIGGERS))
def test_every_event_triggers_a_review_or_is_refused(event: bytes):
    assert_ours(review(event, make_state()))


@given(mutated([POLICY]) | damaged([as_bytes(POLICY)]))
def test_every_policy_of_a_bucket_is_reviewed(policy: bytes):
    assert not review(make_schedule(), make_state(policy=policy.decode(errors="replace")))
