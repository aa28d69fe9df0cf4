"""DynamoDB's condition and update expressions, as far as the ledger uses them, and a little further.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

type Item = dict[str, Any]
type Context = tuple[Mapping[str, Any], Mapping[str, str], Mapping[str, Any]]  # item, names, values
type Operand = Callable[[Context], Any]
type Test = Callable[[Context], bool]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:\w.]+)")
_COMPARISONS = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


class _Tokens:
    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s", "", text), text
        self._at = 0

    def peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def take(self, *words: str) -> bool:
        if self.peek().upper() in words:
            self._at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        assert self.take(word), f"{word} expected, not {self.peek()}"


def value_of(attribute: Mapping[str, Any] | None) -> Any:
    """Return an attribute's value, numbers as numbers."""
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return float(value) if kind == "N" else value


@cache
def condition(text: str) -> Test:
    """Compile a condition expression."""
    tokens = _Tokens(text)
    test = _either(tokens)
    assert not tokens.peek(), f"{text}: what is {tokens.peek()}?"
    return test


def _either(tokens: _Tokens) -> Test:
    tests = [_both(tokens)]
    while tokens.take("OR"):
        tests.append(_both(tokens))
    return tests[0] if len(tests) == 1 else lambda context: any(test(context) for test in tests)


def _both(tokens: _Tokens) -> Test:
    tests = [_one(tokens)]
    while tokens.take("AND"):
        tests.append(_one(tokens))
    return tests[0] if len(tests) == 1 else lambda context: all(test(context) for test in tests)


def _one(tokens: _Tokens) -> Test:
    if tokens.take("NOT"):
        inner = _one(tokens)
        return lambda context: not inner(context)
    if tokens.take("("):
        inner = _either(tokens)
        tokens.expect(")")
        return inner
    if tokens.peek() in ("attribute_exists", "attribute_not_exists", "begins_with"):
        return _function(tokens)
    left = _operand(tokens)
    if tokens.take("BETWEEN"):
        low = _operand(tokens)
        tokens.expect("AND")
        return _between(left, low, _operand(tokens))
    compare = _COMPARISONS[tokens.next()]
    return _comparison(compare, left, _operand(tokens))


def _function(tokens: _Tokens) -> Test:
    name = tokens.next()
    tokens.expect("(")
    left = _operand(tokens)
    if name == "begins_with":
        tokens.expect(",")
        start = _operand(tokens)
        tokens.expect(")")
        return lambda context: str(left(context) or "").startswith(start(context))
    tokens.expect(")")
    if name == "attribute_exists":
        return lambda context: left(context) is not None
    return lambda context: left(context) is None


def _between(value: Operand, low: Operand, high: Operand) -> Test:
    def test(context: Context) -> bool:
        found = value(context)
        return found is not None and low(context) <= found <= high(context)

    return test


def _comparison(compare: Callable[[Any, Any], bool], left: Operand, right: Operand) -> Test:
    def test(context: Context) -> bool:
        one, other = left(context), right(context)
        if one is None or other is None:  # an absent attribute compares as nothing but unequal
            return compare is operator.ne
        return compare(one, other)

    return test


def _operand(tokens: _Tokens) -> Operand:
    token = tokens.next()
    if token.startswith(":"):
        return lambda context: value_of(context[2][token])
    if token.startswith("#"):
        return lambda context: value_of(context[0].get(context[1][token]))
    return lambda context: value_of(context[0].get(token))


type Step = tuple[str, str, Callable[[Context], Any]]  # SET, REMOVE or ADD; attribute; its new content


@cache
def update(text: str) -> tuple[Step, ...]:
    """Compile an update expression to its steps."""
    tokens, steps, clause = _Tokens(text), list[Step](), ""
    while tokens.peek():
        if tokens.peek().upper() in ("SET", "REMOVE", "ADD", "DELETE"):
            clause = tokens.next().upper()
        name = tokens.next()
        if clause == "SET":
            tokens.expect("=")
            steps.append((clause, name, _content(tokens)))
        else:
            steps.append((clause, name, _raw(tokens.next()) if clause != "REMOVE" else lambda context: None))
        tokens.take(",")
    return tuple(steps)


def _content(tokens: _Tokens) -> Callable[[Context], Any]:
    left = _term(tokens)
    if tokens.peek() not in ("+", "-"):
        return left
    sign = 1 if tokens.next() == "+" else -1
    right = _term(tokens)
    return lambda context: number(value_of(left(context)) + sign * value_of(right(context)))


def _term(tokens: _Tokens) -> Callable[[Context], Any]:
    token = tokens.next()
    if token != "if_not_exists":
        return _raw(token)
    tokens.expect("(")
    present = _raw(tokens.next())
    tokens.expect(",")
    default = _raw(tokens.next())
    tokens.expect(")")
    return lambda context: present(context) or default(context)


def _raw(token: str) -> Callable[[Context], Any]:
    if token.startswith(":"):
        return lambda context: context[2][token]
    if token.startswith("#"):
        return lambda context: context[0].get(context[1][token])
    return lambda context: context[0].get(token)


def number(value: float) -> Item:
    """Write a number as an attribute, whole ones without a point."""
    return {"N": str(int(value) if value == int(value) else value)}


def apply(item: Item, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Item:
    """Return the item that an update expression makes of an item, which stays as it was."""
    after = dict(item)
    context = (item, names, values)
    for clause, token, content in update(text):
        name = names.get(token, token)
        if clause == "SET":
            after[name] = content(context)
        elif clause == "REMOVE":
            after.pop(name, None)
        elif clause == "ADD":
            after[name] = _sum(item.get(name), content(context))
        else:
            after[name] = _without(item.get(name), content(context))
            if not after[name]:
                del after[name]
    return after


def _sum(old: Mapping[str, Any] | None, added: Mapping[str, Any]) -> Item:
    ((kind, value),) = added.items()
    if kind == "N":
        return number(value_of(old or {"N": "0"}) + float(value))
    return {kind: sorted({*(old or {kind: []})[kind], *value})}


def _without(old: Mapping[str, Any] | None, taken: Mapping[str, Any]) -> Item:
    ((kind, value),) = taken.items()
    left = sorted(set((old or {kind: []})[kind]) - set(value))
    return {kind: left} if left else {}
