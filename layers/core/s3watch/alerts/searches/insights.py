"""Writes searches for Logs Insights, whose escapes are not documented: unsafe characters match anything.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, groupby

from s3watch.alerts.searches.questions import Search, may_be_link, split_name
from s3watch.links import find_links
from s3watch.text import columns

WIDTH = 66  # columns of a condition, so that a line with its command stays below 78
LONGEST = 58  # characters of a regular expression
MOST_OF_NAME = 40  # of the name of a role or a user, in a longer expression
LIMIT = 10_000  # rows, the most that Logs Insights gives

_PLAIN = re.compile(r"[A-Za-z0-9 ._@:=+,/-]{1,50}")  # safe in quotes
_LITERAL = re.compile(r"[A-Za-z0-9 _@:=,-]")  # matches itself in a regular expression
_SAME_ENCODED = re.compile(r"[A-Za-z0-9_-]")  # the same in an address and in JSON, too
# What is written in another way; the sources of copies are encoded, by some clients with their slashes
_ESCAPED = {False: {char: f"\\{char}" for char in "./+"}, True: {".": r"\.", "/": r"(\/|%2F)"}}
_ACCOUNT = re.compile(r"\d{12}")
_ADDRESS = re.compile(r"[\d.]{7,15}|[0-9a-fA-F.]*:[0-9a-fA-F:.]*")
_NAMED_BY = {"role": "userIdentity.sessionContext.sessionIssuer.userName", "user": "userIdentity.userName"}
_ROOT = ['userIdentity.type = "Root"', 'or userIdentity.sessionContext.sessionIssuer.type = "Root"']
_ANONYMOUS = 'userIdentity.accountId = "anonymous" or userIdentity.principalId = "ANONYMOUS_PRINCIPAL"'


def insights(search: Search) -> list[str]:
    """Write a search in the Logs Insights query language, as lines of at most 78 columns.

    An object is searched for in the whole text of the record: in its request, its resources, and the source
    of a copy. What is not safe to write matches anything, so more may be found than was asked for.
    """
    return [
        "fields @timestamp, eventName, errorCode, sourceIPAddress, userAgent,",
        "  userIdentity.arn, requestParameters.key, requestID",
        *(
            f"| filter {line}" if place == 0 else f"    {line}"
            for condition in _conditions(search)
            for place, line in enumerate(condition)
        ),
        "| sort @timestamp asc",
        f"| limit {LIMIT}",
    ]


def _conditions(search: Search) -> list[list[str]]:
    match search.by:
        case "call":
            return [_equals("eventName", search.value)]
        case "object":
            bucket, _, key = search.value.removeprefix("s3://").partition("/")
            return [_contains(bucket), *([_contains(key)] if key else [])]
    return _by_actor(search)


def _by_actor(search: Search) -> list[list[str]]:
    account, kind, name = split_name(search.value)
    within = [_equals("userIdentity.accountId", account)] if account else []
    match kind:
        case "anonymous":
            return [[_ANONYMOUS]]
        case "root":
            return [_ROOT, *within]
        case "role" | "user":
            # perhaps after a path, or before a session
            named = rf"{kind}\/(.+\/)?{pattern(name, MOST_OF_NAME)}(\/|$)"
            by_arn = _compared("userIdentity.arn", f"like /{named}/")
            return [_either(_equals(_NAMED_BY[kind], name), by_arn), *within]
        case "service":
            whole = may_be_link(search)
            by_name, by_id = (
                _equals(f"userIdentity.{member}", name, whole=whole)
                for member in ("invokedBy", "principalId")
            )
            return [_either(by_name, by_id)]
    if _ACCOUNT.fullmatch(name):
        return [_equals("userIdentity.accountId", name)]
    if _ADDRESS.fullmatch(name):
        return [_equals("sourceIPAddress", name, whole=may_be_link(search))]
    return [_contains(name), *within]


def _either(one: list[str], other: list[str]) -> list[str]:
    return [*one, f"or {other[0]}", *other[1:]]


def _equals(field: str, value: str, *, whole: bool = False) -> list[str]:
    plain = _PLAIN.fullmatch(value) and (whole or not find_links(value))
    comparison = f'= "{value}"' if plain else f"like /^{pattern(value)}$/"
    return _compared(field, comparison)


def _contains(text: str) -> list[str]:
    """Look for a text anywhere in the record, as it is, encoded for an address or escaped in JSON."""
    return _compared("@message", f"like /{pattern(text, encoded=True)}/")


def _compared(field: str, comparison: str) -> list[str]:
    """Write a condition in one line if it fits."""
    return [f"{field} {comparison}"] if columns(field) + len(comparison) < WIDTH else [field, comparison]


def pattern(text: str, most: int = LONGEST, *, encoded: bool = False) -> str:
    """Write a regular expression of so many safe characters that matches the text, also `encoded`."""
    matches = _SAME_ENCODED.match if encoded else _LITERAL.match
    tokens = []
    for literally, run in groupby(text, key=lambda char: bool(matches(char)) or char in _ESCAPED[encoded]):
        if literally:
            tokens += [char if matches(char) else _ESCAPED[encoded][char] for char in run]
        else:
            tokens.append(r"[^\/]+")  # a run of other characters has no slash in it
    if sum(map(len, tokens)) <= most:
        return "".join(tokens)
    half = most // 2 - 1
    return "".join(
        [*tokens[: _fitting(tokens, half)], ".*", *tokens[len(tokens) - _fitting(tokens[::-1], half) :]]
    )


def _fitting(tokens: Sequence[str], width: int) -> int:
    """Count the tokens that fit into `width` characters."""
    return sum(used <= width for used in accumulate(map(len, tokens)))
