"""The normalized finding: what another AWS service found about a bucket or object, in its own words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from s3watch.errors import RecordError
from s3watch.facts.identity import ClaimSource
from s3watch.ruleset import Severity
from s3watch.text import elide

# Lines of details, and characters in each: what a message can show, small enough to store in the ledger.
MOST_LINES, MOST_LINE = 20, 300

Service = Literal["GuardDuty", "Macie", "Trusted Advisor", "IAM Access Analyzer"]
Kind = Literal[
    "threat",  # suspicious activity
    "credentials",  # suspicious use of credentials, wherever they were used
    "sequence",  # several suspicious activities that form one attack
    "policy",  # a protection was removed or weakened
    "malware",
    "unscanned",  # an object that could not be scanned for malware
    "sensitive",  # personal data, credentials or the like in an object
    "exposure",  # a bucket that others can access
    "internal",  # a bucket that others in the organization can access
    "logging",  # a bucket without access logs
    "unanalyzed",  # a bucket that could not be analyzed
]
State = Literal["active", "archived", "resolved", "deleted"]
Reason = Literal["not about S3", "unrelated check", "clean scan", "unrelated event"]


class Target(Struct, frozen=True, omit_defaults=True):
    """A bucket, or an object in it."""

    bucket: str
    key: str = ""
    version: str = ""


class Finding(Struct, frozen=True, omit_defaults=True):
    """A finding as one event reported it; times are epoch seconds, 0 if unknown."""

    service: Service
    kind: Kind
    id: str
    type: str  # "Exfiltration:S3/AnomalousBehavior"
    severity: Severity
    thread: str  # the same for all events about the same finding or object
    revision: str  # differs between the events of a thread
    updated: float  # when the service reported this event
    opened: float = 0  # when the service first reported it, if all events of the thread agree on that
    first: float = 0  # first and last time the activity was seen
    last: float = 0
    count: int = 1
    title: str = ""
    description: str = ""
    state: State = "active"
    sample: bool = False  # a sample finding, generated on request
    outcome: str = "success"  # of the call, as in the fact s3.outcome
    targets: tuple[Target, ...] = ()
    account: str = ""  # the bucket owner's
    region: str = ""
    event_id: str = ""  # of EventBridge
    actor: str = ""
    actor_verified: bool = False  # AWS vouches for the actor's name
    claim_source: ClaimSource = ""  # by what the caller claims the actor's name
    issuer: str = ""  # of a federated user, if the service names it
    principal: str = ""
    principal_type: str = ""
    caller_account: str = ""
    access_key: str = ""
    api: str = ""  # the operation that was called
    api_source: str = ""
    error_code: str = ""
    ip: str = ""
    origin: str = ""  # location and network of the address, as the service reports them
    user_agent: str = ""
    details: tuple[str, ...] = ()  # anything else the service reports, one line each
    link: str = ""  # to the service's console, without the scheme

    @property
    def is_closed(self) -> bool:
        """Whether the service no longer considers it active."""
        return self.state != "active"

    @property
    def rule(self) -> str:
        """The name that alerts show in place of a detection: `guardduty-finding`."""
        return f"{self.service.lower().replace(' ', '-')}-finding"

    @property
    def claim(self) -> str:
        """The identity of this event (32 hex digits), the same for every copy of it."""
        text = f"finding\0{self.service}\0{self.id}\0{self.revision}"
        return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]

    def adds_to(self, known: Finding) -> bool:
        """Return whether this event reports anything new compared to `known`, of the same thread."""
        if (
            self.revision == known.revision
            or self.updated < known.updated
            or (self.is_closed and known.is_closed)
        ):
            return False
        return (
            self.is_closed != known.is_closed
            or self.severity != known.severity
            or self.count > known.count
            or not set(self.targets) <= set(known.targets)
        )


class Ignored(Struct, frozen=True):
    """An event that is not reported on purpose, and why."""

    reason: Reason


def lines(details: Iterable[str]) -> tuple[str, ...]:
    """Limit the details of a finding in number and length, and leave out empty ones."""
    return tuple(elide(line, MOST_LINE) for line in details if line)[:MOST_LINES]


def required(name: str, text: str) -> str:
    """Return a member that every finding must have. Raises RecordError if it is empty."""
    if not text:
        raise RecordError(f"a finding without {name}")
    return text
