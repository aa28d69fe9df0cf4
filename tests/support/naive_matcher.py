"""The matcher's meaning once more, told in the plainest way: no index, nothing shared with it."""

from __future__ import annotations

import ipaddress
import json
import re
from functools import lru_cache
from typing import Any

import msgspec
import re2
from s3watch.facts.access import Access
from s3watch.ruleset import Condition, Label, Ruleset


def holds(condition: Condition, access: Access) -> bool:
    """Whether a condition is true of an access."""
    match condition.op:
        case "and":
            return all([holds(part, access) for part in condition.of])  # noqa: C419  # none is left out: a failure shows
        case "or":
            return any([holds(part, access) for part in condition.of])  # noqa: C419  # likewise
        case "not":
            return not holds(condition.of[0], access)
        case "keyword":
            record = fold(json.dumps(access.document, ensure_ascii=False, separators=(",", ":")), condition)
            return any(fold(value, condition) in record for value in condition.values)
        case "exists":
            return str(exists(condition.field, access)).lower() in condition.values
        case "null":
            return elements(access.field(condition.field)) == []
    return any(
        element_holds(condition, element, access) for element in elements(access.field(condition.field))
    )


def exists(field: str, access: Access) -> bool:
    """Whether a fact is known, or the record has a member, be it null."""
    if field.startswith("s3."):
        return bool(elements(access.field(field)))
    return leads(access.document, field.split("."))


def leads(value: Any, names: list[str]) -> bool:
    """Whether names, some of which may belong together, lead to a member, through lists too."""
    if not names:
        return True
    if isinstance(value, list):
        return any(leads(each, names) for each in elements(value))
    splits = ((".".join(names[:end]), names[end:]) for end in range(1, len(names) + 1))
    return isinstance(value, dict) and any(
        name in value and leads(value[name], rest) for name, rest in splits
    )


def elements(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [element for each in value for element in elements(each)]
    return [] if value is None else [value]


def element_holds(condition: Condition, element: Any, access: Access) -> bool:
    written = text(element)
    folded = fold(written, condition)
    if condition.op.startswith("same"):
        others = [other for name in condition.values for other in elements(access.field(name))]
        return any(compare_texts(condition.op, folded, fold(text(other), condition)) for other in others)
    if condition.op in ("lt", "lte", "gt", "gte", "number"):
        return compare_numbers(condition.op, element, condition.number)
    return any(value_holds(condition, written, folded, value) for value in condition.values or ("",))


def value_holds(condition: Condition, written: str, folded: str, value: str) -> bool:  # noqa: C901  # a table
    wanted = fold(value, condition)
    match condition.op:
        case "eq":
            return folded == wanted
        case "bool":  # CloudTrail writes true, "true" and "True"
            return folded.lower() == wanted
        case "prefix":
            return folded[: len(wanted)] == wanted
        case "suffix":
            return folded[len(folded) - len(wanted) :] == wanted and len(wanted) <= len(folded)
        case "contains":
            return any(folded[at : at + len(wanted)] == wanted for at in range(len(folded) + 1))
        case "glob":
            return glob_matches(wanted, folded)
        case "re":
            return re2.search(value, written) is not None
        case "cidr":
            return is_in_network(written, value)
        case "empty":
            return written == ""
    raise AssertionError(condition.op)


def compare_texts(op: str, text: str, other: str) -> bool:
    return {
        "same": text == other,
        "same-prefix": text.startswith(other),
        "same-suffix": text.endswith(other),
        "same-contains": other in text,
    }[op]


def compare_numbers(op: str, element: Any, limit: float) -> bool:
    if isinstance(element, bool) or not re.fullmatch(
        r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text(element)
    ):
        return False
    number = float(text(element))
    return {
        "lt": number < limit,
        "lte": number <= limit,
        "gt": number > limit,
        "gte": number >= limit,
        "number": number == limit,
    }[op]


def text(element: Any) -> str:
    return element if isinstance(element, str) else msgspec.json.encode(element).decode()


def fold(text: str, condition: Condition) -> str:
    return text if condition.cased else lower_each(text)


@lru_cache(maxsize=100_000)  # the same values are compared with every rule
def lower_each(text: str) -> str:
    """The characters of a text in lower case one by one, so that none changes by those beside it."""
    return "".join(char.lower() for char in text)


def is_in_network(text: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(text) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def glob_matches(pattern: str, text: str) -> bool:
    """Follow every way to read the pattern at once: the places that some beginning of the text leads to."""
    tokens = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    places = closure({0}, tokens)
    for char in text:
        places = closure({step for at in places for step in steps(tokens, at, char)}, tokens)
    return len(tokens) in places


def glob_overlaps(pattern: str, prefix: str) -> bool:
    """Whether the pattern matches any text that begins with the prefix: some place is left after it."""
    tokens = re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    places = closure({0}, tokens)
    for char in prefix:
        places = closure({step for at in places for step in steps(tokens, at, char)}, tokens)
    return bool(places)


def closure(places: set[int], tokens: list[str]) -> set[int]:
    for start in sorted(places):
        at = start
        while at < len(tokens) and tokens[at] == "*":
            at += 1
            places.add(at)
    return places


def steps(tokens: list[str], at: int, char: str) -> list[int]:
    if at == len(tokens):
        return []
    if tokens[at] == "*":
        return [at]
    return [at + 1] if tokens[at] in ("?", char, f"\\{char}") else []


def object_labels(ruleset: Ruleset, bucket: str, key: str) -> tuple[Label, ...]:
    """The labels of an object, by every pattern of the catalogue in turn."""
    found = {place for pattern, place in patterns(ruleset, bucket) if glob_matches(pattern, key)}
    return tuple(ruleset.labels[place] for place in sorted(found))


def prefix_labels(ruleset: Ruleset, bucket: str, prefix: str) -> tuple[Label, ...]:
    """The labels of any object under a prefix, by every pattern of the catalogue in turn.

    A decoy is touched only by a prefix that is its key.
    """
    found = {
        place
        for pattern, place in patterns(ruleset, bucket)
        if (glob_matches if ruleset.labels[place].is_decoy else glob_overlaps)(pattern, prefix)
    }
    return tuple(ruleset.labels[place] for place in sorted(found))


def patterns(ruleset: Ruleset, bucket: str) -> list[tuple[str, int]]:
    """Everything the catalogue says of a bucket, as patterns over the key."""
    own = [each for each in ruleset.patterns if each.bucket == bucket]
    found = [(escape(key), place) for each in own for key, place in each.exact]
    found += [(escape(prefix) + "*", place) for each in own for prefix, place in each.prefixes]
    found += [(pattern, place) for each in own for pattern, place in each.globs]
    for pattern, place in ruleset.wild:
        named, _, key = pattern.removeprefix("s3://").partition("/")
        if glob_matches(named, bucket):
            found.append((key or "*", place))
    return found


def escape(text: str) -> str:
    return re.sub(r"([*?\\])", r"\\\1", text)
