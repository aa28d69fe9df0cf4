"""What a request sets: facts that need all of its parameters, each computed when it is first read."""

# ruff: noqa: D102  # fields.FACTS documents each fact, for people and for the compiler
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s3watch.facts.kms_keys import find_key_owners
from s3watch.facts.lazy_property import lazy
from s3watch.facts.requested_grants import POLICIES, Grants, mark_grants, read_grants
from s3watch.facts.requests import destinations, retention, trail_selectors
from s3watch.facts.requests.changes import read_changes
from s3watch.posture import acl

_NESTED = (dict, list)
# Parameters that may set what facts here are about, in lower case; no other does unless it has members
_NAMES = POLICIES | acl.PARAMETERS | destinations.PARAMETERS
_BEGINNINGS = (acl.HEADER, retention.HEADER)


class RequestedSettings:
    """What a request sets, at a time in epoch seconds, for a bucket of an account.

    `member` reads a member of its record. Each write is asked for what it grants, so only that is read.
    """

    watch = trail_selectors.Watch()  # set by the catalogue, of a change of a trail's selectors

    def __init__(
        self, event_name: str, member: Callable[[str], Any], account: str | None, time: float | None
    ) -> None:
        self._event_name, self._member, self._account, self._time = event_name, member, account, time

    @lazy
    def _request(self) -> Any:
        return self._member("requestParameters")

    @lazy
    def are_none(self) -> bool:
        """Whether the parameters say that none of the facts here but changes has a value."""
        return _sets_nothing(self._request)

    @lazy
    def _settings(self) -> Any:
        return None if self.are_none else self._request

    @lazy
    def grants(self) -> Grants | None:
        return read_grants(self._settings, self._account, self._event_name)

    @lazy
    def grants_public(self) -> bool | None:
        return self.grants.public if self.grants else None

    @lazy
    def grants_public_write(self) -> bool | None:
        return self.grants.public_write if self.grants else None

    @lazy
    def grants_accounts(self) -> tuple[str, ...]:
        return self.grants.accounts if self.grants else ()

    @lazy
    def grants_principals(self) -> int:
        return self.grants.principals if self.grants else 0

    @lazy
    def grants_ids(self) -> tuple[str, ...]:
        return self.grants.unresolved if self.grants else ()

    @lazy
    def grants_allowed(self) -> tuple[str, ...]:
        return self.grants.allowed if self.grants else ()

    @lazy
    def grants_mark(self) -> str:
        return mark_grants(self._settings, self.grants)

    @lazy
    def kms_accounts(self) -> tuple[str, ...]:
        owners = set(find_key_owners(self._request, self._member("responseElements")))
        return tuple(sorted(owners - {self._account}))

    @lazy
    def destination_accounts(self) -> tuple[str, ...]:
        return tuple(sorted(destinations.find_accounts(self._settings) - {self._account}))

    @lazy
    def destination_buckets(self) -> tuple[str, ...]:
        return destinations.find_buckets(self._settings)

    @lazy
    def unrecorded_buckets(self) -> tuple[str, ...]:
        is_put = self._event_name == trail_selectors.PUT
        if not is_put or not self.watch.may_use(self._request, self._member("recipientAccountId") or ""):
            return ()
        region = self._member("awsRegion") or ""
        return trail_selectors.find_unrecorded(self._request, self.watch.buckets, region)

    @lazy
    def unrecorded_changes(self) -> bool | None:
        is_put = self._event_name == trail_selectors.PUT
        return trail_selectors.leaves_out_changes(self._request) if is_put else None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The same two facts as texts; empty if nothing is left out."""
        return (*self.unrecorded_buckets, *(["changes"] if self.unrecorded_changes else []))

    def changes(self, source: str, operation: str) -> tuple[str, ...]:
        return read_changes(self._event_name, source, operation, self._request)

    @lazy
    def retention_days(self) -> int | None:
        return retention.read_retention_days(self._settings, self._time)

    @lazy
    def expiry_days(self) -> int | None:
        return retention.read_expiry_days(self._settings, self._time)


def _sets_nothing(request: Any) -> bool:
    """Return whether a request has plain parameters only, as most, and none that facts here are about."""
    if not isinstance(request, dict):
        return request is None
    for name, value in request.items():
        folded = name.lower()
        if folded in _NAMES or folded.startswith(_BEGINNINGS) or "." in name or isinstance(value, _NESTED):
            return False
    return True
