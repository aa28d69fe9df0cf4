"""Evaluates a batch of records: decode -> facts -> label -> match -> exceptions and trials -> ledger.

Every record is counted by its result, so that none can get lost unnoticed: received = clean + excluded + hit
+ failed (+ held, while batch deletes wait for their parts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, tzinfo
from functools import partial
from itertools import batched, chain

from msgspec.structs import replace

from s3watch.detection.exceptions import Silencing
from s3watch.detection.matcher import Hit, Matcher, Rules, rules_of
from s3watch.errors import Attempts, UnavailableError, describe
from s3watch.facts import batch_deletes
from s3watch.facts.access import Access
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.facts.expectations import find_uncovered
from s3watch.facts.extraction import extract
from s3watch.facts.resources import read_resources
from s3watch.ledger.correlator import Correlator
from s3watch.ledger.first_seen import ask
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.principals import accountable, turns_of
from s3watch.ledger.silence.day_counts import count_silenced
from s3watch.pipelines.outcome import Outcome, Screened
from s3watch.pipelines.sieve import Found, Sieve, Sifted
from s3watch.ruleset import Ruleset
from s3watch.sources.cloudtrail import Record, decode
from s3watch.sources.feeds import CONVERTED, way_of
from s3watch.times import TO_THE_HOUR

KMS = "kms.amazonaws.com"
# Records between two looks at the time; the slowest known take Detect, with a third of a core, 0.3 s each.
AT_ONCE = 25
MAYBE_BATCH_DELETES = frozenset({"DeleteObjects", "DeleteObject"})


class Pipeline:
    """Evaluates records by compiled rules and records the hits in the ledger."""

    def __init__(
        self,
        ruleset: Ruleset,
        ledger: Ledger,
        zone: tzinfo = UTC,
        *,
        with_events: bool = False,
        log_file_keys: AbstractSet[str] | None = None,
    ) -> None:
        """Prepare the evaluation.

        `with_events`: S3's own "Object Deleted" events arrive too, and wait for CloudTrail's records.
        `log_file_keys`: ARNs of the KMS keys whose calls count, since log files have those of all; None, any.
        """
        self.ledger, self._log_file_keys = ledger, log_file_keys
        self._with_events = with_events
        self._matcher = Matcher(ruleset, zone)
        self._sieve = Sieve(ruleset, ledger.store)
        self._correlator = Correlator(ruleset.detections)
        self._zone = zone

    def run(
        self,
        records: Iterable[tuple[str, bytes]],
        now: float,
        way: str = "events",
        known: Mapping[str, Rules] | None = None,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        calls: list[str] | None = None,
    ) -> Outcome:
        """Evaluate records, each with an id, until `should_stop`; the others are left to retry.

        `way` is the path by which CloudTrail's records arrived (see counters.Counters). `known` has what a
        screen with the same rules has matched. To `calls` are added hour and bucket of each of CloudTrail's
        records, as one text: 2026-11-20T13hr-data.
        """
        outcome, found, parts = Outcome(), list[Found](), list[tuple[str, BatchDelete]]()
        match, known, clean, others = self._matcher.match, known or {}, 0, 0
        for name, raw in chain.from_iterable(_until(should_stop, records, outcome)):
            try:
                record = decode(raw)
                request = record.request
                if calls is not None and request and request.bucket and record.event_type not in CONVERTED:
                    calls.append(record.event_time[:TO_THE_HOUR] + request.bucket)
                if record.event_name in MAYBE_BATCH_DELETES and (part := self._part_of(record, raw, way)):
                    parts.append((name, part))
                    if not part.complete:
                        outcome.counts.held += 1
                        others += 1
                        continue
                if name in known:
                    results = self._matcher.recall(record, raw, known[name])
                else:
                    results = () if self._is_of_another_key(record) else match(record, raw)
                if not results:
                    clean += 1
                    continue
                found.append(Found(name, results, ask(results, now)))
                others += 1
            except Exception as error:  # noqa: BLE001  # reported with the record, in the dead-letter queue
                outcome.reject({name: describe(error)})
        outcome.counts.clean += clean
        outcome.counts.received += clean + others
        self._record(self._sieve.sift_all(found, outcome, now), outcome, now, way)
        self._take(parts, outcome, now, way)
        return outcome

    def screen(self, records: Iterable[tuple[str, bytes]], way: str = "events") -> Screened:
        """Return the records that `run` has to evaluate: all but those that it would only count as clean.

        Nothing is recorded, so that other processes can do this part of the work.
        """
        kept = Screened()
        for name, raw in records:
            is_clean, rules = False, None
            try:
                record = decode(raw)
                part = record.event_name in MAYBE_BATCH_DELETES and self._part_of(record, raw, way)
                results = () if self._is_of_another_key(record) else self._matcher.match(record, raw)
                is_clean, rules = not (part or results), rules_of(record, results)
            except Exception:  # noqa: BLE001  # `run` meets the same one and reports it
                rules = None
            if not is_clean:
                kept.records.append((name, raw))
            if not is_clean and rules is not None:
                kept.rules[name] = rules
        return kept

    def evaluate_due_deletes(self, now: float, *, should_stop: Callable[[], bool] = lambda: False) -> Outcome:
        """Evaluate the due batch deletes, until `should_stop` returns true.

        One that cannot be evaluated does not stop the others; its error is raised at the end.
        """
        outcome, attempts = Outcome(), Attempts()
        for request in self.ledger.store.due_deletes(now):
            if should_stop():
                break
            attempts.run(partial(self._evaluate_due, request, outcome, now))
        attempts.raise_first()
        return outcome

    def _evaluate_due(self, request: str, outcome: Outcome, now: float) -> None:
        delete = self.ledger.store.batch_delete(request)
        if not delete or delete.due is None:  # evaluated meanwhile: the index of what is due lags behind
            return
        if self._evaluate_delete(delete, outcome, now, delete.way):
            self.ledger.mark_evaluated(delete, now)

    def _is_of_another_key(self, record: Record) -> bool:
        """Return whether a call is on a KMS key that encrypts no log files."""
        if self._log_file_keys is None or record.event_source != KMS:
            return False
        return self._log_file_keys.isdisjoint(each.arn for each in read_resources(record.resources))

    def _part_of(self, record: Record, raw: bytes, way: str) -> BatchDelete | None:
        """Return a deletion as part of a batch delete, if it is one and the bucket has sensitive objects."""
        if not self._with_events and batch_deletes.is_whole(record):
            return None
        for access in extract(record, raw, zone=self._zone):
            catalogue = self._matcher.catalogue
            if access.bucket and catalogue.of_bucket(access.bucket):
                whole = batch_deletes.is_whole(record)
                labels = () if whole else catalogue.of_object(access.bucket, access.key or "")
                names = tuple(label.name for label in labels)
                part = batch_deletes.read_part(access, with_events=self._with_events, labels=names)
                return self._prepared(part, access, way) if part else None
        return None

    def _prepared(self, part: BatchDelete, call: Access, way: str) -> BatchDelete:
        """Say of a DeleteObjects call whether its keys matter, and whose turn it is if they do."""
        if not part.call:
            return replace(part, way=way)
        entries = self._matcher.catalogue.for_bucket(call.bucket)
        labels = entries.of_prefix(call.prefix)
        at_once = entries.covers_every_key and find_uncovered(labels, call) == labels
        turns = turns_of(f"deletes {accountable(call)}", call.time or 0)
        return replace(part, at_once=at_once, turns=turns, way=way)

    def _take(self, parts: Sequence[tuple[str, BatchDelete]], outcome: Outcome, now: float, way: str) -> None:
        try:
            late = self.ledger.hold([part for _, part in parts], now)
        except UnavailableError as error:
            outcome.unrecorded |= {name for name, _ in parts}
            outcome.trouble = str(error)
            return
        for delete in late:
            names = {name for name, part in parts if part.request == delete.request}
            outcome.counts.held -= delete.records
            outcome.counts.received -= delete.records
            try:
                if not self._evaluate_delete(delete, outcome, now, way):
                    outcome.unrecorded |= names
            except Exception as error:  # noqa: BLE001  # as in run
                outcome.reject(dict.fromkeys(names, describe(error)))

    def _evaluate_delete(self, delete: BatchDelete, outcome: Outcome, now: float, way: str) -> bool:
        """Evaluate one batch delete by its objects; returns False if the ledger is unavailable."""
        accesses = batch_deletes.extract_accesses(delete, self._zone)
        results = list(chain.from_iterable(map(self._matcher.match_access, accesses)))
        try:
            self._sieve.judge(ask(results, now))
        except UnavailableError as error:
            outcome.trouble = str(error)
            return False
        hits = self._sieve.sift(results, delete.records, outcome, now)
        outcome.counts.received += delete.records
        return not self._write(hits, outcome, now, way)

    def _record(self, found: Sequence[tuple[str, Sifted]], outcome: Outcome, now: float, way: str) -> None:
        """Record hits together; if that raises, because of a fact of one of them, one by one."""
        try:
            left = {id(hit) for hit in self._write([each for _, each in found], outcome, now, way)}
        except Exception as error:  # noqa: BLE001  # as in run
            if len(found) > 1:
                for each in found:
                    self._record([each], outcome, now, way)
            elif found[0][0] not in outcome.unreadable:
                outcome.counts.received -= 1
                outcome.counts.hit -= 1
                outcome.reject({found[0][0]: describe(error)})
            return
        outcome.unrecorded |= {name for name, each in found if id(each.matched) in left}

    def _write(self, found: Sequence[Sifted], outcome: Outcome, now: float, way: str) -> list[Hit]:
        """Record hits, have them correlated and count what is silenced; returns those left to do again."""
        left = set(map(id, self._write_hits([each.kept for each in found if each.kept], outcome, now, way)))
        apply = partial(self._sieve.keep, now)
        matched, silenced = [each.matched for each in found], list[Silencing]()
        try:
            for result in self._correlator.feed(matched, self.ledger, apply, now, silenced):
                outcome.add_correlated(result)
            outcome.silenced.update(each.name for each in silenced)
            silenced += chain.from_iterable(each.silenced for each in found)
            count_silenced(self.ledger.store, silenced, now)
        except UnavailableError as error:
            outcome.trouble = str(error)
            return matched
        return [each.matched for each in found if id(each.kept) in left]

    def _write_hits(self, hits: Sequence[Hit], outcome: Outcome, now: float, way: str) -> list[Hit]:
        """Record hits, counted by the way of their feed; returns those that could not be recorded."""
        ways: dict[str, list[Hit]] = {}
        for hit in hits:
            ways.setdefault(way_of(hit.access.feed, way), []).append(hit)
        left = [hit for name, some in ways.items() for hit in self.ledger.record(some, name, now)]
        outcome.hits += hits
        outcome.trouble = self.ledger.trouble if left else outcome.trouble
        return left


def _until(
    should_stop: Callable[[], bool], records: Iterable[tuple[str, bytes]], outcome: Outcome
) -> Iterator[tuple[tuple[str, bytes], ...]]:
    """Yield some records at a time while there is time, and put down those that were not reached."""
    for some in batched(records, AT_ONCE, strict=False):
        if outcome.unreached or should_stop():
            outcome.unreached |= {name for name, _ in some}
        else:
            yield some
    outcome.unrecorded |= outcome.unreached
