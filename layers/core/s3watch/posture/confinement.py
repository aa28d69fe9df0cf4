"""Whom the conditions of a statement confine it to, by the rules of Block Public Access.

A condition confines a statement if it asks for fixed values:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
We differ from AWS in one point: a pattern with a fixed account or organization confines to it.
Keys that all requests have (aws:ResourceAccount) or whose values are the caller's (aws:PrincipalTag) do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from s3watch.posture.audiences import ANYONE, NOBODY, Audience, Kind, Scope, intersect, unite
from s3watch.posture.elements import account_of, is_account, items, member, texts
from s3watch.text import quoted_name

_SHAPES = {
    Kind.ACCOUNT: re.compile(r"\d{12}", re.ASCII),
    Kind.ORGANIZATION: re.compile(r"o-[a-z0-9]+"),
    Kind.SERVICE: re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?"),
    Kind.NETWORK: re.compile(r"vpce?-[0-9a-f]+", re.ASCII),
}
_FIXED = re.compile(r"[^*?$]+")  # without wildcards and policy variables
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
_NEGATED = {  # operators that match requests without the key too
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}
# ArnLike compares the parts of an ARN one by one. In StringLike a wildcard matches colons too: the path of a
# role may hold them, and a function may be named like an account.
_COLONS = frozenset({"aws:principalarn", "aws:sourcearn"})
_BEFORE_ACCOUNT = re.compile(r"arn(:[^:]*){0,3}[*?]")
_BROADEST = {4: 8, 6: 32}  # shortest prefix length by IP version; AWS calls broader ranges public
ANY_SERVICE = "any AWS service"
ENDPOINTS_OF = "VPC endpoints of "  # an account or organization, whoever calls from there


class Way(Enum):
    """How requests come to the policy, which decides what conditions on access points say."""

    DIRECTLY = auto()  # to the bucket
    BY_ACCESS_POINT = auto()  # to the bucket, through an access point of its own account
    AT_ACCESS_POINT = auto()  # to the policy of the access point itself


def confine(statement: dict[str, Any], way: Way, owner: str) -> Audience:
    """Return whom the conditions of an Allow statement confine it to: all of them must hold."""
    conditions = list(_conditions(statement))
    present = {key for operator, key, values in conditions if operator == "null" and values == ["false"]}
    audience = ANYONE
    for operator, key, values in conditions:
        needed = operator.removeprefix("forallvalues:").removesuffix("ifexists")
        audience = intersect(
            audience, _confine(needed if key in present else operator, key, values, way, owner)
        )
    return audience


def leave(statement: dict[str, Any], way: Way, owner: str, *, services: bool) -> Audience:
    """Return whom the conditions of a Deny statement leave: all but those for whom they hold together.

    With `services`, of the AWS services that the policy allows something.
    """
    condition = member(statement, "Condition")
    if condition and not (
        isinstance(condition, dict) and all(isinstance(keys, dict) for keys in condition.values())
    ):
        return ANYONE
    return unite(_leave(*each, way, owner, services=services) for each in _conditions(statement))


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in items(member(statement, "Condition")):
        for key, values in items(keys):
            yield operator.lower(), key.lower(), texts(values)


def _confine(operator: str, key: str, values: list[str], way: Way, owner: str) -> Audience:
    """Return whom a condition confines to.

    Negated, `...IfExists` and `ForAllValues:` operators do not: they match requests without the key too.
    """
    if key == "aws:principalisawsservice":
        return _services() if operator == "bool" and values == ["true"] else ANYONE
    if key == "aws:sourceip":
        return _narrow(values) if operator == "ipaddress" else ANYONE
    if operator.removeprefix("foranyvalue:") not in _OPERATORS or not values or key not in _KEYS:
        return ANYONE
    if operator == "stringlike" and key in _COLONS and any(_BEFORE_ACCOUNT.match(value) for value in values):
        return ANYONE
    read = [_KEYS[key](value) for value in values]
    audience = ANYONE if None in read else frozenset(filter(None, read))
    return _by_access_point(audience, way, owner) if key in _ACCESS_POINTS else audience


def _leave(operator: str, key: str, values: list[str], way: Way, owner: str, *, services: bool) -> Audience:
    """Return whom a condition of a Deny does not hold for; everybody where that is not understood."""
    if key == "aws:principalisawsservice":  # anonymous requests do not have this key
        if operator == "boolifexists" and values == ["false"]:
            return _services()
        return NOBODY if services and operator.startswith("bool") and values == ["true"] else ANYONE
    positive = _NEGATED.get(operator.removeprefix("forallvalues:").removesuffix("ifexists"))
    return _confine(positive, key, values, way, owner) if positive else ANYONE


def _by_access_point(audience: Audience, way: Way, owner: str) -> Audience:
    """Return whom a condition on access points confines to.

    Whoever comes through an access point fulfils it in that access point's own policy, and nobody does who
    comes directly.
    """
    if audience is None or way is Way.AT_ACCESS_POINT:
        return ANYONE
    own = Scope(Kind.ACCESS_POINT, owner)
    if way is Way.BY_ACCESS_POINT:
        return ANYONE if own in audience else NOBODY
    return audience - {own}


def _services() -> Audience:
    return frozenset({Scope(Kind.SERVICE, ANY_SERVICE)})


def _narrow(ranges: list[str]) -> Audience:
    """Return address ranges; everybody unless all, merged, are too narrow for AWS to call them public."""
    if not ranges or are_broad(ranges):
        return ANYONE
    return frozenset(Scope(Kind.NETWORK, each) for each in ranges)


def are_broad(names: Iterable[str]) -> bool:
    """Return whether the address ranges among networks are, merged, too broad, or are none."""
    try:
        parsed = [ip_network(each, strict=False) for each in names if not each.lower().startswith("vpc")]
    except ValueError:
        return True
    merged: list[IPv4Network | IPv6Network] = [
        *collapse_addresses(each for each in parsed if isinstance(each, IPv4Network)),
        *collapse_addresses(each for each in parsed if isinstance(each, IPv6Network)),
    ]
    return any(each.prefixlen < _BROADEST[each.version] for each in merged)


# By condition key: whom a fixed value names; None does not confine.


def _named(kind: Kind, prefix: str = "", word: str = "") -> Callable[[str], Scope | None]:
    return lambda value: Scope(kind, prefix + _word(kind, word, value)) if _FIXED.fullmatch(value) else None


def _word(kind: Kind, word: str, value: str) -> str:
    """Return a fixed value, after a word for its kind if it has another shape, as `nobody` has."""
    shape = _SHAPES.get(kind)
    return value if not word or (shape and shape.fullmatch(value)) else f"{word} {quoted_name(value)}"


def _account(value: str) -> Scope | None:
    """Read an account id; anonymous requests have a word in its place."""
    return None if value.lower() == "anonymous" else _named(Kind.ACCOUNT, word="account")(value)


def _network_of(arn: str) -> Scope | None:
    """Read the ARN of a VPC, which may contain wildcards after its account."""
    return _named(Kind.NETWORK, ENDPOINTS_OF, "account")(account_of(arn))


def _owner_of(arn: str) -> Scope | None:
    """Read an ARN, which may contain wildcards after its account; one without an account is an id."""
    account = _fixed_account(arn)
    return Scope(Kind.ACCOUNT, account) if account else _named(Kind.PRINCIPAL)(arn)


def _access_point(arn: str) -> Scope | None:
    account = _fixed_account(arn)
    return Scope(Kind.ACCESS_POINT, account) if account else None


def _fixed_account(arn: str) -> str:
    """Return the account in an ARN, which may contain wildcards elsewhere; empty if it is not fixed."""
    account = account_of(arn)
    return account if is_account(account) else ""


def _organization(path: str) -> Scope | None:
    return _named(Kind.ORGANIZATION, word="organization")(path.partition("/")[0])


def _user_id(value: str) -> Scope | None:
    """Read a value of aws:userid: a root user's account id, or a unique id, of a role with its session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    identity = value.partition(":")[0]
    if is_account(identity):
        return Scope(Kind.ACCOUNT, identity)
    if _UNIQUE_ID.fullmatch(identity):
        return Scope(Kind.PRINCIPAL, identity)
    return None if value.lower() == "anonymous" else _named(Kind.PRINCIPAL, word="user id")(value)


