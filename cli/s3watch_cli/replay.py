"""`s3watch replay`: the deployed pipeline over history, with a ledger in memory and the records' clock."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s3watch.errors import LogFileError, RecordError
from s3watch.facts.access import Access
from s3watch.ledger.groups import Group
from s3watch.ledger.ledger import Ledger, claim
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Counts, Outcome, Pipeline
from s3watch.sources.cloudtrail import decode
from s3watch.sources.formats import read_records
from s3watch.sources.log_keys import ACCESS_LOG, name_file

if TYPE_CHECKING:
    from s3watch.detection.matcher import RuleFailure
    from s3watch.ruleset import Ruleset

ENDINGS = (".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz", ".log", ".log.gz")
WAY = "log_files"
STANDARD_INPUT = "-"


@dataclass(slots=True)
class Replay:
    """What a replay came to."""

    counts: Counts = field(default_factory=Counts)
    excepted: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(
        default_factory=list
    )  # files and records that could not be read, one line each
    rule_failures: list[RuleFailure] = field(default_factory=list)


class Replayer:
    """Feeds files to the pipeline, one at a time, so that memory holds one file and the alerts."""

    def __init__(self, ruleset: Ruleset, account: str | None = None) -> None:
        """`account` is that of the buckets whose access logs do not say it."""
        self.result = Replay()
        self._account = account
        self._titles = {detection.rule: detection.title for detection in ruleset.detections}
        self._store = MemoryStore()
        self._pipeline = Pipeline(ruleset, Ledger(self._store, exact=sys.maxsize), with_events=True)
        self._events: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def feed(self, name: str, content: bytes) -> None:
        """Judge the records of one file; what can not be read is noted under the file's name."""
        try:
            records = list(read_records(content, name, account=name_file(name).account or self._account))
        except LogFileError as error:
            self.result.failures.append(str(error))
            return
        numbered = [(f"{name}, record {number}", bytes(raw)) for number, raw in enumerate(records, 1)]
        self._note(self._pipeline.run(numbered, _clock(records), WAY))

    def finish(self) -> None:
        """Judge the batch deletes whose parts have all been read."""
        self._note(self._pipeline.evaluate_due_deletes(sys.float_info.max))
        self.result.counts.received -= self.result.counts.held
        self.result.counts.held = 0

    def alerts(self) -> Iterator[dict[str, Any]]:
        """One alert a group, by time of its first event."""
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
            "last": _iso(group.counters.last),
            "count": group.count,
            "events": list(self._events[group.id]),
        }

    def _note(self, outcome: Outcome) -> None:
        for name, value in asdict(outcome.counts).items():
            setattr(self.result.counts, name, getattr(self.result.counts, name) + value)
        self.result.excepted += outcome.excepted
        self.result.rule_failures += outcome.rule_failures
        self.result.failures += [f"{name}: {why}" for name, why in outcome.unreadable.items()]
        for hit in outcome.hits:
            self._events[self._store.claims[claim(hit.access)]].update(dict.fromkeys(hit.access.event_ids))


def log_files(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Read the named files, and all log files in the named folders, by name; `-` is standard input.

    Raises OSError for a path that is not there.
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
    """Tell a log file by its name; access logs have no ending."""
    return name.endswith(ENDINGS) or name_file(name).kind == ACCESS_LOG


def _clock(records: Sequence[bytes]) -> float:
    """The time of a file: its latest record's, since a file spans minutes."""
    for raw in reversed(records):
        try:
            if time := Access(decode(raw), raw).time:
                return time
        except RecordError:
            continue
    return 0.0


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
