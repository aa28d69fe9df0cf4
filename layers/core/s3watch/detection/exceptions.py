"""Applies exceptions, agreed reasons not to alert on a hit, and keeps detections on trial from alerting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from s3watch.detection.matcher import Hit
from s3watch.facts.access import Access
from s3watch.facts.resources import find_resource
from s3watch.globs import Test, compile_glob
from s3watch.ruleset import Detection, RuleException, Staged

ENDS_SOON = 14  # days before its end in which people are told of it: enough to agree on a new one


def days_left(exception: RuleException, today: date) -> int:
    """Return how many days an exception still applies, today included; 0 or less: it has ended."""
    return (date.fromisoformat(exception.until) - today).days


def ending(exceptions: Iterable[RuleException], today: date) -> tuple[RuleException, ...]:
    """Return the exceptions that end within ENDS_SOON days, the next one first; none that has ended."""
    soon = [one for one in exceptions if 0 < days_left(one, today) <= ENDS_SOON]
    return tuple(sorted(soon, key=lambda one: one.until))


class Silencing(NamedTuple):
    """A detection of an access that alerts nobody, and what silences it."""

    by: RuleException | Staged
    name: str  # of that entry, as logs show it
    hit: Hit  # with this detection alone
    once: str = ""  # what counts once, if it is not the access


@dataclass(frozen=True, slots=True)
class _Compiled:
    entry: RuleException | Staged
    until: str  # empty: without an end
    name: str
    actors: tuple[Test, ...]
    objects: tuple[Test, ...]

    def covers(self, access: Access, today: str) -> bool:
        return (
            (not self.until or today < self.until)
            and (not self.actors or any(test(name) for name in _names(access) for test in self.actors))
            and (not self.objects or any(test(_object(access)) for test in self.objects))
        )


class Exceptions:
    """What silences detections: exceptions for the actors or objects they name, and trials for everybody."""

    def __init__(self, exceptions: Sequence[RuleException], staged: Sequence[Staged] = ()) -> None:
        self._by_rule: dict[str, list[_Compiled]] = {}
        for number, exception in enumerate(exceptions, 1):
            compiled = _Compiled(
                exception,
                exception.until,
                f"{number} {exception.rule} ({exception.owner})",
                tuple(map(compile_glob, exception.actors)),
                tuple(map(compile_glob, _with_contents(exception.objects))),
            )
            self._by_rule.setdefault(exception.rule, []).append(compiled)
        for trial in staged:  # last: what an exception covers is no reason not to end the trial
            name = f"staging {trial.rule} ({trial.owner})"
            compiled = _Compiled(trial, trial.until, name, (), ())
            self._by_rule.setdefault(trial.rule, []).append(compiled)

    def apply(self, hit: Hit, today: str, silenced: list[Silencing]) -> Hit | None:
        """Return a hit without its silenced detections; None if none is left.

        `today` is an ISO date; `silenced` gets those that are taken off.
        """
        if not self._by_rule:
            return hit
        left = tuple(
            detection for detection in hit.detections if not self._silences(detection, hit, today, silenced)
        )
        return replace(hit, detections=left) if left else None

    def _silences(self, detection: Detection, hit: Hit, today: str, silenced: list[Silencing]) -> bool:
        for one in self._by_rule.get(detection.rule, ()):
            if one.covers(hit.access, today):
                alone = Hit(hit.access, (detection,))
                silenced.append(Silencing(one.entry, one.name, alone))
                return True
        return False


def _names(access: Access) -> tuple[str, ...]:
    """Return the names that exceptions match: the principal, and the actor if it is verified.

    Each counts with its account, too: without a bucket, nothing else tells equal names of two accounts apart.
    """
    names = (access.principal, access.actor) if access.caller.actor_verified else (access.principal,)
    account = access.caller_account
    return (*names, *(f"{account}:{name}" for name in names if account and not name.startswith(account)))


def _object(access: Access) -> str:
    return access.uri or find_resource(access.record.event_source, access.field)


def _with_contents(patterns: Iterable[str]) -> Iterable[str]:
    """Yield object patterns; one without a key means the bucket itself and everything in it."""
    for pattern in patterns:
        yield pattern
        if "/" not in pattern.removeprefix("s3://"):
            yield f"{pattern}/*"
