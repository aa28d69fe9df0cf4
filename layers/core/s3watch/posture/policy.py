"""Evaluates whom a bucket or access point policy grants access to, by the rules of Block Public Access.

A statement is public unless its principal is fixed or a condition restricts it to fixed values:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
We differ from AWS in two points: a pattern with a fixed account or organization is restricted to it, and an
unconditional Deny for everybody cancels the Allow statements it covers, if there are not too many to compare.
An access point that is only reachable from a VPC is never public; its policy does not say so, and is
evaluated like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, NamedTuple

from s3watch.globs import Test, compile_glob

EVERYBODY = "*"

_ACCOUNT = re.compile(r"\d{12}")
_FIXED = re.compile(r"[^*?$]+")  # without wildcards and policy variables
_ROLE_SESSIONS = re.compile(r"A[A-Z0-9]{12,}:\*")  # all sessions of one role, by its unique id
_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
_NETWORK_KEYS = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"})
_ACCESS_POINTS = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})
_MAX_COMPARISONS = (
    10_000  # comparisons of an allowed with a denied pattern, about 10 ms; real policies need hundreds
)
_BROADEST = {4: 8, 6: 32}  # shortest prefix length by IP version; AWS calls broader ranges public


def find_grantees(policy: Any) -> frozenset[str]:
    """Return whom a policy grants access to.

    Grantees are EVERYBODY, account ids, organization ids, canonical user ids and `cloudfront`.
    """
    return frozenset(grantee for grantee, _ in find_grants(policy))


def find_grants(policy: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield whom a policy grants access to, with each statement that does."""
    for statement in _allowing(policy):
        for grantee in _grantees(statement):
            yield grantee, statement


def find_network_grants(policy: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield networks, VPCs and VPC endpoints, with the statements that grant access to anyone from there.

    AWS does not call such a statement public, but it names no principal: anyone at that address has access.
    """
    for statement in _allowing(policy):
        if EVERYBODY in _principals(statement) and not set(_grantees(statement)):
            for _, key, values in _conditions(statement):
                yield from ((value, statement) for value in values if key in _NETWORK_KEYS)


def delegates_to_access_points(policy: Any) -> bool:
    """Return whether a policy delegates access control to access points.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control
    """
    return any(
        key in _ACCESS_POINTS and _restrict(operator, key, values) is not None
        for statement in _allowing(policy)
        if EVERYBODY in _principals(statement)
        for operator, key, values in _conditions(statement)
    )


def _allowing(policy: Any) -> Iterator[dict[str, Any]]:
    """Yield the Allow statements that no Deny statement cancels."""
    statements = [each for each in _listed(_get(policy, "Statement")) if isinstance(each, dict)]
    allowed = [each for each in statements if _get(each, "Effect") == "Allow"]
    denials = _read_denials(allowed, [each for each in statements if _is_blanket_deny(each)])
    yield from (each for each in allowed if not _is_denied(each, denials))


def _grantees(statement: dict[str, Any]) -> Iterator[str]:
    principals = set(_principals(statement))
    yield from principals - {EVERYBODY}
    if EVERYBODY in principals:
        restricted = [
            names for names in (_restrict(*each) for each in _conditions(statement)) if names is not None
        ]
        yield from {name for names in restricted for name in names} if restricted else {EVERYBODY}


# principals


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    """Yield the principals of a statement; NotPrincipal counts as EVERYBODY."""
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


def _restrict(operator: str, key: str, values: list[str]) -> set[str] | None:
    """Return whom a condition restricts a statement to; None if it does not restrict it.

    Negated, `...IfExists` and `ForAllValues:` operators never do: they match requests without the key too.
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
    """Return whether address ranges, merged, are all narrow enough for AWS not to call them public."""
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


def _names_no_account(value: str) -> str | None:
    """Return "" for a fixed value that names no account (a VPC, an endpoint, a KMS key), else None."""
    return "" if _fixed(value) else None


def _account_of(arn: str) -> str | None:
    """Return the account in an ARN, which may contain wildcards elsewhere; "" for a fixed ARN without one."""
    account = arn.split(":", 5)[4] if arn.count(":") > 4 else ""
    return account if _ACCOUNT.fullmatch(account) else _names_no_account(arn)


def _organization_of(path: str) -> str | None:
    return _fixed(path.partition("/")[0])


def _sessions_of(user: str) -> str | None:
    return "" if _ROLE_SESSIONS.fullmatch(user) else _names_no_account(user)


# By condition key: whom a value restricts access to; "" is nobody in particular, None does not restrict.
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
    "aws:sourcevpc": _names_no_account,
    "aws:sourcevpce": _names_no_account,
    "aws:userid": _sessions_of,
    "aws:vpceaccount": _fixed,
    "aws:vpceorgid": _fixed,
    "aws:vpceorgpaths": _organization_of,
    "s3:dataaccesspointaccount": _fixed,
    "s3:dataaccesspointarn": _account_of,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _names_no_account,
}


# denials


class _Denial(NamedTuple):
    """What a Deny statement denies to everybody."""

    actions: list[Test]
    resources: list[Test]


def _is_blanket_deny(statement: dict[str, Any]) -> bool:
    """Return whether a statement denies something to everybody, without conditions."""
    conditional = any(
        _get(statement, name) for name in ("Condition", "NotPrincipal", "NotAction", "NotResource")
    )
    principal = _get(statement, "Principal")
    named = _get(principal, "AWS") if isinstance(principal, dict) else principal
    return _get(statement, "Effect") == "Deny" and not conditional and EVERYBODY in _texts(named)


def _read_denials(allowed: list[dict[str, Any]], denying: list[dict[str, Any]]) -> list[_Denial]:
    """Parse the denials; none if there are too many to compare: better to report too much than to be slow."""
    if sum(map(_count, allowed)) * sum(map(_count, denying)) > _MAX_COMPARISONS:
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


def _is_denied(statement: dict[str, Any], denials: list[_Denial]) -> bool:
    actions = [text.lower() for text in _texts(_get(statement, "Action"))]
    resources = _texts(_get(statement, "Resource"))
    return any(
        _are_within(actions, denial.actions) and _are_within(resources, denial.resources)
        for denial in denials
    )


def _are_within(named: list[str], denied: list[Test]) -> bool:
    """Return whether everything that a statement names is covered by what a denial names."""
    return bool(named) and all(any(includes(text) for includes in denied) for text in named)


def _include(pattern: str) -> Test:
    """Compile a test of whether a pattern covers another pattern: `*` covers any text, `?` only a `?`.

    A backslash is not special in policies, but is in compile_glob.
    """
    return compile_glob(pattern.replace("\\", r"\\").replace("?", r"\?"))


# values that may be single or in a list


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    return [str(each) for each in _listed(value) if isinstance(each, str | int)]
