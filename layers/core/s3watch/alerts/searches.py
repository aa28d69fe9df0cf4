"""Writes searches for Athena and Logs Insights: what else this actor did, and who else touched this object.

Text from a caller is quoted so that it cannot change the query. In Athena, invisible characters are written
as character codes; in Logs Insights, whose escapes are not documented, unsafe characters match anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from s3watch.alerts.alert import Alert, Evidence
from s3watch.links import atoms, find_links
from s3watch.text import columns, is_visible, pack, span, to_utc

TABLE = "cloudtrail_logs"  # of https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html
BEFORE = AFTER = 3600.0  # seconds searched before and after the accesses
FILED = 86400.0  # seconds: a late log file is in the folder of the day on which it was delivered
LONGEST = 1024  # bytes of an S3 key; a longer value cannot occur, and gets no search
WIDTH = 66  # columns of a quoted text, so that a line with its indent stays below 78

Term = tuple[str, str]  # the name of a CloudTrail field, and the value it must equal

# The characters that STS takes: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_SESSION = re.compile(r"arn:[a-z-]+:sts::\d{12}:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+", re.ASCII)
_FOREIGN = re.compile(r"(\d{12}):(.+)")
_OF_AWS = ("eventSource", "sourceIPAddress")  # what they name is not the caller's choice
_NAME_OF_AWS = re.compile(r"[A-Za-z0-9.:-]+|AWS Internal")  # a host or an address; anything else is untrusted
_PLAIN = re.compile(r"[A-Za-z0-9 ._@:=+,/-]{1,50}")  # safe in quotes
_LITERAL = re.compile(r"[A-Za-z0-9 _@:=,-]")  # matches itself in a regular expression


class Search(NamedTuple):
    """One question, and the terms that a record must all match to answer it."""

    question: str
    terms: tuple[Term, ...]


def searches(alert: Alert) -> list[Search]:
    """Return the searches for an alert; one that summarizes many accesses is searched by actor only."""
    evidence = alert.evidence
    found = [Search("what else this actor did", _possible(_by_actor(evidence, whole=alert.is_overflow)))]
    if not alert.is_summary:
        found.append(Search(f"who else {_touched(evidence)}", _possible(_by_object(evidence))))
    return [search for search in found if search.terms]


def _touched(evidence: Evidence) -> str:
    if evidence.bucket:
        return "touched this object" if evidence.key else "used this bucket"
    return "did the same"


def _possible(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Keep the terms whose values can occur: not empty, and not too long."""
    return tuple((field, value) for field, value in terms if value and len(value) <= LONGEST)


def _by_actor(evidence: Evidence, *, whole: bool) -> list[Term]:
    """Search for one actor: by session if it is a person in a shared role, else by principal.

    The `whole` principal is searched for if an alert is about all its sessions.
    """
    if evidence.arn and evidence.actor != evidence.principal and not whole:
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
    """Search for the object, or without one for the bucket, or without that for the call."""
    if evidence.bucket:
        return [("requestParameters.bucketName", evidence.bucket), ("requestParameters.key", evidence.key)]
    return [("eventSource", evidence.event_source), ("eventName", evidence.event_name)]


def period(alert: Alert) -> str:
    """Write the time range that is searched: `2026-11-20 07:14:03 to 09:14:03 UTC`."""
    return span(alert.first - BEFORE, alert.last + AFTER)


def athena(search: Search, alert: Alert) -> list[str]:
    """Write a search in Athena's SQL, for the table in its documentation, as lines of at most 78 columns."""
    start, end = alert.first - BEFORE, alert.last + AFTER
    arn = alert.evidence.arn
    verified = arn if alert.evidence.actor_verified and _SESSION.fullmatch(arn) else None
    conditions = [
        [f"\"timestamp\" BETWEEN '{to_utc(start):%Y/%m/%d}' AND '{to_utc(end + FILED):%Y/%m/%d}'"],
        [
            f"eventtime BETWEEN '{to_utc(start):%Y-%m-%dT%H:%M:%SZ}'",
            f"  AND '{to_utc(end):%Y-%m-%dT%H:%M:%SZ}'",
        ],
        *(
            _equals(field, value, whole=_is_of_aws(field, value) or value == verified)
            for field, value in search.terms
        ),
    ]
    lines = [
        "SELECT eventtime, eventname, errorcode, sourceipaddress,",
        "  useridentity.arn, requestparameters",
        f"FROM {TABLE}",
    ]
    for place, (head, *rest) in enumerate(conditions):
        lines += [f"{'  AND' if place else 'WHERE'} {head}", *(f"    {line}" for line in rest)]
    return [*lines, "ORDER BY eventtime"]


def _is_of_aws(field: str, value: str) -> bool:
    """Return whether a value is AWS's own word, which may be a link: `s3.amazonaws.com`."""
    return field in _OF_AWS and bool(_NAME_OF_AWS.fullmatch(value))


def _equals(field: str, value: str, *, whole: bool) -> list[str]:
    """Write the comparison of a field with a value, in one line if it fits."""
    root, _, member = field.partition(".")
    column = (
        f"json_extract_scalar(requestparameters, '$.{member}')"
        if root == "requestParameters"
        else field.lower()
    )
    first, *rest = literal(value, whole=whole)
    if not rest and columns(column) + columns(first) < WIDTH:
        return [f"{column} = {first}"]
    return [f"{column} =", first, *(f"|| {piece}" for piece in rest)]


def literal(text: str, *, whole: bool = False) -> list[str]:
    """Quote a text for SQL as pieces to be concatenated, each of at most 66 columns.

    Unless it is trusted, and may stay `whole`, it is split where mail programs would make a link of it.
    """
    pieces = []
    for shown, run in groupby(text, key=is_visible):
        if shown:
            visible = "".join(run)
            for part in [visible] if whole else _unlinked(visible):
                quoted = (atom.replace("'", "''") for atom in atoms(part))
                pieces += [f"'{line}'" for line in pack(quoted, WIDTH - 2)]
        else:
            pieces += pack((f"chr({ord(char)}) || " for char in run), WIDTH)
    return [piece.removesuffix(" || ") for piece in pieces] or ["''"]


def _unlinked(text: str) -> list[str]:
    """Split a text so that no part becomes a link."""
    places = [0, *sorted({end - 1 for _, end in find_links(text)} - {0}), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


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
    plain = _PLAIN.fullmatch(value) and (_is_of_aws(field, value) or not find_links(value))
    comparison = f'= "{value}"' if plain else f"like /^{pattern(value)}$/"
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
    """Count the tokens that fit into `width` characters."""
    return sum(used <= width for used in accumulate(map(len, tokens)))
