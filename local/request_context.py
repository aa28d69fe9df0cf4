"""Which request is at work: what happens in ministack on its behalf tells its id and who made it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ministack.core.iam_evaluator import pin_request_origin

from local.cloudtrail import principals
from local.settings import LOOPBACK


def request_id() -> str:
    """A new request id of S3's look."""
    return secrets.token_hex(8).upper()


def host_id() -> str:
    """A new x-amz-id-2."""
    return base64.b64encode(secrets.token_bytes(48)).decode()


@dataclass(frozen=True, slots=True)
class Origin:
    """One request: its ids, the address it came from, and by what it says who made it."""

    ip: str
    access_key: str = ""  # empty for anonymous, and for a service
    service: str = ""  # an AWS service's principal, that of CloudTrail for instance
    id: str = field(default_factory=request_id)
    host_id: str = field(default_factory=host_id)

    @property
    def requester(self) -> str:
        """The account or AWS service, as S3's events on the bus name it."""
        if self.service:
            return self.service
        caller = principals.caller(self.access_key)
        return (caller and caller.account) or "anonymous"

    @property
    def principal_id(self) -> str:
        """The requester, as S3's notifications name it."""
        caller = principals.caller(self.access_key)
        told = caller.identity["principalId"] if caller else ""
        return f"AWS:{self.service or told or 'Anonymous'}"


_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current() -> Origin:
    """The request at work; S3 itself where there is none, such as a lifecycle rule's."""
    return _current.get() or Origin("s3.amazonaws.com", service="s3.amazonaws.com")


@contextmanager
def at_work(request: Origin) -> Iterator[None]:
    """Let this be the request at work, for what is done in the block and what that starts.

    A service's own comes over TLS, which policies ask for; on a thread of its own, nothing else says so.
    """
    token = _current.set(request)
    if request.service:
        pin_request_origin(LOOPBACK, True)
    try:
        yield
    finally:
        _current.reset(token)
