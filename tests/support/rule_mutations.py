"""Compiled detections with one fault each: a condition dropped or inverted, a value or a limit changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace
from s3watch.correlation import Correlation
from s3watch.ruleset import Condition, Detection
from s3watch_cli.rules.first_seen import asks_of_earlier, of_access_alone

NUMERIC = ("lt", "lte", "gt", "gte", "number")
TIMES = (0.5, 2)  # of a correlation's time span


type Siblings = tuple[Condition, ...]
type Fault = tuple[str, Condition, Condition | None, Siblings]  # a node after a change, see Mutant


@dataclass(frozen=True, slots=True)
class Mutant:
    """A detection after one change, and the change in words, unique among the detection's mutants."""

    what: str
    rule: Detection
    dropped: Condition | None = None  # a condition of an `and` that is no longer asked for
    beside: Siblings = ()  # the others of the same `and`, which still are


def mutate(rule: Detection) -> Iterator[Mutant]:
    """Yield a detection with one fault each."""
    for counted, mutant in _count_otherwise(rule.correlation) if rule.correlation else ():
        yield Mutant(counted, replace(rule, correlation=mutant))
    condition = rule.whole or rule.condition
    for place in _places(condition) if not rule.correlation else ():
        where = ".".join(map(str, place)) or "all"
        for what, node, dropped, beside in _faults(_at(condition, place)):
            faulty = _with(condition, place, node)
            yield Mutant(f"{where}: {what}", _asking(rule, faulty), dropped, beside)


def _asking(rule: Detection, condition: Condition) -> Detection:
    """Return a detection with another condition; the matcher tests what is about the access alone."""
    if not asks_of_earlier(condition):
        return replace(rule, condition=condition, whole=None)
    return replace(rule, condition=of_access_alone(condition) or condition, whole=condition)


def _faults(node: Condition) -> Iterator[Fault]:
    for number, part in enumerate(node.of if len(node.of) > 1 else ()):
        others = _without(node.of, number)
        dropped, beside = (part, others) if node.op == "and" else (None, ())
        yield f"{number}, {_show(part)}, dropped", replace(node, of=others), dropped, beside
    yield f"not {_show(node)}", node.of[0] if node.op == "not" else Condition("not", of=(node,)), None, ()
    for number, value in enumerate(node.values if len(node.values) > 1 else ()):
        yield f"{_show(node)} without {value}", replace(node, values=_without(node.values, number)), None, ()
    for limit in (node.number - 1, node.number + 1) if node.op in NUMERIC else ():
        yield f"{_show(node)} now {limit:g}", replace(node, number=limit), None, ()


def _places(node: Condition, place: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Yield the paths of the nodes of a tree."""
    yield place
    for number, part in enumerate(node.of):
        yield from _places(part, (*place, number))


def _at(node: Condition, place: tuple[int, ...]) -> Condition:
    for number in place:
        node = node.of[number]
    return node


def _with(node: Condition, place: tuple[int, ...], mutant: Condition) -> Condition:
    if not place:
        return mutant
    first, *rest = place
    part = _with(node.of[first], tuple(rest), mutant)
    return replace(node, of=(*node.of[:first], part, *node.of[first + 1 :]))


def _without[T](several: tuple[T, ...], number: int) -> tuple[T, ...]:
    return (*several[:number], *several[number + 1 :])


def _show(node: Condition) -> str:
    if node.op == "not":
        return f"not {_show(node.of[0])}"
    if node.of:
        return f"{node.op} of {len(node.of)}"
    values = (
        [f"{node.number:g}"] if node.op in NUMERIC else [*node.values[:1], *[".."][: len(node.values) - 1]]
    )
    return " ".join([node.field, node.op, *values])


def _count_otherwise(counted: Correlation) -> Iterator[tuple[str, Correlation]]:
    for least in (counted.least - 1, counted.least + 1):
        yield f"least {least}", replace(counted, least=least)
    for times in TIMES:
        yield f"timespan {times:g} times as long", replace(counted, timespan=int(counted.timespan * times))
    for number, name in enumerate(counted.group_by):
        yield f"not by {name}", replace(counted, group_by=_without(counted.group_by, number))
    for number, name in enumerate(counted.rules if len(counted.rules) > 1 else ()):
        yield f"without {name}", replace(counted, rules=_without(counted.rules, number))
    if counted.type == "value_count":
        yield "accesses counted, not values", replace(counted, type="event_count", field="")
    if counted.type == "temporal_ordered":
        yield "in any order", replace(counted, type="temporal")
