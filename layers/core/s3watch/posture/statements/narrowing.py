"""Reads what the Deny statements of a policy take back from its Allow statements.

An explicit Deny overrides: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
One that is not understood, or would take too long to compare, takes nothing back: better to report too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from s3watch.globs import Test, compile_glob, literal_prefix
from s3watch.posture.audiences import ANYONE, NOBODY, Audience, Kind, Scope, intersect, unite
from s3watch.posture.confinement import Way, leave
from s3watch.posture.elements import items, member, texts
from s3watch.posture.permissions import VERBS
from s3watch.posture.principals import Whom, are_everybody, read_excepted

_WHOLE_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::)?(\d{12})(?::root)?")
_ASKED = sum(map(len, VERBS.values()))  # actions that a statement is asked about one by one
_VARIABLE = re.compile(r"\$\{(?:[^}$]++|\$(?!\{))*+\}")  # also ${$}, a literal $; none has another in it
_MOST_SCOPES = 1_000_000  # of who is allowed something with who is denied, about 100 ms
_MOST_WORK = 100_000  # characters of patterns compared, about 10 ms; policies of people need hundreds


class Denial:
    """A Deny statement: what it names, and whom it leaves or takes out."""

    def __init__(self, statement: dict[str, Any], way: Way, owner: str) -> None:
        self._actions = [include(text.lower()) for text in texts(member(statement, "Action"))]
        self._spared = [include(text.lower()) for text in texts(member(statement, "NotAction"))]
        self._resources = [include(text) for text in texts(member(statement, "Resource"))]
        self._elsewhere = [widen(each) for each in texts(member(statement, "NotResource"))]
        self._left = _left(statement, way, owner, services=False)
        self._left_of_services = _left(statement, way, owner, services=True)
        self._excluded = {whom: frozenset(scopes) for whom, scopes in _excluded(statement).items()}

    def covers_resources(self, resources: Sequence[str]) -> bool:
        """Return whether a request for any of these resources, widened, is denied."""
        if self._elsewhere:
            return all(are_apart(one, other) for one in resources for other in self._elsewhere)
        return _are_within(resources, self._resources)

    def covers_action(self, action: str) -> bool:
        """Return whether a request for an action is denied; in a pattern, for every one that it matches."""
        if self._spared:
            return not any(set("*?") & set(action) or spares(action) for spares in self._spared)
        return any(covers(action) for covers in self._actions)

    def narrow(self, audience: Audience, whom: Whom) -> Audience:
        """Return who is left of an audience that has come of such principals."""
        left = intersect(audience, self._left_of_services if whom is Whom.SERVICES else self._left)
        return left if left is None else left - self._excluded.get(whom, NOBODY)


def read_denials(statements: Sequence[dict[str, Any]], way: Way, owner: str) -> list[Denial]:
    """Return the Deny statements; none if there is too much to compare with what others allow."""
    denying = [each for each in statements if member(each, "Effect") == "Deny"]
    allowing = [each for each in statements if member(each, "Effect") == "Allow"]
    allowed = sum(len(_patterns(each)) + _ASKED for each in allowing)
    denied = sum(len(pattern) + 1 for each in denying for pattern in _patterns(each))
    reached, left = (sum(map(_count_scopes, each)) for each in (allowing, denying))
    if allowed * denied > _MOST_WORK or reached * left > _MOST_SCOPES:
        return []
    return [Denial(each, way, owner) for each in denying]


def _patterns(statement: dict[str, Any]) -> list[str]:
    names = ("Action", "NotAction", "Resource", "NotResource")
    return [text for name in names for text in texts(member(statement, name))]


def _count_scopes(statement: dict[str, Any]) -> int:
    """Return how many principals and values of conditions a statement has, and one for itself."""
    principal, conditions = member(statement, "Principal"), member(statement, "Condition")
    named = sum(len(texts(values)) for _, values in items(principal))
    return 1 + named + sum(len(texts(values)) for _, keys in items(conditions) for _, values in items(keys))


def _left(statement: dict[str, Any], way: Way, owner: str, *, services: bool) -> Audience:
    """Return whom a Deny leaves; everybody if it denies only some."""
    if not (are_everybody(statement) or member(statement, "NotPrincipal")):
        return ANYONE
    return unite((read_excepted(statement), leave(statement, way, owner, services=services)))


def _excluded(statement: dict[str, Any]) -> dict[Whom, Iterator[Scope]]:
    """Return the accounts as a whole, and the services, that a Deny without conditions takes out.

    Of an account its own principals are taken out, and not the services that act for it.
    """
    if member(statement, "Condition") or member(statement, "NotPrincipal"):
        return {}
    principal = member(statement, "Principal")
    whole = (_WHOLE_ACCOUNT.fullmatch(text) for text in texts(member(principal, "AWS")))
    return {
        Whom.NAMED: (Scope(Kind.ACCOUNT, found[1]) for found in whole if found),
        Whom.SERVICES: (Scope(Kind.SERVICE, name) for name in texts(member(principal, "Service"))),
    }


def _are_within(named: Sequence[str], denied: Sequence[Test]) -> bool:
    """Return whether everything that a statement names is covered by what a denial names."""
    return bool(named) and all(any(includes(text) for includes in denied) for text in named)


def widen(text: str) -> str:
    """Return a pattern that matches a text whatever stands for the variables in it."""
    return _VARIABLE.sub("*", text)


def are_apart(pattern: str, other: str) -> bool:
    """Return whether no text can match both patterns, because they begin differently."""
    one, two = (literal_prefix(each.replace("\\", r"\\")) for each in (pattern, other))
    return not (one.startswith(two) or two.startswith(one))


def include(pattern: str) -> Test:
    """Compile a test of whether a pattern covers a text, or another pattern: of one `?` covers only a `?`.

    A backslash is not special in policies, but is in compile_glob.
    """
    plain = pattern.replace("\\", r"\\")
    covers_text, covers_pattern = compile_glob(plain), compile_glob(plain.replace("?", r"\?"))
    return lambda text: (covers_pattern if "*" in text or "?" in text else covers_text)(text)
