"""Reads the principals of a policy statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Any, NamedTuple

from s3watch.posture.audiences import ANYONE, NOBODY, Audience, Kind, Scope, unite
from s3watch.posture.elements import account_of, is_account, items, member, texts

_ORIGIN_ACCESS = re.compile(
    r"arn:[a-z-]+:iam::cloudfront:user/(CloudFront Origin Access Identity \w+)", re.ASCII
)  # of a distribution of any account
# S3 shows an ARN as the id of its user or role if they are deleted, or not visible yet; ids are never reused.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
MOST_SERVICES = 3  # that are named
_UNRESOLVED = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")


class Whom(Enum):
    """What the principals of a statement are: everybody, some that it names, or services."""

    ANYONE = auto()
    NAMED = auto()
    SERVICES = auto()


class Principals(NamedTuple):
    """Principals of a statement; `through` names the services, if they are such."""

    audience: Audience
    whom: Whom
    through: str = ""


def read_principals(statement: dict[str, Any]) -> Iterator[Principals]:
    """Yield the principals of an Allow statement: everybody, all that are named, and the services.

    NotPrincipal is everybody. Ids that S3 does not resolve are nobody.
    """
    values = list(read_values(member(statement, "Principal")))
    named = [(kind, _read(kind, value)) for kind, value in values]
    if member(statement, "NotPrincipal") is not None or ANYONE in [audience for _, audience in named]:
        yield Principals(ANYONE, Whom.ANYONE)
    if others := unite(each for kind, each in named if kind != "service" and each is not ANYONE):
        yield Principals(others, Whom.NAMED)
    if services := unite(each for kind, each in named if kind == "service" and each is not ANYONE):
        names = sorted(value for kind, value in values if kind == "service" and value != "*")
        shown = ", ".join(names) if len(names) <= MOST_SERVICES else f"{len(names)} services"
        yield Principals(services, Whom.SERVICES, shown)


def read_excepted(statement: dict[str, Any]) -> Audience:
    """Return whom a Deny statement leaves out by NotPrincipal; nobody without one."""
    excepted = member(statement, "NotPrincipal")
    named = read_values(excepted) if excepted is not None else ()
    return unite(_read(kind, value) for kind, value in named)


def name_grantees(principals: Iterable[str]) -> frozenset[str]:
    """Return the names of principals, as of `aws:111122223333`; none if one is everybody, or a service.

    Whom a service acts for is for the conditions to say.
    """
    read = [(kind, _read(kind, value)) for kind, _, value in (each.partition(":") for each in principals)]
    if any(audience is ANYONE or kind == "service" for kind, audience in read):
        return frozenset()
    return frozenset(scope.name for _, audience in read for scope in audience or NOBODY)


def are_everybody(statement: dict[str, Any]) -> bool:
    """Return whether everybody is the principal of a statement, and not only everybody of a provider."""
    return any(value == "*" and kind == "aws" for kind, value in read_values(member(statement, "Principal")))


def find_unresolved(statement: dict[str, Any]) -> Iterator[str]:
    """Yield the ids of users and roles that an Allow statement names, or a Deny leaves out.

    They do not say whose they are.
    """
    element = "Principal" if member(statement, "Effect") == "Allow" else "NotPrincipal"
    for kind, value in read_values(member(statement, element)):
        if kind == "aws" and is_unresolved(value):
            yield value


def is_unresolved(value: str) -> bool:
    """Return whether a principal is the id of a user or role."""
    return _UNRESOLVED.fullmatch(value) is not None


def read_values(principal: Any) -> Iterator[tuple[str, str]]:
    """Yield the kind, in lower case, and the value of each principal of an element."""
    for kind, values in items(principal if isinstance(principal, dict) else {"AWS": principal}):
        yield from ((kind.lower(), value) for value in texts(values))


def _read(kind: str, value: str) -> Audience:
    if value == "*":
        return ANYONE
    if kind == "service":
        return frozenset({Scope(Kind.SERVICE, value)})
    if identity := _ORIGIN_ACCESS.fullmatch(value):
        return frozenset({Scope(Kind.PRINCIPAL, identity[1])})
    if value.startswith("arn:"):
        return _account(account_of(value))
    if kind == "federated":
        return ANYONE  # anyone who signs in at a public identity provider
    if kind == "aws" and is_unresolved(value):
        return NOBODY
    return _account(value) if is_account(value) else frozenset({Scope(Kind.PRINCIPAL, value)})


def _account(account: str) -> Audience:
    """Return an account; one that is not fixed may be any."""
    return frozenset({Scope(Kind.ACCOUNT, account)}) if is_account(account) else ANYONE
