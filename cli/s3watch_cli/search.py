"""Searches recorded events for what an actor did, or who touched an object, where no Athena is at hand."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import msgspec
import typer
from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode
from s3watch.times import read_time

from s3watch_cli.history.archive import Archive
from s3watch_cli.history.batches import Batch, BatchReader
from s3watch_cli.history.failures import Failures
from s3watch_cli.history.names import copied_from, request_of_part
from s3watch_cli.history.question import Question, screen_for
from s3watch_cli.history.time_order import TimeOrder
from s3watch_cli.output import Format, note, show

DAY = 24 * 3600  # seconds
COLUMNS = ("time", "event", "object", "outcome", "actor", "ip", "request")  # that fit a terminal


def question(
    actor: str | None, place: str | None, event: str | None, start: str | None, end: str | None
) -> Question:
    """Return what the options ask for. Raises BadParameter for what cannot be searched for."""
    if not (actor or place or event):
        raise typer.BadParameter("say what to search for: --actor, --object or --event")
    if place and not place.removeprefix("s3://").partition("/")[0]:
        raise typer.BadParameter(f"{place}: write s3://bucket/key or s3://bucket", param_hint="--object")
    since = _moment(start, "--from") if start else float("-inf")
    until = _last_moment(end, "--to") if end else float("inf")
    if until < since:
        raise typer.BadParameter(f"{end} is before {start}, which is --from", param_hint="--to")
    return Question(actor, place, event, since, until)


def _moment(text: str, option: str) -> float:
    if (time := read_time(text)) is None:
        raise typer.BadParameter(f"{text}: write a time such as 2026-11-20T07:14:03Z", param_hint=option)
    return time


def _last_moment(text: str, option: str) -> float:
    """Return the moment that a time names; of a date, which to people is all of the day, the last one."""
    time = _moment(text, option)
    try:
        date.fromisoformat(text)
    except ValueError:
        return time
    return math.nextafter(time + DAY, time)


class Searcher:
    """Searches files one by one; what is found waits, beyond some megabytes in files, to be put in order."""

    def __init__(self, question: Question, account: str | None = None) -> None:
        """Prepare a search; `account` owns the buckets of records that do not say who does."""
        self.failures = Failures()
        self.searched = 0
        self._question = question
        self._reader = BatchReader(question.screen, account)
        self._found = TimeOrder()
        self._parts = TimeOrder()  # records of a batch delete's objects, which do not say who called
        self._requests = set[str]()  # batch deletes by the actor

    def feed(self, name: str, chunks: Iterable[bytes]) -> None:
        """Search the records of one file; what cannot be read goes to the failures, under the file's name."""
        for batch in self._reader.read(name, chunks):
            self.take(batch)

    def take(self, batch: Batch) -> None:
        """Search the records that a screen has left of a batch."""
        self.failures.repeat(batch.failures)
        self.searched += batch.clean + len(batch.records)
        for place, raw in batch.records:
            try:
                self._add(place, raw)
            except RecordError as error:
                self.failures.add_record(place, str(error))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield what was found, by time."""
        parts = (each for each in self._parts if decode(each[3]).request_id in self._requests)
        for _, _, place, raw in heapq.merge(self._found, parts):
            yield _row(place, extract(decode(raw), raw)[-1])

    def _add(self, place: str, raw: bytes) -> None:
        record = decode(raw)
        accesses = extract(record, raw)
        if not accesses:
            return
        access = accesses[-1]
        is_by = self._question.is_by(access)
        if record.request_id and self._question.is_in_batch(access):
            self._requests.add(record.request_id)
        if not self._question.covers(access) or not self._question.is_about(accesses):
            return
        if is_by:
            self._found.add(access.time or 0, place, bytes(raw))
        elif request_of_part(access):
            self._parts.add(access.time or 0, place, bytes(raw))


def search_logs(
    paths: Sequence[str],
    question: Question,
    account: str | None = None,
    form: Format = "auto",
    jobs: int | None = None,
) -> None:
    """Search the records of these files and print what was found.

    Raises Exit(1) if a file or a record failed.
    """
    searcher = Searcher(question, account)
    archive = Archive(paths, partial(screen_for, question), account, jobs, here=question.screen)
    archive.feed(searcher.take)
    found = 0

    def counted() -> Iterator[dict[str, Any]]:
        nonlocal found
        for row in searcher.rows():
            found += 1
            yield row

    show(counted(), form, COLUMNS)
    for line in (*archive.notes(), *searcher.failures.lines()):
        note(line)
    note(f"{found:,} found in {searcher.searched:,} records")
    for line in [] if found else question.doubts():
        note(line)
    if searcher.failures:
        raise typer.Exit(1)


def _row(place: str, access: Access) -> dict[str, Any]:
    record = access.record
    return {
        "time": record.event_time,
        "event": record.event_name,
        "object": _object(access),
        "copied_from": copied_from(access),
        "outcome": record.error_code or "success",
        "actor": access.actor,
        "principal": access.principal,
        "account": access.caller_account,
        "arn": _text(access.field("userIdentity.arn")),
        "ip": record.source_ip,
        "user_agent": record.user_agent,
        "bytes_out": access.bytes_out,
        "request": record.request_id,
        "event_id": record.event_id,
        "place": place,
    }


def _object(access: Access) -> str | None:
    """Return the object, or the bucket, that a request names."""
    return access.uri and (access.uri if access.key else access.uri.removesuffix("/"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else value and msgspec.json.encode(value).decode()
