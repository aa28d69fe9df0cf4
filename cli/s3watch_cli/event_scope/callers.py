"""Calls by others than expected callers, as alternatives that event patterns can test.

Expected callers are roles and users of the account where the patterns are deployed. A call passes unless its
record says that it is by one of them, in a bucket of that account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from s3watch_cli.event_scope.clauses import Clause, is_any, is_none
from s3watch_cli.event_scope.parameters import of_other_owners

TYPE, ISSUER = "userIdentity.type", "userIdentity.sessionContext.sessionIssuer"
ROLE, USER = "AssumedRole", "IAMUser"
_NAMES = {ROLE: f"{ISSUER}.userName", USER: "userIdentity.userName"}
_PREFIXES = {ROLE: "role/", USER: "user/"}
MOST_NAMED = 600  # characters of names in one branch: a role's has 64 at most, and there are users besides


def by_others(callers: Iterable[str], account: str) -> Iterator[Clause]:
    """Yield the alternatives of which one is true of each record of a call by another caller."""
    yield from _strangers(account)
    for kind, path in _NAMES.items():
        names = _names(callers, _PREFIXES[kind])
        others = {path: is_none(*names)} if names else {}
        yield Clause({TYPE: is_any(kind)} | others)


def _strangers(account: str) -> Iterator[Clause]:
    """Yield those of calls that are by no role or user of the account, or might be; the same for all callers.

    The issuer of a role's session is the role, but for sessions of root, which bear the name of an account.
    """
    yield Clause({"userIdentity.accountId": is_none(account)})
    yield from of_other_owners(account)
    yield Clause({TYPE: is_none(ROLE, USER)})
    yield Clause({TYPE: is_any(ROLE), f"{ISSUER}.type": is_none("Role")})


def names_callers(clause: Clause) -> bool:
    """Return whether a clause is about callers by their names, as opposed to strangers."""
    return not clause.members.keys().isdisjoint(_NAMES.values())


def _names(callers: Iterable[str], prefix: str) -> tuple[str, ...]:
    """Return the names of one kind of caller, as many as fit a pattern; calls of the others pass."""
    names = sorted(each.removeprefix(prefix) for each in callers if each.startswith(prefix))
    ends = accumulate(len(name) + len('"",') for name in names)
    return tuple(name for name, end in zip(names, ends, strict=True) if end <= MOST_NAMED)
