"""Shows of a change to catalogue or exceptions that what has to alert still does.

These are the accesses of rules/tests that alert by the rules as they are, and the alerts that were judged to
be true positives. Of those the ledger has no record: whoever caused one is never expected, nor excepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from s3watch.detection.exceptions import Exceptions
from s3watch.detection.matcher import Hit, Matcher
from s3watch.globs import compile_glob
from s3watch.ledger.groups import Group
from s3watch.ruleset import Expected, RuleException, Ruleset
from s3watch.sources.cloudtrail import decode

from s3watch_cli.rule_tests.runner import read_tests
from s3watch_cli.rules.diagnostics import Diagnostics

type Loud = frozenset[tuple[int, str]]  # the number of a record, and a detection that alerts on it


class Proof:
    """What alerts by a rule set, to be compared with what alerts by a changed one."""

    def __init__(self, ruleset: Ruleset, records: Sequence[bytes], judged: Iterable[Group], day: str) -> None:
        """Prepare it with records that may alert, and with alerts that were judged; `day` is an ISO date."""
        self._records, self._day = records, day
        alerting = list(self._find_alerting(ruleset))
        self._loud = _name(alerting)
        # of the accesses that alert: of others, no case of rules/tests could object to anything
        self.labels = frozenset(label for _, hit in alerting for label in hit.access.label_names)
        self._true = [each for each in judged if each.verdict and each.verdict.judgement == "true-positive"]

    @property
    def accesses(self) -> int:
        """How many records alert."""
        return len({number for number, _ in self._loud})

    @property
    def true_positives(self) -> int:
        """How many alerts were judged so."""
        return len(self._true)

    def silences(self, changed: Ruleset) -> bool:
        """Return whether an access that alerts would not by the changed rules, by any of its detections."""
        return not self._loud <= _name(self._find_alerting(changed))

    def find_lost(self, ruleset: Ruleset, changed: Ruleset) -> list[str]:
        """Return the true positives whose caller the changed rules expect or except, for any act."""
        expected = {
            after.name: after.expected[len(before.expected) :]
            for before, after in zip(ruleset.labels, changed.labels, strict=True)
        }
        excepted = changed.exceptions[len(ruleset.exceptions) :]
        return [
            each.id
            for each in self._true
            if any(_expects(expected.get(label, ()), each) for label in {each.label, *each.labels})
            or any(_is_about(exception, each) for exception in excepted)
        ]

    def _find_alerting(self, ruleset: Ruleset) -> Iterator[tuple[int, Hit]]:
        matcher, exceptions = Matcher(ruleset), Exceptions(ruleset.exceptions)
        for number, raw in enumerate(self._records):
            for hit in matcher.match(decode(raw), raw):
                if isinstance(hit, Hit) and (left := exceptions.apply(hit, self._day, [])):
                    yield number, left


def _name(alerting: Iterable[tuple[int, Hit]]) -> Loud:
    return frozenset((number, detection.rule) for number, hit in alerting for detection in hit.detections)


def _expects(added: Iterable[Expected], group: Group) -> bool:
    names = (name for each in added for name in each.principals)
    return any(compile_glob(name)(group.evidence.principal) for name in names)


def _is_about(exception: RuleException, group: Group) -> bool:
    account = group.evidence.caller_account
    named = (group.evidence.principal, group.actor, group.evidence.actor)
    names = {*named, *(f"{account}:{name}" for name in named)}
    return exception.rule in group.rules and (
        not exception.actors
        or any(compile_glob(pattern)(name) for pattern in exception.actors for name in names)
    )


def read_records(folder: Path, ruleset: Ruleset, diagnostics: Diagnostics) -> list[bytes]:
    """Read the records of all cases of a rules folder's tests."""
    return [msgspec.json.encode(event) for event in _events(folder, ruleset, diagnostics)]


def _events(folder: Path, ruleset: Ruleset, diagnostics: Diagnostics) -> Iterator[dict[str, Any]]:
    for _, cases in read_tests(folder, ruleset.detections, diagnostics):
        for case in cases:
            yield from case.events
