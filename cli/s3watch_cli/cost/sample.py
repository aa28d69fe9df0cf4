"""Counts in log files what each TrailScope and EventScope would leave, by the rules of a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import typer
from s3watch.errors import RecordError, SettingError
from s3watch.facts.access import Access
from s3watch.facts.operations import S3_EVENTS
from s3watch.ruleset import Ruleset
from s3watch.sources.cloudtrail import decode, decode_loosely
from s3watch.sources.feeds import feed_of
from s3watch.text import count
from s3watch.watched import add_watched

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.cost.bus_patterns import passes
from s3watch_cli.cost.scope_report import show_scopes
from s3watch_cli.cost.scopes import EVENT_SCOPES, TRAIL_SCOPES, Scopes, Traffic
from s3watch_cli.deployment import read_deployments
from s3watch_cli.event_scope.parameters import Home
from s3watch_cli.event_scope.patterns import Pattern, Scope, derive
from s3watch_cli.history.failures import Failures
from s3watch_cli.history.files import LogFiles, read_chunks, title
from s3watch_cli.history.log_reader import LogReader
from s3watch_cli.output import Format, note
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.trail_scope import prefixes
from s3watch_cli.trail_scope.recording import is_recorded


class Sample:
    """The calls on watched buckets in log files, counted by what would be recorded and passed on."""

    def __init__(self, ruleset: Ruleset) -> None:
        """Prepare to count the data events of the buckets that the rules name."""
        self.failures = Failures()
        self.calls, self.others = 0, 0
        self._recorded = Counter[str]()
        self._passed = Counter[Scopes]()
        self._buckets = frozenset(ruleset.buckets)
        self._prefixes = prefixes.derive(ruleset)
        self._patterns = _by_home(ruleset)

    def read(self, paths: Sequence[str]) -> None:
        """Count the records of files, folders or `s3://bucket/prefix`; what cannot be read is a failure."""
        files = LogFiles(paths, self.failures)
        reader = LogReader(self.failures)
        for path in files:
            for batch in reader.read(title(path), read_chunks(path)):
                for place, raw in batch:
                    self._try(place, raw)
        for line in files.notes():
            note(line)

    def traffic(self) -> Traffic:
        """Return the shares. Raises SettingError if there is no call on a watched bucket."""
        if not self.calls:
            raise SettingError("the logs have no data event of a bucket that the rules name")
        return Traffic(
            {by: self._recorded[by] / self.calls for by in TRAIL_SCOPES},
            {both: self._passed[both] / self.calls for both in product(TRAIL_SCOPES, EVENT_SCOPES)},
        )

    def _try(self, place: str, raw: bytes) -> None:
        try:
            self._add(raw)
        except RecordError as error:
            self.failures.reject(place, str(error))

    def _add(self, raw: bytes) -> None:
        record = decode(raw)
        access = Access(record, raw)
        is_data = S3_EVENTS.get(record.event_name or "") == "data" and feed_of(record) == "cloudtrail"
        if not is_data or access.bucket not in self._buckets:
            self.others += 1
            return
        self.calls += 1
        recorded = ["bucket"]
        if is_recorded(self._prefixes, record.event_name, access):
            recorded.append("prefixes")
        passed = self._scopes_of(decode_loosely(raw))
        self._recorded.update(recorded)
        self._passed.update(product(recorded, passed))

    def _scopes_of(self, record: dict[str, Any]) -> Iterator[str]:
        home = Home(str(record.get("recipientAccountId") or ""), str(record.get("awsRegion") or ""))
        yield "bucket"
        yield from (scope for scope, some in self._patterns(home).items() if passes(record, some))


def _by_home(ruleset: Ruleset) -> Callable[[Home], dict[str, list[Pattern]]]:
    """Return a function from where a stack is deployed to the patterns of its scopes."""
    scopes: tuple[Scope, ...] = ("objects", "unexpected")

    @cache
    def patterns(home: Home) -> dict[str, list[Pattern]]:
        return {scope: derive(ruleset, ruleset.buckets, scope, home).patterns for scope in scopes}

    return patterns


def show_sample(
    paths: Sequence[str], rules: Path, config: Path | None, events: float | None, *, form: Format
) -> None:
    """Compare the scopes by the calls in log files, and say how many there are.

    Raises RuleError, SettingError if there is no call, and Exit(1) if a file or a record could not be read.
    """
    sample = Sample(_compile(rules, config))
    sample.read(paths)
    for line in sample.failures.lines():
        note(line)
    show_scopes(sample.traffic(), events, form=form)
    note(f"counted {count(sample.calls, 'call')} on watched buckets; {sample.others:,} other records")
    if sample.failures:
        raise typer.Exit(1)


def _compile(rules: Path, config: Path | None) -> Ruleset:
    diagnostics = Diagnostics()
    deployments = read_deployments(rules, "", config)
    compiled = compile_folder(rules, today(), diagnostics, deployments=deployments)
    diagnostics.raise_if_any()
    return add_watched(compiled.ruleset, [bucket for one in deployments for bucket in one.watched])
