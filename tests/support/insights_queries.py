"""Logs Insights queries taken apart: their commands, and the fields of an event that they read.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from __future__ import annotations

import re

COMMANDS = frozenset({"fields", "filter", "stats", "sort", "limit", "display", "parse", "dedup"})
FUNCTIONS = frozenset(
    {"coalesce", "count", "count_distinct", "earliest", "ispresent", "latest", "sum", "min", "max", "bin"}
)
WORDS = frozenset({"and", "or", "not", "in", "like", "by", "as", "asc", "desc"})

_LITERALS = re.compile(r'"[^"]*"|/(?:[^/\\]|\\.)*/')
_NAME = re.compile(r"@?[A-Za-z_][\w.]*")


def commands(query: str) -> list[tuple[str, str]]:
    """The commands in their order, each with what follows it; literals are blanked."""
    blank = _LITERALS.sub('""', query)
    return [(name, rest) for name, _, rest in (part.strip().partition(" ") for part in blank.split("|"))]


def fields(query: str) -> set[str]:
    """The fields of events that a query reads, without those that it makes and without CloudWatch's own."""
    made, read = set[str](), set[str]()
    for name, rest in commands(query):
        if name == "limit":
            continue
        aliases = set(re.findall(r"\bas (\w+)", rest))
        called = set(re.findall(r"(\w+)\(", rest))
        assert called <= FUNCTIONS, called
        found = {word for word in _NAME.findall(rest) if not word.startswith("@")}
        read |= found - made - aliases - called - WORDS
        made |= aliases
    return read
