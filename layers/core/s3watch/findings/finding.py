"""Findings of other AWS services about buckets and objects, in one shape and in the services' own words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from s3watch.errors import RecordError
from s3watch.ruleset import Severity
from s3watch.text import elide

MOST_LINES, MOST_LINE = 20, 300  # of details: what a message shows, and little for the ledger to carry

Service = Literal["GuardDuty", "Macie", "Trusted Advisor", "IAM Access Analyzer"]
Kind = Literal[
    "threat",  # somebody did what thieves do
    "sequence",  # several such deeds that make one attack
    "policy",  # a protection was taken away
    "malware",
    "unscanned",  # an object that could not be looked into
    "sensitive",  # personal data, credentials and the like in an object
    "exposure",  # a bucket that others can reach
    "internal",  # a bucket that others of the organization can reach
    "logging",  # a bucket without access logs
    "unjudged",  # a bucket that could not be judged
]
State = Literal["active", "archived", "resolved", "deleted"]
Reason = Literal["not about S3", "another check", "clean scan", "another event"]


class Target(Struct, frozen=True, omit_defaults=True):
    """A bucket, or an object in it."""

    bucket: str
    key: str = ""
    version: str = ""


class Finding(Struct, frozen=True, omit_defaults=True):
    """What a service found, as of one event about it; times are epoch seconds, 0 where unknown."""

    service: Service
    kind: Kind
    id: str
    type: str  # "Exfiltration:S3/AnomalousBehavior"
    severity: Severity
    thread: str  # equal for all events that tell of the same thing
    stamp: str  # tells one event of a thread from the next
    updated: float  # when the service said so
    opened: float = 0  # when it said so first, where every event of the thread says the same
    first: float = 0  # of what was seen
    last: float = 0
    count: int = 1
    title: str = ""
    description: str = ""
    state: State = "active"
    sample: bool = False  # made on demand, to try things out
    outcome: str = "success"  # of what was done, in the words of s3.outcome
    targets: tuple[Target, ...] = ()
    account: str = ""  # whose bucket it is
    region: str = ""
    event_id: str = ""  # of EventBridge
    actor: str = ""
    principal: str = ""
    principal_type: str = ""
    caller_account: str = ""
    access_key: str = ""
    api: str = ""  # what was called
    api_source: str = ""
    error_code: str = ""
    ip: str = ""
    origin: str = ""  # where that address is, as the service knows it
    user_agent: str = ""
    details: tuple[str, ...] = ()  # what else the service says, a line each
    link: str = ""  # to the service's console, without the scheme

    @property
    def over(self) -> bool:
        """Whether the service regards it as done with."""
        return self.state != "active"

    @property
    def rule(self) -> str:
        """What stands where alerts name their detection."""
        return f"{self.service.lower().replace(' ', '-')}-finding"

    @property
    def claim(self) -> str:
        """Name this event of this finding, so that a copy of it has the same name, of bounded length."""
        text = f"finding\0{self.service}\0{self.id}\0{self.stamp}"
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]

    def adds_to(self, known: Finding) -> bool:
        """Tell whether there is anything in this that `known`, of the same thread, did not say."""
        if self.stamp == known.stamp or self.updated < known.updated or (self.over and known.over):
            return False
        return (
            self.over != known.over
            or self.severity != known.severity
            or self.count > known.count
            or not set(self.targets) <= set(known.targets)
        )


class Ignored(Struct, frozen=True):
    """An event that is knowingly not told of, and why."""

    reason: Reason


def lines(told: Iterable[str]) -> tuple[str, ...]:
    """Bound the details of a finding."""
    return tuple(elide(line, MOST_LINE) for line in told if line)[:MOST_LINES]


def required(name: str, text: str) -> str:
    """Insist on what a finding can not do without. Raises RecordError."""
    if not text:
        raise RecordError(f"a finding without {name}")
    return text
