"""The whole ways that records take: from a file or a queue to the ledger, which is kept in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from typing import Any

from s3watch.detection.matcher import Matcher
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.scan_logs import Scanner
from s3watch.ruleset import Ruleset, load
from s3watch.sources import envelopes
from s3watch.sources.cloudtrail import decode
from s3watch.sources.envelopes import Message
from s3watch.sources.formats import read_inflated
from s3watch.sources.log_keys import Owners

from benchmarks.access_log_lines import make_lines
from benchmarks.engines import Engine, read_raws
from benchmarks.estate import ACCOUNT

TRAIL = f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/20/{ACCOUNT}_CloudTrail_"
FILE = 1000  # records or lines of a log file
BATCH = 100  # messages that `detect` takes at once
BATCHES = 60  # at most
NOW = 1795132800.0  # epoch seconds: 2026-11-20, the day of the events


def _rules(folder: Path) -> Ruleset:
    return load((folder / "rules.json").read_bytes())


def replay(folder: Path) -> Engine:
    """Replay a trail's log files."""
    from s3watch_cli.history.files import read_chunks
    from s3watch_cli.replay import Replayer

    ruleset, paths = _rules(folder), [*_write_log_files(folder)]
    replayer = Replayer(ruleset)

    def start() -> None:
        nonlocal replayer
        replayer = Replayer(ruleset)

    def evaluate(path: str) -> None:
        replayer.feed(path, read_chunks(path))
        assert not replayer.result.failures

    return Engine(evaluate, paths, FILE, start)


def _files(lines: list[bytes]) -> Iterator[tuple[bytes, ...]]:
    return batched(lines[: len(lines) // FILE * FILE], FILE, strict=True)


def _write_log_files(folder: Path) -> Iterator[str]:
    for number, raws in enumerate(_files(read_raws(folder))):
        path = folder / f"{number}.json.gz"
        path.write_bytes(gzip.compress(b'{"Records":[' + b",".join(raws) + b"]}", 6))
        yield str(path)


class _Object(bytes):
    """A file as S3 gives it out: in blocks, or at once to a library that is compared and wants it so."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return iter((bytes(self),))


def scan_logs(folder: Path) -> Engine:
    """Evaluate a trail's log files, each announced by a notification of S3."""
    keys = [f"{TRAIL}{Path(path).name}" for path in _write_log_files(folder)]
    files = {key: _Object((folder / key.rpartition("_")[2]).read_bytes()) for key in keys}
    pipeline = Pipeline(_rules(folder), Ledger(MemoryStore()))
    scanner = Scanner(pipeline, lambda place, _: files[place.key], Owners(ACCOUNT), {"logs"})

    def evaluate(key: str) -> None:
        scan = scanner.scan([Message("1", json.dumps({"s3Bucket": "logs", "s3ObjectKey": [key]}))], NOW)
        assert scan.files == 1
        assert (scan.outcome.counts.received, scan.outcome.counts.failed) == (FILE, 0)

    return Engine(evaluate, keys, FILE, lambda: _forget(pipeline))


def access_log(folder: Path) -> Engine:
    """Read and evaluate access logs."""
    pipeline = Pipeline(_rules(folder), Ledger(MemoryStore()))
    files = [b"\n".join(lines) for lines in _files([*make_lines(map(json.loads, read_raws(folder)))])]

    def evaluate(content: bytes) -> None:
        records = enumerate(read_inflated(content, "access.log", account=ACCOUNT))
        outcome = pipeline.run(((str(number), raw) for number, raw in records), NOW, "log_files")
        assert outcome.counts.received == FILE
        assert not outcome.counts.failed

    return Engine(evaluate, files, FILE, lambda: _forget(pipeline))


def detect(folder: Path, hits: int) -> Engine:
    """Evaluate SQS batches, each with so many hits, by a process that has run for a while."""
    ruleset, raws = _rules(folder), read_raws(folder)
    match = Matcher(ruleset).match
    clean, found = list[bytes](), list[bytes]()
    for raw in raws:
        record = decode(raw)
        if record.event_name != "DeleteObjects":  # which are held until their parts are there
            (found if match(record, raw) else clean).append(raw)
    pipeline = Pipeline(ruleset, Ledger(MemoryStore()))
    others = BATCH - hits
    number = min(BATCHES, len(clean) // others, len(found) // hits if hits else BATCHES)
    batches = [
        _make_batch(found[at * hits : (at + 1) * hits] + clean[at * others : (at + 1) * others])
        for at in range(number)
    ]

    def evaluate(event: dict[str, Any]) -> None:
        records, unreadable = envelopes.records(envelopes.parse(event))
        outcome = pipeline.run(records, NOW)
        assert not unreadable
        assert outcome.counts.hit == hits

    for batch in batches:
        evaluate(batch)
    return Engine(evaluate, batches, BATCH, lambda: _forget(pipeline))


def _forget(pipeline: Pipeline) -> None:
    """Forget what was recorded, not what was learned of the records."""
    pipeline.ledger = Ledger(MemoryStore())


def _make_batch(raws: list[bytes]) -> dict[str, Any]:
    """Make what Lambda gets: SQS messages with EventBridge events."""
    bodies = (
        b'{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":' + raw + b"}"
        for raw in raws
    )
    return {
        "Records": [
            {"messageId": str(number), "body": body.decode(), "eventSource": "aws:sqs"}
            for number, body in enumerate(bodies)
        ]
    }
