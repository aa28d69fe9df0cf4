"""Lowers rules, as pySigma parses them, to the conditions that the library evaluates (Condition).

What those conditions cannot express is refused, with what to write instead, and never approximated.
https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import re2
from msgspec.structs import replace
from s3watch.ruleset import Condition, Operator
from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionItem,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
)
from sigma.modifiers import SigmaCaseSensitiveModifier
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaDetections
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from s3watch_cli.rules.diagnostics import InvalidInputError

# Their alternatives share one condition
MERGEABLE = frozenset({"eq", "prefix", "suffix", "contains", "glob", "re", "cidr", "keyword"})
COMPARISONS: dict[CompareOperators, Operator] = {
    CompareOperators.LT: "lt",
    CompareOperators.LTE: "lte",
    CompareOperators.GT: "gt",
    CompareOperators.GTE: "gte",
}
EXACT_LIMIT = 2**53  # Condition.number is a float, exact for whole numbers below this

type Part = str | SpecialChars | Placeholder


@dataclass(frozen=True, slots=True)
class Searches:
    """The named searches of one rule, each lowered once, where its condition first uses it."""

    detections: SigmaDetections
    lowered: dict[str, Condition] = field(default_factory=dict)

    def lower(self, tree: ConditionItem) -> Condition:
        """Lower a parsed condition. Raises InvalidInputError and SigmaConditionError."""
        match tree:
            case ConditionNOT():
                return Condition("not", of=(self._operand(tree, 0),))
            case ConditionAND() | ConditionOR():
                of = tuple(self._operand(tree, at) for at in range(len(tree.args)))
                return join("and" if isinstance(tree, ConditionAND) else "or", of)
            case ConditionSelector():
                return self._selected(tree)
            case ConditionIdentifier():
                return self._named(tree.identifier)
        raise InvalidInputError(f"the condition uses {type(tree).__name__}, which is not supported")

    def _operand(self, tree: ConditionItem, at: int) -> Condition:
        return self.lower(cast("ConditionItem", tree.args[at]))

    def _selected(self, selector: ConditionSelector) -> Condition:
        names = [found.identifier for found in selector.resolve_referenced_detections(self.detections)]
        if not names:
            raise InvalidInputError(
                f"`{selector.args[0]} of {selector.pattern}` matches no search of this rule"
            )
        return join("and" if selector.cond_class is ConditionAND else "or", map(self._named, names))

    def _named(self, name: str) -> Condition:
        if name not in self.detections.detections:
            known = ", ".join(self.detections.detections)
            raise InvalidInputError(
                f"the condition uses `{name}`, which is not a search of this rule", f"use one of {known}"
            )
        if name not in self.lowered:
            self.lowered[name] = lower_search(self.detections[name])
        return self.lowered[name]


def lower_search(search: SigmaDetection) -> Condition:
    """Lower one named search: a mapping is `and`, a list of mappings is `or`."""
    of = [
        lower_search(item) if isinstance(item, SigmaDetection) else lower_item(item)
        for item in search.detection_items
    ]
    return join("and" if search.item_linking is ConditionAND else "or", of)


def lower_item(item: SigmaDetectionItem) -> Condition:
    """Lower one `field|modifiers: values`."""
    cased = SigmaCaseSensitiveModifier in item.modifiers
    values = item.value or [cast("SigmaType", SigmaNull())]
    linking: Operator = "and" if item.value_linking is ConditionAND else "or"
    lowered = join(linking, (lower_value(item.field, value, cased=cased) for value in values))
    return Condition("not", of=(lowered,)) if item.negated else lowered


def lower_value(field: str | None, value: SigmaType, *, cased: bool = False) -> Condition:
    """Lower one value of a field; without a field it is a keyword search in the whole record."""
    if isinstance(value, SigmaExpansion):
        return join("or", (lower_value(field, one, cased=cased) for one in value.values))
    if field is None:
        return _keyword(value, cased=cased)
    if isinstance(value, SigmaString):
        return lower_text(field, value.s, cased=cased or isinstance(value, SigmaCasedString))
    if type(value) not in FORMS:
        raise InvalidInputError(f"values of type {type(value).__name__} are not supported")
    return FORMS[type(value)](field, value)


def lower_text(field: str, parts: Iterable[Part], *, cased: bool) -> Condition:
    """Lower text with wildcards to the cheapest operator that matches the same values."""
    shape = list(_squeeze(parts))
    if not shape:
        return Condition("empty", field=field)
    match shape:
        case [SpecialChars.WILDCARD_MULTI]:
            return Condition("not", of=(Condition("null", field=field),))
        case [str(text)]:
            return Condition("eq", field=field, values=(text,), cased=cased)
        case [str(text), SpecialChars.WILDCARD_MULTI]:
            return Condition("prefix", field=field, values=(text,), cased=cased)
        case [SpecialChars.WILDCARD_MULTI, str(text)]:
            return Condition("suffix", field=field, values=(text,), cased=cased)
        case [SpecialChars.WILDCARD_MULTI, str(text), SpecialChars.WILDCARD_MULTI]:
            return Condition("contains", field=field, values=(text,), cased=cased)
    return Condition("glob", field=field, values=("".join(map(_glob, shape)),), cased=cased)


def _squeeze(parts: Iterable[Part]) -> Iterable[str | SpecialChars]:
    """Drop empty texts and repeated stars, and join adjacent texts."""
    last: str | SpecialChars | None = None
    for part in parts:
        if isinstance(part, Placeholder):
            raise InvalidInputError(
                f"the placeholder %{part.name}% has no value here",
                "write the values out, or remove `expand`",
            )
        if isinstance(part, str) and isinstance(last, str):
            last += part
        elif part != "" and not (part is SpecialChars.WILDCARD_MULTI and part is last):
            if last is not None:
                yield last
            last = part
    if last is not None:
        yield last


def _glob(part: str | SpecialChars) -> str:
    if isinstance(part, SpecialChars):
        return "*" if part is SpecialChars.WILDCARD_MULTI else "?"
    return part.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def _keyword(value: SigmaType, *, cased: bool) -> Condition:
    match value:
        case SigmaString():
            shape = [part for part in _squeeze(value.s) if part is not SpecialChars.WILDCARD_MULTI]
            wild = SpecialChars.WILDCARD_MULTI in value.s[1:-1] or SpecialChars.WILDCARD_SINGLE in value.s
            if wild or len(shape) != 1:
                raise InvalidInputError(
                    f"the keyword `{value}` has wildcards inside",
                    "keywords match anywhere in the record: write the parts as a list under '|all'",
                )
            return Condition("keyword", values=(cast("str", shape[0]),), cased=cased)
        case SigmaNumber():
            return Condition("keyword", values=(str(value),), cased=cased)
    raise InvalidInputError(
        f"a keyword search does not support {_KINDS.get(type(value), type(value).__name__)}",
        "name the field, or write plain text",
    )


_KINDS = {SigmaRegularExpression: "regular expressions", SigmaNull: "null", SigmaBool: "true or false"}


def _refuse_time_part(field: str, value: SigmaTimestampPart) -> Condition:
    part = value.timestamp_part.name.lower()
    instead = (
        "write `s3.hour`, in the configured time zone" if part == "hour" else "use `s3.hour` or `s3.weekday`"
    )
    raise InvalidInputError(f"`{field}|{part}` is not supported", instead)


def _number(value: SigmaNumber) -> float:
    if abs(value.number) >= EXACT_LIMIT:
        raise InvalidInputError(
            f"the number {value} is 2^53 or greater", "write it in quotes to compare it as text"
        )
    return float(value.number)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _regex(value: SigmaRegularExpression) -> str:
    if value.contains_placeholder():
        raise InvalidInputError("a placeholder in a regular expression has no value here", "write it out")
    pattern = value.escape(escape_escape_char=False)
    check_regex(pattern)
    return pattern


def check_regex(pattern: str) -> None:
    """Raise InvalidInputError for a pattern that RE2, the engine of the functions, does not accept."""
    options = re2.Options()
    options.log_errors = False  # the error below reports it
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        what = f"RE2 does not accept the regular expression {pattern} ({_plain(error)})"
        raise InvalidInputError(
            what, "remove look-around and back-references, close every bracket"
        ) from error


def _plain(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _reference(value: SigmaFieldReference) -> Operator:
    match value.starts_with, value.ends_with:
        case True, True:
            return "same-contains"
        case True, False:
            return "same-prefix"
        case False, True:
            return "same-suffix"
    return "same"


FORMS: dict[type[SigmaType], Callable[[str, Any], Condition]] = {
    SigmaNumber: lambda field, value: Condition("number", field=field, number=_number(value)),
    SigmaCompareExpression: lambda field, value: Condition(
        COMPARISONS[value.op], field=field, number=_number(value.number)
    ),
    SigmaBool: lambda field, value: Condition("bool", field=field, values=(_truth(value.boolean),)),
    SigmaExists: lambda field, value: Condition("exists", field=field, values=(_truth(value.exists),)),
    SigmaNull: lambda field, _: Condition("null", field=field),
    SigmaRegularExpression: lambda field, value: Condition("re", field=field, values=(_regex(value),)),
    SigmaCIDRExpression: lambda field, value: Condition("cidr", field=field, values=(str(value.network),)),
    SigmaFieldReference: lambda field, value: Condition(
        _reference(value), field=field, values=(value.field,)
    ),
    SigmaTimestampPart: _refuse_time_part,
}


def join(op: Operator, conditions: Iterable[Condition]) -> Condition:
    """Join conditions by `and` or `or`; flatten nested ones, and merge alternatives of one kind into one."""
    parts = (
        part for condition in conditions for part in (condition.of if condition.op == op else (condition,))
    )
    flat = list({id(part): part for part in parts}.values())  # a search that is named again adds nothing
    if op == "or":
        flat = _gather(flat)
    return flat[0] if len(flat) == 1 else Condition(op, of=tuple(flat))


def _gather(conditions: list[Condition]) -> list[Condition]:
    gathered: dict[object, tuple[Condition, dict[str, None]]] = {}
    for condition in conditions:
        kind = (condition.op, condition.field, condition.cased)
        _, values = gathered.setdefault(kind if condition.op in MERGEABLE else id(condition), (condition, {}))
        values.update(dict.fromkeys(condition.values))
    return [replace(first, values=tuple(values)) for first, values in gathered.values()]
