"""Ready-made searches: what else this actor did, and who else touched this object.

Whatever a caller wrote is quoted so that it can only be compared: in Athena by character codes for all that
does not show; in Logs Insights, whose escapes are not documented, by letting unsafe characters match any.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from s3watch.alerts.alert import Alert, Evidence
from s3watch.text import at, columns, is_visible, pack, span

TABLE = "cloudtrail_logs"  # of https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html
BEFORE = AFTER = 3600.0  # seconds searched around the accesses: what led to them and what they led to
FILED = 86400.0  # a late file stands in the folder of the day it was delivered
LONGEST = 1024  # bytes of an S3 key; nothing real is longer, and no search is made for it
WIDTH = 66  # columns of a quoted text, so that a line with its indent stays below 78

Term = tuple[str, str]  # a field as CloudTrail writes it, and the value it equals

_FOREIGN = re.compile(r"(\d{12}):(.+)")
_PLAIN = re.compile(r"(?!.*//)[A-Za-z0-9 ._@:=+,/-]{1,50}")  # safe between quotes, and no link
_LITERAL = re.compile(r"[A-Za-z0-9 _@:=,-]")  # means itself in a regular expression


class Search(NamedTuple):
    """One question, and the terms that answer it when all of them hold."""

    question: str
    terms: tuple[Term, ...]


def searches(alert: Alert) -> list[Search]:
    """Give the searches that make sense for an alert: for one of many objects, only what the actor did."""
    evidence = alert.evidence
    asked = [Search("what else this actor did", _short_enough(_by_actor(evidence)))]
    if not alert.is_summary:
        asked.append(Search(f"who else {_touched(evidence)}", _short_enough(_by_object(evidence))))
    return [search for search in asked if search.terms]


def _touched(evidence: Evidence) -> str:
    if evidence.bucket:
        return "touched this object" if evidence.key else "used this bucket"
    return "did the same"


def _short_enough(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Keep terms whose values can occur."""
    return tuple((field, value) for field, value in terms if value and len(value) <= LONGEST)


def _by_actor(evidence: Evidence) -> list[Term]:
    """Find what one actor did: by session where the actor is a person in a shared role, else by principal."""
    if evidence.arn and evidence.actor != evidence.principal:
        return [("userIdentity.arn", evidence.arn)]
    foreign = _FOREIGN.fullmatch(evidence.principal)
    account, principal = foreign.groups() if foreign else (evidence.caller_account, evidence.principal)
    if principal in ("anonymous", "unknown", ""):
        return [
            ("userIdentity.accountId", "anonymous" * (principal == "anonymous")),
            ("sourceIPAddress", evidence.ip),
        ]
    kind, _, name = principal.partition("/")
    match kind:
        case "root":
            return [("userIdentity.type", "Root"), ("userIdentity.accountId", account)]
        case "role":
            field = "userIdentity.sessionContext.sessionIssuer.userName"
        case "service":
            return [("userIdentity.invokedBy", name)]
        case _:
            field = "userIdentity.userName"
    return [(field, name), ("userIdentity.accountId", account)]


def _by_object(evidence: Evidence) -> list[Term]:
    """Find who touched the object; without one, who used the bucket; without that, who made this call."""
    if evidence.bucket:
        return [("requestParameters.bucketName", evidence.bucket), ("requestParameters.key", evidence.key)]
    return [("eventSource", evidence.event_source), ("eventName", evidence.event_name)]


def period(alert: Alert) -> str:
    """Write the time searched: `2026-11-20 07:14:03 to 09:14:03 UTC`."""
    return span(alert.first - BEFORE, alert.last + AFTER)


def athena(search: Search, alert: Alert) -> list[str]:
    """Write a search in Athena's SQL for the table of its documentation, as lines of at most 78 columns."""
    start, end = alert.first - BEFORE, alert.last + AFTER
    conditions = [
        [f"\"timestamp\" BETWEEN '{at(start):%Y/%m/%d}' AND '{at(end + FILED):%Y/%m/%d}'"],
        [f"eventtime BETWEEN '{at(start):%Y-%m-%dT%H:%M:%SZ}'", f"  AND '{at(end):%Y-%m-%dT%H:%M:%SZ}'"],
        *(_equals(field, value) for field, value in search.terms),
    ]
    lines = [
        "SELECT eventtime, eventname, errorcode, sourceipaddress,",
        "  useridentity.arn, requestparameters",
        f"FROM {TABLE}",
    ]
    for place, (head, *rest) in enumerate(conditions):
        lines += [f"{'  AND' if place else 'WHERE'} {head}", *(f"    {line}" for line in rest)]
    return [*lines, "ORDER BY eventtime"]


def _equals(field: str, value: str) -> list[str]:
    """Compare a field of the table with a text, in one line where it fits."""
    root, _, member = field.partition(".")
    column = (
        f"json_extract_scalar(requestparameters, '$.{member}')"
        if root == "requestParameters"
        else field.lower()
    )
    first, *rest = literal(value)
    if not rest and columns(column) + columns(first) < WIDTH:
        return [f"{column} = {first}"]
    return [f"{column} =", first, *(f"|| {piece}" for piece in rest)]


def literal(text: str) -> list[str]:
    """Quote a text for SQL as pieces to be concatenated, each of at most 66 columns."""
    pieces = []
    for shown, run in groupby(text, key=is_visible):
        if shown:
            # A break before `//` keeps mail programs from making a link of what a caller wrote.
            for part in re.split("(?<=:)(?=//)", "".join(run)):
                pieces += [
                    f"'{line}'" for line in pack((char.replace("'", "''") for char in part), WIDTH - 2)
                ]
        else:
            pieces += pack((f"chr({ord(char)}) || " for char in run), WIDTH)
    return [piece.removesuffix(" || ") for piece in pieces] or ["''"]


def insights(search: Search) -> list[str]:
    """Write a search in the Logs Insights query language, as lines of at most 78 columns."""
    conditions = [_matches(field, value) for field, value in search.terms]
    return [
        "fields @timestamp, eventName, errorCode, sourceIPAddress,",
        "  userIdentity.arn, requestParameters.key",
        *(
            f"| filter {line}" if place == 0 else f"    {line}"
            for lines in conditions
            for place, line in enumerate(lines)
        ),
        "| sort @timestamp asc",
    ]


def _matches(field: str, value: str) -> list[str]:
    comparison = f'= "{value}"' if _PLAIN.fullmatch(value) else f"like /^{pattern(value)}$/"
    return [f"{field} {comparison}"] if columns(field) + len(comparison) < WIDTH else [field, comparison]


def pattern(text: str) -> str:
    """Write a regular expression of at most 62 safe characters that matches the text."""
    tokens = []
    for literally, run in groupby(text, key=lambda char: bool(_LITERAL.match(char)) or char in "./+"):
        if literally:
            tokens += [char if _LITERAL.match(char) else f"\\{char}" for char in run]
        else:
            tokens.append(r"[^\/]+")  # a run of other characters has no slash in it
    if sum(map(len, tokens)) <= 62:
        return "".join(tokens)
    return "".join(
        [*tokens[: _fitting(tokens, 30)], ".*", *tokens[len(tokens) - _fitting(tokens[::-1], 30) :]]
    )


def _fitting(tokens: Sequence[str], width: int) -> int:
    """The number of tokens that fit into `width` characters."""
    return sum(used <= width for used in accumulate(map(len, tokens)))
