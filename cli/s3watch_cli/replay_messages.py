"""Replays recorded events, each at its time, and says which mails would have been sent, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched, groupby
from typing import TYPE_CHECKING, Any

import msgspec
from s3watch.enrichment.own_data import OwnData
from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, Topic
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.notify import Delivery, Publish
from s3watch.posture import review_rules
from s3watch.sources.cloudtrail import decode

from s3watch_cli.history.batches import Batch, BatchReader
from s3watch_cli.history.log_reader import MOST_RECORDS
from s3watch_cli.history.result import ReplayResult
from s3watch_cli.history.time_order import TimeOrder
from s3watch_cli.output import note

if TYPE_CHECKING:
    from s3watch.alerts.sns_message import Publication
    from s3watch.ruleset import Ruleset

MINUTE = 60.0  # seconds between sweeps
END = 1e18  # seconds: after every roll-up and end of a group


class MessageReplayer:
    """Runs records through pipeline, ledger and delivery as if each had arrived when it happened."""

    def __init__(self, ruleset: Ruleset, account: str | None = None) -> None:
        """Prepare a replay; `account` owns the buckets of records that do not say who does."""
        self.result = ReplayResult()
        self._records = TimeOrder()
        self._store = MemoryStore()
        self._pipeline = Pipeline(ruleset, Ledger(self._store, know=OwnData(ruleset, note)), with_events=True)
        self.screen = self._pipeline.screen
        self._reader = BatchReader(self.screen, account)
        detections = review_rules.DETECTIONS | {each.rule: each for each in ruleset.detections}
        topics: dict[Topic, Publish] = dict.fromkeys(TOPICS, self._ignore)
        topics["mail"] = self._take
        self._delivery = Delivery(self._store, topics, detections)
        self._now = 0.0
        self._mails: list[dict[str, Any]] = []

    def feed(self, name: str, chunks: Iterable[bytes]) -> None:
        """Take the records of one file; what cannot be read goes to the failures, under the file's name."""
        for batch in self._reader.read(name, chunks):
            self.take(batch)

    def take(self, batch: Batch) -> None:
        """Take the records that a screen has left of a batch; the batches come in the order of the files."""
        self.result.add_batch(batch)
        for place, raw in batch.records:
            self._records.add(_time_of(raw), place, raw)

    def mails(self) -> Iterator[dict[str, Any]]:
        """Run all records in the order of their times; yields each mail when it is sent."""
        for time, records in groupby(self._records, key=lambda record: record[0]):
            yield from self._wait_until(time)
            for some in batched(records, MOST_RECORDS, strict=False):
                self.result.add(self._pipeline.run([(place, raw) for _, _, place, raw in some], time))
                yield from self._notify()
        yield from self._wait_until(END)
        self.result.release_held()

    def _wait_until(self, time: float) -> Iterator[dict[str, Any]]:
        """Sweep every minute in which there is something to do."""
        while (due := self._store.earliest_due()) is not None and due <= time:
            self._now = max(self._now, due // MINUTE * MINUTE + MINUTE)
            self._delivery.sweep(self._clock)
            self.result.add(self._pipeline.evaluate_due_deletes(self._now))
            self._pipeline.ledger.roll_up_due(self._now)
            yield from self._notify()
        self._now = max(self._now, time)

    def _notify(self) -> Sequence[dict[str, Any]]:
        """Send new messages as the stream would have it; returns the mails sent since the last time."""
        new = [one for one in self._store.messages.values() if not (one.waits or one.leased_until)]
        ordered = sorted(new, key=lambda message: (message.topic, message.queue))
        self._delivery.deliver([message.id for message in ordered], self._clock)
        sent, self._mails = self._mails, []
        return sent

    def _clock(self) -> float:
        return self._now

    def _take(self, publication: Publication) -> None:
        texts = msgspec.json.decode(publication.message)
        at = datetime.fromtimestamp(self._now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        kind = publication.attributes["kind"]["StringValue"]
        self._mails.append({"at": at, "kind": kind, "subject": publication.subject, "body": texts["email"]})

    def _ignore(self, publication: Publication) -> None:
        """Leave out what chat and machines would have received."""


def render(mail: Mapping[str, Any]) -> str:
    """Return a mail as text, with when it would have been sent."""
    return f"Date: {mail['at']}\nSubject: {mail['subject']}\n\n{mail['body'].rstrip()}\n"


def _time_of(raw: bytes) -> float:
    """Return a record's time in epoch seconds; one that has none comes first."""
    try:
        return Access(decode(raw), raw).time or 0.0
    except RecordError:
        return 0.0
