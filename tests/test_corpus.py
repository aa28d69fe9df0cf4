"""Every recorded event below the folder that S3WATCH_CORPUS names goes the whole way, bytes to message."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace
from s3watch.alerts.sns_message import Publication
from s3watch.errors import LogFileError, RecordError
from s3watch.facts.extraction import extract
from s3watch.facts.fields import FACTS
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.notify import Delivery
from s3watch.ruleset import Label, Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch.sources.feeds import feed_of
from s3watch.sources.streams import read_records
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import RULES

FOLDER = os.environ.get("S3WATCH_CORPUS", "")
ENDINGS = (".json", ".json.gz", ".ndjson", ".log")
FILES = sorted(path for path in Path(FOLDER).rglob("*") if path.name.endswith(ENDINGS)) if FOLDER else []

pytestmark = pytest.mark.skipif(not FOLDER, reason="S3WATCH_CORPUS names no folder of recorded events")


def test_the_corpus_holds_files():
    assert FILES


def records_of(path: Path) -> list[bytes]:
    """The records of a file; one that is refused as a whole has none, and says which file it was."""
    try:
        return list(read_records([path.read_bytes()], path.name, account="111122223333"))
    except LogFileError as error:
        assert path.name in str(error)  # noqa: PT017  # a refusal is a fair answer, if it names the file
        return []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_record_that_can_be_read_has_every_fact(path: Path):
    for raw in records_of(path):
        with suppress(RecordError):
            record = decode(raw)
            facts = [{name: access.field(name) for name in FACTS} for access in extract(record, raw)]
            assert facts or feed_of(record) != "cloudtrail"  # where others tell of the same, or nobody acted
            assert all(access.keys() == FACTS.keys() for access in facts)


@cache
def ruleset() -> Ruleset:
    """The shipped detections, on a catalogue to which every object is sensitive."""
    compiled = compile_folder(RULES, date(2026, 11, 20), Diagnostics()).ruleset
    return replace(compiled, buckets=(), labels=(Label("everything"),), patterns=(), wild=(("s3://*", 0),))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_record_of_a_file_is_accounted_for_and_its_alerts_are_sent(path: Path):
    store, sent = MemoryStore(), {topic: list[Publication]() for topic in TOPICS}
    pipeline = Pipeline(ruleset(), Ledger(store))
    records = [(str(number), raw) for number, raw in enumerate(records_of(path))]
    outcome = pipeline.run(records, 0.0)
    later = pipeline.evaluate_due_deletes(1e12)
    delivery = Delivery(store, {topic: sent[topic].append for topic in TOPICS}, {})
    while any(store.due_messages(topic, 1e13) for topic in TOPICS):
        delivery.sweep(lambda: 1e13)

    assert (outcome.rule_failures, later.rule_failures) == ([], [])
    assert outcome.counts.failed == len(outcome.unreadable)
    assert path.suffix != ".log" or not outcome.unreadable
    assert (outcome.counts.balanced, outcome.counts.received) == (True, len(records))
    assert later.counts.received == later.counts.clean + later.counts.hit == outcome.counts.held
    firsts = [one for one in sent["machines"] if one.attributes["kind"]["StringValue"] == "first"]
    assert len(firsts) == len(store.groups)
