"""Evaluates whom a bucket or access point policy grants access to outside its account, and to do what.

Every Allow statement reaches its principals, as far as its conditions confine it (confinement.py) and Deny
statements leave them (statements/narrowing.py). The own account is nobody outside. An access point that is
only reachable from a VPC is never public; its policy does not say so, and is evaluated like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from s3watch.posture import permissions, principals
from s3watch.posture.audiences import NOBODY, Audience, Kind, Scope, intersect, unite
from s3watch.posture.confinement import ENDPOINTS_OF, Way, are_broad, confine
from s3watch.posture.elements import listed, member, name_places, texts
from s3watch.posture.grants import EVERYBODY
from s3watch.posture.principals import Whom
from s3watch.posture.statements.narrowing import Denial, read_denials, widen
from s3watch.posture.statements.statement import read_statement


class PolicyGrant(NamedTuple):
    """What a policy lets an audience do."""

    audience: Audience
    verb: str  # of permissions.py
    through: str = ""  # the service that acts for them
    places: str = ""  # the objects, if the statement names some only
    checked: frozenset[Scope] = NOBODY  # principals of the statement: S3 takes those only that exist
    terms: bytes = b""  # the mark of the statement, as those outside see it

    @property
    def grantees(self) -> list[str]:
        """EVERYBODY, or the names of accounts, organizations, networks, services, ...: sorted."""
        return [EVERYBODY] if self.audience is None else sorted(scope.name for scope in self.audience)

    @property
    def claimed(self) -> frozenset[str]:
        """The names that only conditions know, whose values S3 does not check: they may be made up."""
        return frozenset(scope.name for scope in (self.audience or NOBODY) - self.checked)


def find_grants(
    policy: Any, owner: str = "", way: Way = Way.DIRECTLY, *, denied: bool = True
) -> list[PolicyGrant]:
    """Return what a policy grants outside the account of its owner.

    Without `denied`, as if there were no Deny statements.
    """
    statements = [each for each in listed(member(policy, "Statement")) if isinstance(each, dict)]
    denials = read_denials(statements, way, owner) if denied else []
    allowing = (each for each in statements if member(each, "Effect") == "Allow")
    outside = []
    for each in allowing:
        terms = read_statement(each, policy).without(owner).mark
        for grant in _granted(each, denials, way, owner):
            audience = _without_owner(grant.audience, owner)
            outside.append(grant._replace(audience=audience, terms=terms))
    told = dict.fromkeys(grant for grant in outside if grant.audience != NOBODY)
    return [*told, *_by_networks_together(told)]


def are_public(grants: Sequence[PolicyGrant]) -> bool:
    """Return whether one of the grants is to everybody."""
    return any(grant.audience is None for grant in grants)


def find_unresolved(policy: Any) -> frozenset[str]:
    """Return the principals that are ids: deleted, or not visible yet, or just put so."""
    statements = (each for each in listed(member(policy, "Statement")) if isinstance(each, dict))
    return frozenset(identity for each in statements for identity in principals.find_unresolved(each))


def _granted(
    statement: dict[str, Any], denials: Sequence[Denial], way: Way, owner: str
) -> Iterator[PolicyGrant]:
    confined = confine(statement, way, owner)
    resources = [widen(each) for each in texts(member(statement, "Resource"))] or ["*"]
    covering = [denial for denial in denials if denial.covers_resources(resources)]
    places = name_places(statement)
    allowed = permissions.allowed_by_statement(statement)
    denied = {
        action: tuple(denial for denial in covering if denial.covers_action(action.lower()))
        for action in chain.from_iterable(allowed.values())
    }
    for named in principals.read_principals(statement):
        audience = intersect(named.audience, confined)
        left = {each: _left(audience, each, named.whom) for each in set(denied.values())}
        by_verb = {verb: unite(left[denied[each]] for each in actions) for verb, actions in allowed.items()}
        if permissions.OTHER in by_verb and len(by_verb) > 1:
            others = by_verb.pop(permissions.OTHER)
            by_verb[permissions.OTHER] = _beyond(others, unite(by_verb.values()))
        checked = named.audience or NOBODY
        yield from (PolicyGrant(each, verb, named.through, places, checked) for verb, each in by_verb.items())


def _left(audience: Audience, denials: Iterable[Denial], whom: Whom) -> Audience:
    """Return who of an audience is left after denials."""
    for denial in denials:
        if audience == NOBODY:
            break
        audience = denial.narrow(audience, whom)
    return audience


def _beyond(audience: Audience, told: Audience) -> Audience:
    """Return who of an audience is not told yet."""
    if audience is None or told is None:
        return NOBODY if told is None else audience
    return audience - told


def _by_networks_together(grants: Iterable[PolicyGrant]) -> Iterator[PolicyGrant]:
    """Yield what everybody may do, because networks of several statements together are too broad."""
    networks: dict[str, set[Scope]] = {}
    for grant in grants:
        if grant.audience:
            found = {scope for scope in grant.audience if scope.kind is Kind.NETWORK}
            networks.setdefault(grant.verb, set()).update(found)
    for verb, scopes in networks.items():
        if len(scopes) > 1 and are_broad(scope.name for scope in scopes):
            yield PolicyGrant(None, verb)


def _without_owner(audience: Audience, owner: str) -> Audience:
    own = {
        Scope(Kind.ACCOUNT, owner),
        Scope(Kind.KEY, owner),
        Scope(Kind.NETWORK, f"{ENDPOINTS_OF}account {owner}"),
    }
    return audience if audience is None else audience - own
