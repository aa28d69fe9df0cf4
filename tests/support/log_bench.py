"""A scanner of log files that lie in memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from s3watch.errors import UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.scan_logs import Scan, Scanner
from s3watch.sources.envelopes import Message
from s3watch.sources.log_keys import Owners
from s3watch.sources.log_notifications import LogObject

from tests.support.cloudtrail import OTHER, OWNER, make_log_file
from tests.support.log_files import TRAIL_KEY, make_notification
from tests.support.sensitive import NOW, RULESET

LATER = NOW + 400  # log files come some five minutes after the events
BLOCK = 1000  # bytes that arrive at a time
COPIES, OURS = "trail-logs", "our-access-logs"  # copies of OTHER's access logs are in the first
OWNERS = Owners(OWNER, {OTHER}, {OURS})

type Sent = bytes | Exception  # what S3 answers; a list, what it does before the answer is complete


class Bench:
    """A scanner over files in memory, and the store behind it."""

    def __init__(self, **files: Sent | list[Sent]) -> None:
        self.files = dict(files)
        self.store = MemoryStore()
        self.pipeline = Pipeline(RULESET, Ledger(self.store))
        self.calls: dict[str, int] = {}
        self.ledger_is_away = False
        self.scanner = Scanner(self.pipeline, self._download, OWNERS, {COPIES, OURS}, self._count_calls)
        self.downloads: list[LogObject] = []

    def _download(self, place: LogObject, most: int) -> Iterator[bytes]:
        self.downloads.append(place)
        content = self.files[place.key]
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, Exception):
                raise part
            yield from (part[at : at + BLOCK] for at in range(0, len(part), BLOCK))

    def _count_calls(self, calls: Mapping[str, int], _now: float) -> None:
        if self.ledger_is_away:
            raise UnavailableError("DynamoDB: away")
        self.calls |= calls

    def scan(self, *bodies: Any, tries: int = 1, seconds: int = 10_000) -> Scan:
        """Scan messages that were received so often; every look at the clock takes a second."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        messages = [Message(f"m{n}", text, receive_count=tries) for n, text in enumerate(texts)]
        clock = iter(range(1, 100_000))
        return self.scanner.scan(messages, LATER, lambda: next(clock) > seconds)

    @property
    def counts(self) -> list[int]:
        return [group.count for group in self.store.groups.values()]


def make_bench(*records: dict[str, Any], key: str = TRAIL_KEY) -> tuple[Bench, Scan]:
    bench = Bench(**{key: gzip.compress(make_log_file(*records))})
    return bench, bench.scan(make_notification(key))
