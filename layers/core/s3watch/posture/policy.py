"""Whom a bucket or access point policy lets in, by evaluating its statements as Block Public Access does.

A statement opens to everybody unless its principal is fixed or a condition confines it to fixed values:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
Two readings are ours: a pattern with a fixed account or organization is confined to it, and an unconditional
Deny for everybody takes back what it covers, unless there is too much to compare.
An access point that only a VPC reaches is never public, but its
policy does not say so and is read as any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, NamedTuple

from s3watch.globs import Test, compile_glob

EVERYBODY = "*"

_ACCOUNT = re.compile(r"\d{12}")
_FIXED = re.compile(r"[^*?$]+")  # neither a wildcard nor a policy variable
_ROLE_SESSIONS = re.compile(r"A[A-Z0-9]{12,}:\*")  # every session of one role, by its unique id
_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
_PLACES = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"})
_ACCESS_POINTS = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})
_MOST_COMPARED = (
    10_000  # pairs of an allowed and a denied text: 10 ms; what people write into 20 KB has hundreds
)
_BROADEST = {4: 8, 6: 32}  # prefix lengths; AWS calls anything broader public


def find_grantees(policy: Any) -> frozenset[str]:
    """Name whom a policy lets in: EVERYBODY, accounts, organizations, canonical users, `cloudfront`."""
    return frozenset(grantee for grantee, _ in find_grants(policy))


def find_grants(policy: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pair whom a policy lets in with each statement that does so."""
    for statement in _allowing(policy):
        for grantee in _let_in(statement):
            yield grantee, statement


