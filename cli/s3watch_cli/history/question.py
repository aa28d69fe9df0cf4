"""What is searched for in recorded events: who called, what was touched, by which call, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.pipelines.outcome import Screened
from s3watch.sources.cloudtrail import decode

from s3watch_cli.history.batches import Screen
from s3watch_cli.history.log_reader import Placed
from s3watch_cli.history.names import names_of, request_of_part, touches

# Not an address, an account, an access key, an ARN, a person's address, or a name with its kind
_BARE = re.compile(r"(?!(?:root|anonymous|unknown)$)(?!A[KS]IA)(?=.*[A-Za-z])[\w.+=,-]+")


@dataclass(frozen=True, slots=True)
class Question:
    """What is searched for: records that match all that is given, between two epoch times."""

    actor: str | None = None  # a name as alerts write it, an ARN, an access key, an address
    place: str | None = None  # s3://bucket/key, or s3://bucket
    event: str | None = None  # the name of a call, in any case
    start: float = float("-inf")
    end: float = float("inf")

    def covers(self, access: Access) -> bool:
        """Return whether an access is of the call and the time asked for, whoever made it to whatever."""
        within = access.time is None or self.start <= access.time <= self.end
        return within and (self.event is None or self.event.lower() == access.record.event_name.lower())

    def is_about(self, accesses: Iterable[Access]) -> bool:
        """Return whether one of a record's accesses is to the place."""
        return self.place is None or any(touches(access, self.place) for access in accesses)

    def doubts(self) -> Iterator[str]:
        """Yield why nothing may have been found: a pattern in place of an object, a name without its kind."""
        _, slash, key = (self.place or "").removeprefix("s3://").partition("/")
        if slash and (not key or key.endswith(("/", "*"))):
            yield f"hint: {self.place} is one object of exactly this name, no pattern; search its bucket"
        if self.actor and _BARE.fullmatch(self.actor):
            yield f"hint: {self.actor} has no kind; write user/{self.actor} or role/{self.actor}"

    def is_by(self, access: Access) -> bool:
        """Return whether an access is by the actor, as far as its own record tells."""
        return self.actor is None or self.actor in names_of(access)

    def is_in_batch(self, access: Access) -> bool:
        """Return whether an access is a batch delete by the actor; its objects have records of their own."""
        record = access.record
        return record.event_name == "DeleteObjects" and bool(record.request_id) and self.is_by(access)

    def screen(self, records: Sequence[Placed]) -> Screened:
        """Return the records that may have to do with it, those that cannot be read included."""
        return Screened([each for each in records if self._concerns(each[1])])

    def _concerns(self, raw: bytes) -> bool:
        try:
            accesses = extract(decode(raw), raw)
        except RecordError:
            return True
        if not accesses:
            return False
        access = accesses[-1]
        if self.covers(access) and self.is_about(accesses):
            return bool(request_of_part(access)) or self.is_by(access)
        return self.is_in_batch(access)


def screen_for(question: Question) -> Screen:
    """Return the screen of a search, for Archive."""
    return question.screen
