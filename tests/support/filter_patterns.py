"""CloudWatch's JSON filter patterns, as far as they are documented: parsed, and tried on an event.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

LIMIT = 1024  # characters of a pattern: API_PutMetricFilter

_TOKEN = re.compile(
    r'\s*(?:(?P<sign>[{}()]|&&|\|\||!=|=)|(?P<word>NOT EXISTS|IS NULL)|"(?P<text>[^"]*)"'
    r"|(?P<path>\$(?:\.[A-Za-z0-9_]+|\[(?:\d+|\*)\])+))"
)
Test = Callable[[Any], bool]


def compile_pattern(pattern: str) -> Test:
    """Make a test of a pattern; raises ValueError where it is none."""
    tokens = list(_tokens(pattern))
    if pattern.count("[*]") > 3:
        raise ValueError("more than three wildcard selectors")
    if not tokens or tokens[0] != ("sign", "{") or tokens[-1] != ("sign", "}"):
        raise ValueError(f"no JSON pattern: {pattern}")
    rest = tokens[1:-1]
    test = _either(rest)
    if rest:
        raise ValueError(f"left over: {rest}")
    return test


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    while pattern[at:].strip():
        found = _TOKEN.match(pattern, at)
        if not found:
            raise ValueError(f"not understood: {pattern[at:]}")
        kind = str(found.lastgroup)
        yield kind, found[kind]
        at = found.end()


def _either(tokens: list[tuple[str, str]]) -> Test:
    tests = [_both(tokens)]
    while tokens and tokens[0] == ("sign", "||"):
        tokens.pop(0)
        tests.append(_both(tokens))
    return lambda event: any(test(event) for test in tests)


def _both(tokens: list[tuple[str, str]]) -> Test:
    tests = [_single(tokens)]
    while tokens and tokens[0] == ("sign", "&&"):
        tokens.pop(0)
        tests.append(_single(tokens))
    return lambda event: all(test(event) for test in tests)


def _single(tokens: list[tuple[str, str]]) -> Test:
    kind, path = tokens.pop(0)
    if (kind, path) == ("sign", "("):
        test = _either(tokens)
        if tokens.pop(0) != ("sign", ")"):
            raise ValueError("a parenthesis is open")
        return test
    if kind != "path" or path.count("[*]") > 1:
        raise ValueError(f"no selector: {path}")
    _, operator = tokens.pop(0)
    if operator == "NOT EXISTS":
        return lambda event: not list(_select(event, path))
    if operator == "IS NULL":
        return lambda event: None in list(_select(event, path))
    compared = _wildcards(_text(tokens))
    if operator == "=":
        return lambda event: any(compared(value) for value in _select(event, path))
    return lambda event: any(not compared(value) for value in _select(event, path))


def _text(tokens: list[tuple[str, str]]) -> str:
    kind, value = tokens.pop(0)
    if kind != "text" or "*" in value[1:-1]:
        raise ValueError(f"no text, or an asterisk within it: {value}")
    return value


def _wildcards(text: str) -> Callable[[Any], bool]:
    """Compare with a text, in which an asterisk at an end stands for anything."""
    pattern = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
    return lambda value: isinstance(value, str | int | float) and bool(pattern.fullmatch(str(value)))


def _select(event: Any, path: str) -> Iterator[Any]:
    """The values at a path; there is none through what is absent."""
    values = [event]
    for name, place in re.findall(r"\.(\w+)|\[(\d+|\*)\]", path):
        if name:
            values = [value[name] for value in values if isinstance(value, dict) and name in value]
        else:
            lists = [value for value in values if isinstance(value, list)]
            values = [item for one in lists for item in (one if place == "*" else one[int(place) :][:1])]
    yield from values
