"""Adds to evidence what the rules bring along: names of accounts, the autonomous systems of addresses.

This is data at hand, which costs no call: every hit gets it, whether it is told or not; one that is told
gets it again of what others have said of it meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from s3watch.alerts.alert import MOST_NAMES, Evidence
from s3watch.facts.origin.autonomous_systems import AutonomousSystem, AutonomousSystems
from s3watch.ruleset import Ruleset

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)


class OwnData:
    """Completes evidence by the data that a rule set brings along."""

    def __init__(self, ruleset: Ruleset, tell: Callable[[str], None]) -> None:
        """Prepare it. `tell` is told once if the database of autonomous systems cannot be read."""
        self._names = dict(ruleset.accounts)
        self._systems = AutonomousSystems(ruleset.systems, tell)

    def __call__(self, evidence: Evidence) -> Evidence:
        """Return the evidence with what is known besides its record; the same one if there is nothing."""
        named = self._named(evidence) if self._names else ()
        system = self._system_of(evidence)
        if not named and not system:
            return evidence
        number, name = system or (None, "")
        return replace(evidence, account_names=named, as_number=number, as_name=name)

    def _named(self, evidence: Evidence) -> tuple[tuple[str, str], ...]:
        found = (number for text in _texts(evidence) for number in _ACCOUNT.findall(text))
        known = (number for number in dict.fromkeys(found) if number in self._names)
        return tuple((number, self._names[number]) for number in known)[:MOST_NAMES]

    def _system_of(self, evidence: Evidence) -> AutonomousSystem | None:
        """Return the autonomous system of a public address: an owner of a VPC may use any address in it."""
        return self._systems.find(evidence.ip) if evidence.network_kind == "ip" and evidence.ip else None


def _texts(evidence: Evidence) -> Iterator[str]:
    """Yield what names accounts in the rows of an alert."""
    yield from (evidence.caller_account, evidence.bucket_account, evidence.vpce_account)
    if evidence.assumed:
        yield from (
            account for one in evidence.assumed.by for account in (one.caller_account, one.vpce_account)
        )
    yield from evidence.grants_accounts
    yield from evidence.destination_accounts
    if evidence.review:
        yield from (*evidence.review.before, *evidence.review.after)
    if evidence.finding:
        yield from (evidence.finding.account, evidence.finding.caller_account)
