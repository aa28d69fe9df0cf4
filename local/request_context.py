"""The request being served: what ministack does on its behalf reports its id and its caller."""

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
    """Make a request id that looks like S3's."""
    return secrets.token_hex(8).upper()


def host_id() -> str:
    """Make an x-amz-id-2."""
    return base64.b64encode(secrets.token_bytes(48)).decode()


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request: its ids, its source address, and the access key or service that made it."""

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


_current: ContextVar[RequestContext | None] = ContextVar("origin", default=None)


def current() -> RequestContext:
    """Return the request being served; S3 itself where there is none, as for a lifecycle rule."""
    return _current.get() or RequestContext("s3.amazonaws.com", service="s3.amazonaws.com")


@contextmanager
def serving(request: RequestContext) -> Iterator[None]:
    """Set the request being served, for the block and for what it starts.

    A service's own requests count as TLS, which policies ask for; on its own thread nothing else says so.
    """
    token = _current.set(request)
    if request.service:
        pin_request_origin(LOOPBACK, True)
    try:
        yield
    finally:
        _current.reset(token)