def _key_owner(key: str) -> Scope | None:
    """Read a KMS key: only those may use it whom its account lets, and these may be of any other."""
    account = _fixed_account(key)
    return Scope(Kind.KEY, account) if account else _named(Kind.KEY, word="KMS key")(key)


_ACCESS_POINTS = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})
_KEYS: dict[str, Callable[[str], Scope | None]] = {
    "aws:principalaccount": _account,
    "aws:principalarn": _owner_of,
    "aws:principalorgid": _named(Kind.ORGANIZATION, word="organization"),
    "aws:principalorgpaths": _organization,
    "aws:principalservicename": _named(Kind.SERVICE, word="service"),
    "aws:principalservicenameslist": _named(Kind.SERVICE, word="service"),
    "aws:sourceaccount": _named(Kind.ACCOUNT, word="account"),
    "aws:sourcearn": _owner_of,
    "aws:sourceorgid": _named(Kind.ORGANIZATION, word="organization"),
    "aws:sourceorgpaths": _organization,
    "aws:sourceowner": _named(Kind.ACCOUNT, word="account"),
    "aws:sourcevpc": _named(Kind.NETWORK, word="VPC"),
    "aws:sourcevpcarn": _network_of,
    "aws:sourcevpce": _named(Kind.NETWORK, word="VPC endpoint"),
    "aws:userid": _user_id,
    "aws:vpceaccount": _named(Kind.NETWORK, ENDPOINTS_OF, "account"),
    "aws:vpceorgid": _named(Kind.NETWORK, ENDPOINTS_OF, "organization"),
    "aws:vpceorgpaths": lambda path: _named(Kind.NETWORK, ENDPOINTS_OF, "organization")(
        path.partition("/")[0]
    ),
    "s3:dataaccesspointaccount": _named(Kind.ACCESS_POINT),
    "s3:dataaccesspointarn": _access_point,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _key_owner,
}
