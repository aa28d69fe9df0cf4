"""Replays recorded events through the deployed pipeline, with an in-memory ledger and the records' time."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from msgspec.structs import replace
from s3watch.facts.origin.autonomous_systems import FILE
from s3watch.ledger.claims import claim_of, contest
from s3watch.ledger.groups import Group
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Outcome
from s3watch.text import LAST_SECOND, count
from s3watch.watched import add_watched

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.history.archive import Archive
from s3watch_cli.history.batches import Batch, BatchReader, keep_all, screen_by
from s3watch_cli.history.result import ReplayResult
from s3watch_cli.output import Format, note, show, show_texts
from s3watch_cli.replay_messages import MessageReplayer, render
from s3watch_cli.rules.diagnostics import Diagnostics, report

if TYPE_CHECKING:
    from s3watch.ruleset import Ruleset

WAY = "log_files"
COLUMNS = ("level", "rule", "actor", "bucket", "label", "first", "last", "count")  # that fit a terminal


class Replayer:
    """Runs files through the pipeline, some records at a time, so that memory holds these and the alerts."""

    def __init__(self, ruleset: Ruleset, account: str | None = None) -> None:
        """Prepare a replay; `account` owns the buckets of records that do not say who does."""
        self.result = ReplayResult()
        self._titles = {detection.rule: detection.title for detection in ruleset.detections}
        self._store = MemoryStore()
        self._pipeline = Pipeline(ruleset, Ledger(self._store, exact=sys.maxsize), with_events=True)
        self.screen = keep_all
        self._reader = BatchReader(self.screen, account)
        self._events: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def feed(self, name: str, chunks: Iterable[bytes]) -> None:
        """Run the records of one file; what cannot be read goes to the failures, under the file's name."""
        for batch in self._reader.read(name, chunks):
            self.take(batch)

    def take(self, batch: Batch) -> None:
        """Run what a screen has left of a batch, or all of it; the batches come in the order of the files."""
        self.result.add_batch(batch)
        self._add(self._pipeline.run(batch.records, batch.time, WAY, batch.rules))

    def finish(self) -> None:
        """Evaluate the batch deletes whose parts have all been read, as if at the end of the calendar."""
        self._add(self._pipeline.evaluate_due_deletes(LAST_SECOND))
        self.result.release_held()

    def remembered(self) -> Mapping[str, frozenset[int]]:
        """Return what is remembered of the accesses: windows by the keys of ledger.first_seen."""
        return self._store.all_seen()

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
            # where a correlation counts signals, the access that it shows
            "events": list(self._events[group.id]) or [group.evidence.event_id],
        }

    def _add(self, outcome: Outcome) -> None:
        self.result.add(outcome)
        self._store.messages.clear()  # which nobody sends
        for hit in outcome.hits:
            first = claim_of(hit)
            claims = (contest(first), first)
            if group := next(filter(None, (self._store.claims.get(one.name) for one in claims)), None):
                self._events[group].update(dict.fromkeys(hit.access.event_ids))


def replay_logs(
    paths: Sequence[str],
    ruleset: Ruleset,
    account: str | None = None,
    form: Format = "ndjson",
    jobs: int | None = None,
) -> None:
    """Replay the records of these files and print the alerts.

    Raises Exit(1) if a file, a record or a rule failed.
    """
    replayer = Replayer(ruleset, account)
    _feed(replayer, Archive(paths, partial(screen_by, ruleset), account, jobs, here=replayer.screen))
    replayer.finish()
    show(replayer.alerts(), form, COLUMNS)
    _sum_up(replayer.result)


def replay_memory(
    paths: Sequence[str], ruleset: Ruleset, account: str | None = None, jobs: int | None = None
) -> Mapping[str, frozenset[int]]:
    """Replay the records of these files; returns what is remembered of them. Raises as `replay_logs` does."""
    replayer = Replayer(ruleset, account)
    _feed(replayer, Archive(paths, partial(screen_by, ruleset), account, jobs, here=replayer.screen))
    replayer.finish()
    _sum_up(replayer.result)
    return replayer.remembered()


def replay_messages(
    paths: Sequence[str],
    ruleset: Ruleset,
    account: str | None = None,
    form: Format = "auto",
    jobs: int | None = None,
) -> None:
    """Replay the records of these files, each at its time, and print the mails that would have been sent.

    Raises as `replay_logs` does.
    """
    replayer = MessageReplayer(ruleset, account)
    _feed(replayer, Archive(paths, partial(screen_by, ruleset), account, jobs, here=replayer.screen))
    show_texts(replayer.mails(), form, render)
    _sum_up(replayer.result)


def compile_rules(
    rules: Path,
    catalogue: Path | None,
    watched: Sequence[str] = (),
    log_buckets: Sequence[str] = (),
    stack: str = "",
) -> Ruleset:
    """Compile the rules, with this catalogue instead of the folder's, for a deployment with these buckets.

    Calls on parts of the `stack` are alerted.

    Raises RuleError for mistakes in the rules, or if there is no detection: its silence would say nothing.
    """
    diagnostics = Diagnostics()
    compiled = compile_folder(rules, today(), diagnostics, catalogue=catalogue)
    report(diagnostics, strict=not compiled.ruleset.detections)
    watching = add_watched(compiled.ruleset, watched)
    return replace(watching, log_buckets=tuple(log_buckets), stack=stack, systems=str(rules / FILE))


def _feed(replayer: Replayer | MessageReplayer, archive: Archive) -> None:
    """Feed an archive, and note which files of its folders were left out."""
    archive.feed(replayer.take)
    for line in archive.notes():
        note(line)


def _sum_up(result: ReplayResult) -> None:
    """Note what failed and the counts. Raises Exit(1) if anything failed."""
    counts = result.counts
    for failure in result.failures.lines():
        note(failure)
    note(
        f"{count(counts.received, 'record')}: {counts.clean} clean, {counts.excluded} excluded,"
        f" {counts.hit} hit, {counts.failed} failed"
    )
    if result.failures:
        raise typer.Exit(1)


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
