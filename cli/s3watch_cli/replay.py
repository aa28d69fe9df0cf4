"""Replays recorded events through the deployed pipeline, with an in-memory ledger and the records' time."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from msgspec.structs import replace
from s3watch.errors import LogFileError, RecordError
from s3watch.facts.access import Access
from s3watch.ledger.claims import claim_of, contest
from s3watch.ledger.groups import Group
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Counts, Outcome, Pipeline
from s3watch.sources.cloudtrail import decode
from s3watch.sources.formats import read_records
from s3watch.sources.log_keys import ACCESS_LOG, classify_key
from s3watch.text import LAST_SECOND

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.output import note, show
from s3watch_cli.replay_messages import MessageReplayer
from s3watch_cli.rules.diagnostics import Diagnostics, report

if TYPE_CHECKING:
    from s3watch.detection.matcher import RuleFailure
    from s3watch.ruleset import Ruleset

ENDINGS = (".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz", ".log", ".log.gz")
WAY = "log_files"
STANDARD_INPUT = "-"


@dataclass(slots=True)
class ReplayResult:
    """Counts and failures of a replay."""

    counts: Counts = field(default_factory=Counts)
    excepted: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)  # a line for each file or record that cannot be read
    rule_failures: list[RuleFailure] = field(default_factory=list)


class Replayer:
    """Runs files through the pipeline, one at a time, so that memory holds one file and the alerts."""

    def __init__(self, ruleset: Ruleset, account: str | None = None) -> None:
        """Prepare a replay; `account` owns the buckets, for access logs whose path does not name it."""
        self.result = ReplayResult()
        self._account = account
        self._titles = {detection.rule: detection.title for detection in ruleset.detections}
        self._store = MemoryStore()
        self._pipeline = Pipeline(ruleset, Ledger(self._store, exact=sys.maxsize), with_events=True)
        self._events: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def feed(self, name: str, content: bytes) -> None:
        """Run the records of one file; what cannot be read goes to the failures, under the file's name."""
        try:
            records = list(read_records(content, name, account=self._account or classify_key(name).account))
        except LogFileError as error:
            self.result.failures.append(str(error))
            return
        numbered = [(f"{name}, record {number}", bytes(raw)) for number, raw in enumerate(records, 1)]
        self._add(self._pipeline.run(numbered, _clock(records), WAY))

    def finish(self) -> None:
        """Evaluate the batch deletes whose parts have all been read, as if at the end of the calendar."""
        self._add(self._pipeline.evaluate_due_deletes(LAST_SECOND))
        self.result.counts.received -= self.result.counts.held
        self.result.counts.held = 0

    def alerts(self) -> Iterator[dict[str, Any]]:
        """Return one alert a group, by the time of its first event."""
        for group in sorted(self._store.groups.values(), key=lambda group: (group.first, group.id)):
            yield self._alert(group)

    def _alert(self, group: Group) -> dict[str, Any]:
        return {
            "alert": group.id,
            "rule": group.rules[0],
            "rules": list(group.rules),
            "title": self._titles.get(group.rules[0], group.rules[0]),
            "level": group.level,
            "actor": group.actor,
            "principal": group.evidence.principal,
            "bucket": group.bucket or None,
            "label": group.label or None,
            "first": _iso(group.first),
            "last": _iso(group.latest),
            "count": group.count,
            "events": list(self._events[group.id]),
        }

    def _add(self, outcome: Outcome) -> None:
        for name, value in asdict(outcome.counts).items():
            setattr(self.result.counts, name, getattr(self.result.counts, name) + value)
        self.result.excepted += outcome.excepted
        self.result.rule_failures += outcome.rule_failures
        self.result.failures += [f"{name}: {why}" for name, why in outcome.unreadable.items()]
        self.result.failures += [f"{name}: its hits could not be recorded" for name in outcome.unrecorded]
        for hit in outcome.hits:
            first = claim_of(hit)
            claims = (contest(first), first)
            if group := next(filter(None, (self._store.claims.get(one.name) for one in claims)), None):
                self._events[group].update(dict.fromkeys(hit.access.event_ids))


def replay_logs(paths: Sequence[str], ruleset: Ruleset, account: str | None = None) -> None:
    """Replay the records of these files and print the alerts.

    Raises Exit(1) if a record or rule failed, and OSError.
    """
    replayer = Replayer(ruleset, account)
    for name, content in log_files(paths):
        replayer.feed(name, content)
    replayer.finish()
    show(replayer.alerts(), "ndjson")
    result = replayer.result
    _finish(result.counts, result.failures, result.rule_failures)


def replay_messages(paths: Sequence[str], ruleset: Ruleset, account: str | None = None) -> None:
    """Replay the records of these files, each at its time, and print the mails that would have been sent.

    Raises as `replay_logs` does.
    """
    replayer = MessageReplayer(ruleset, account)
    for name, content in log_files(paths):
        replayer.feed(name, content)
    show(replayer.mails(), "ndjson")
    outcome = replayer.outcome
    outcome.counts.received -= outcome.counts.held
    _finish(
        outcome.counts, [f"{name}: {why}" for name, why in outcome.unreadable.items()], outcome.rule_failures
    )


def compile_rules(rules: Path, catalogue: Path | None, log_buckets: Sequence[str] = ()) -> Ruleset:
    """Compile the rules, with this catalogue instead of the folder's, for records on these log buckets.

    Raises RuleError for mistakes in the rules.
    """
    diagnostics = Diagnostics()
    compiled = compile_folder(rules, today(), diagnostics, catalogue=catalogue)
    report(diagnostics)
    return replace(compiled.ruleset, log_buckets=tuple(log_buckets))


def _finish(counts: Counts, failures: Sequence[str], rule_failures: Sequence[RuleFailure]) -> None:
    """Note what failed and the counts. Raises Exit(1) if anything failed."""
    for failure in (*failures, *(f"{rule.rule}: {rule.error}" for rule in rule_failures)):
        note(failure)
    note(
        f"{counts.received} records: {counts.clean} clean, {counts.excluded} excluded,"
        f" {counts.hit} hit, {counts.failed} failed"
    )
    if failures or rule_failures:
        raise typer.Exit(1)


def log_files(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files, and of the log files in folders by name; `-` is standard input.

    Raises OSError for a path that does not exist.
    """
    for path in paths:
        if path == STANDARD_INPUT:
            yield "standard input", sys.stdin.buffer.read()
            continue
        for file in _files(Path(path)):
            yield str(file), file.read_bytes()


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and _is_log(file.name))


def _is_log(name: str) -> bool:
    """Recognize a log file by its name; access logs have no extension."""
    return name.endswith(ENDINGS) or classify_key(name).kind == ACCESS_LOG


def _clock(records: Sequence[bytes]) -> float:
    """Return a file's time, epoch seconds: that of its last readable record, since a file spans minutes."""
    for raw in reversed(records):
        try:
            if time := Access(decode(raw), raw).time:
                return time
        except RecordError:
            continue
    return 0.0


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