def find_places(policy: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pair networks, VPCs and endpoints with the statements that let in whoever comes from there.

    AWS calls such a statement not public, yet it names nobody: who is at that address gets in.
    """
    for statement in _allowing(policy):
        if EVERYBODY in _principals(statement) and not set(_let_in(statement)):
            for _, key, values in _conditions(statement):
                yield from ((value, statement) for value in values if key in _PLACES)


def delegates(policy: Any) -> bool:
    """Tell whether a policy lets in whom access points let in.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control
    """
    return any(
        key in _ACCESS_POINTS and _confine(operator, key, values) is not None
        for statement in _allowing(policy)
        if EVERYBODY in _principals(statement)
        for operator, key, values in _conditions(statement)
    )


def _allowing(policy: Any) -> Iterator[dict[str, Any]]:
    """Read the statements that allow something and are not taken back."""
    statements = [each for each in _listed(_get(policy, "Statement")) if isinstance(each, dict)]
    allowed = [each for each in statements if _get(each, "Effect") == "Allow"]
    denials = _read_denials(allowed, [each for each in statements if _takes_back(each)])
    yield from (each for each in allowed if not _is_taken_back(each, denials))


def _let_in(statement: dict[str, Any]) -> Iterator[str]:
    principals = set(_principals(statement))
    yield from principals - {EVERYBODY}
    if EVERYBODY in principals:
        confined = [
            names for names in (_confine(*each) for each in _conditions(statement)) if names is not None
        ]
        yield from {name for names in confined for name in names} if confined else {EVERYBODY}


# principals


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    """Read whom a statement names; all but some are everybody."""
    if _get(statement, "NotPrincipal") is not None:
        yield EVERYBODY
    principal = _get(statement, "Principal")
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    for kind, values in named.items():
        for value in _texts(values):
            yield from _read_principal(kind.lower(), value)


def _read_principal(kind: str, value: str) -> Iterator[str]:
    if value == "*":
        yield EVERYBODY
    elif kind == "service":
        return  # a service acts for its own callers; AWS never calls it public
    elif value.startswith("arn:"):  # the account of an origin access identity is `cloudfront`
        account = value.split(":", 5)[4] if value.count(":") > 4 else ""
        yield account if _fixed(account) else EVERYBODY
    elif kind == "federated":
        yield EVERYBODY  # anyone who signs in at a public identity provider
    else:
        yield value


# conditions


def _confine(operator: str, key: str, values: list[str]) -> set[str] | None:
    """Say to whom a condition confines a statement; None where it leaves it open.

    Negated, `...IfExists` and `ForAllValues:` operators also hold for requests that lack the key.
    """
    if key == "aws:sourceip":
        return set() if operator == "ipaddress" and _is_narrow(values) else None
    read = _KEYS.get(key)
    if read is None or not values or operator.removeprefix("foranyvalue:") not in _OPERATORS:
        return None
    names = [read(value) for value in values]
    return None if None in names else {name for name in names if name}


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in _items(_get(statement, "Condition")):
        for key, values in _items(keys):
            yield operator.lower(), key.lower(), _texts(values)


def _is_narrow(networks: list[str]) -> bool:
    """Tell whether addresses are confined to ranges that AWS does not call public, taken together."""
    try:
        parsed = [ip_network(network, strict=False) for network in networks]
    except ValueError:
        return False
    merged: list[IPv4Network | IPv6Network] = [
        *collapse_addresses(each for each in parsed if isinstance(each, IPv4Network)),
        *collapse_addresses(each for each in parsed if isinstance(each, IPv6Network)),
    ]
    return bool(merged) and all(each.prefixlen >= _BROADEST[each.version] for each in merged)


def _fixed(value: str) -> str | None:
    return value if _FIXED.fullmatch(value) else None


def _nobody_new(value: str) -> str | None:
    """A fixed value that names no account: a VPC, an endpoint, a key."""
    return "" if _fixed(value) else None


def _account_of(arn: str) -> str | None:
    """The account of an ARN, which may hold wildcards behind it."""
    account = arn.split(":", 5)[4] if arn.count(":") > 4 else ""
    return account if _ACCOUNT.fullmatch(account) else _nobody_new(arn)


def _organization_of(path: str) -> str | None:
    return _fixed(path.partition("/")[0])


def _sessions_of(user: str) -> str | None:
    return "" if _ROLE_SESSIONS.fullmatch(user) else _nobody_new(user)


# What a key's value must be to confine, and whom it then names: "" is nobody, None does not confine.
_KEYS: dict[str, Callable[[str], str | None]] = {
    "aws:principalaccount": _fixed,
    "aws:principalarn": _account_of,
    "aws:principalorgid": _fixed,
    "aws:principalorgpaths": _organization_of,
    "aws:sourceaccount": _fixed,
    "aws:sourcearn": _account_of,
    "aws:sourceorgid": _fixed,
    "aws:sourceorgpaths": _organization_of,
    "aws:sourceowner": _fixed,
    "aws:sourcevpc": _nobody_new,
    "aws:sourcevpce": _nobody_new,
    "aws:userid": _sessions_of,
    "aws:vpceaccount": _fixed,
    "aws:vpceorgid": _fixed,
    "aws:vpceorgpaths": _organization_of,
    "s3:dataaccesspointaccount": _fixed,
    "s3:dataaccesspointarn": _account_of,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _nobody_new,
}


# denials


class _Denial(NamedTuple):
    """What a statement denies to everybody."""

    actions: list[Test]
    resources: list[Test]


def _takes_back(statement: dict[str, Any]) -> bool:
    """Tell whether a statement denies literally everybody, without a condition."""
    conditional = any(
        _get(statement, name) for name in ("Condition", "NotPrincipal", "NotAction", "NotResource")
    )
    principal = _get(statement, "Principal")
    named = _get(principal, "AWS") if isinstance(principal, dict) else principal
    return _get(statement, "Effect") == "Deny" and not conditional and EVERYBODY in _texts(named)


def _read_denials(allowed: list[dict[str, Any]], denying: list[dict[str, Any]]) -> list[_Denial]:
    """Read what is denied; nothing where a policy was made to take long: rather too open than too slow."""
    if sum(map(_count, allowed)) * sum(map(_count, denying)) > _MOST_COMPARED:
        return []
    return [
        _Denial(
            [_include(text.lower()) for text in _texts(_get(each, "Action"))],
            [_include(text) for text in _texts(_get(each, "Resource"))],
        )
        for each in denying
    ]


def _count(statement: dict[str, Any]) -> int:
    return len(_texts(_get(statement, "Action"))) + len(_texts(_get(statement, "Resource")))


def _is_taken_back(statement: dict[str, Any], denials: list[_Denial]) -> bool:
    actions = [text.lower() for text in _texts(_get(statement, "Action"))]
    resources = _texts(_get(statement, "Resource"))
    return any(
        _are_within(actions, denial.actions) and _are_within(resources, denial.resources)
        for denial in denials
    )


def _are_within(named: list[str], denied: list[Test]) -> bool:
    """Tell whether all that a statement names is among what a denial names."""
    return bool(named) and all(any(includes(text) for includes in denied) for text in named)


def _include(pattern: str) -> Test:
    """Match texts, themselves patterns, that a pattern includes: its `*` any text, its `?` only another `?`.

    A policy knows no backslash; compile_glob does, and matches in one go from left to right.
    """
    return compile_glob(pattern.replace("\\", r"\\").replace("?", r"\?"))


# reading what may be one or many


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    return [str(each) for each in _listed(value) if isinstance(each, str | int)]
