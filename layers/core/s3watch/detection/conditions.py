"""Compiles conditions into tests of an access, with exactly Sigma's semantics.

A test of a field is true if it holds for any of the field's elements with any of the condition's values.
Hence for an absent field only `null`, `exists: false` and `not` can be true. A member that is null exists.
https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_network
from operator import eq, ge, gt, le, lt
from typing import Any, cast

from s3watch.detection.field_values import address_of, elements, fold, number_of, text_of
from s3watch.facts.access import Access
from s3watch.facts.field_paths import getter, presence
from s3watch.facts.fields import RECORD_MEMBERS, REQUEST_MEMBERS
from s3watch.globs import compile_glob
from s3watch.ruleset import Condition

type Test = Callable[[Access], bool]
type Read = Callable[[Access], Any]
type TextTest = Callable[[str], bool]

LOGICAL = frozenset({"and", "or", "not"})

WHOLE_RECORD = "*"  # the field name of conditions that read the whole record


def compile(condition: Condition) -> Test:  # noqa: A001  # as in `re.compile`; always called as conditions.compile
    """Compile a condition into a test; cheap parts of `and` and `or` are tested first."""
    if condition.op not in LOGICAL:
        return _leaf(condition)
    tests = [compile(part) for part in sorted(condition.of, key=cost)]
    if condition.op == "not":
        (test,) = tests
        return lambda access: not test(access)
    if len(tests) == 1:
        return tests[0]
    return _all(tests) if condition.op == "and" else _any(tests)


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the leaves of a condition tree, which are not `and`, `or` or `not`."""
    if condition.op not in LOGICAL:
        yield condition
    for part in condition.of:
        yield from leaves(part)


def fields_of(leaf: Condition) -> tuple[str, ...]:
    """Return the fields that a leaf reads; a keyword reads WHOLE_RECORD."""
    if leaf.op == "keyword":
        return (WHOLE_RECORD,)
    return (leaf.field, *leaf.values) if leaf.op.startswith("same") else (leaf.field,)


def cost(condition: Condition) -> int:
    """Estimate the cost of a test, in units of one text comparison with a cheap field."""
    if condition.op == "keyword":
        return 100  # serializes the whole record and folds its case
    if condition.of:
        return sum(map(cost, condition.of))
    work = 5 if condition.op in ("re", "glob", "cidr") else 1
    return work + sum(map(_cost_of_field, fields_of(condition)))


def _cost_of_field(field: str) -> int:
    if field in EXPENSIVE_FACTS:
        return EXPENSIVE_FACTS[field]
    return 0 if field.startswith("s3.") or field in RECORD_MEMBERS or field in REQUEST_MEMBERS else 20


EXPENSIVE_FACTS = {  # facts that read more than Record holds; all others are free or nearly so
    "s3.tls": 8,
    "s3.principal": 15, "s3.accountable": 15, "s3.actor": 15, "s3.workload_role": 15,
    "s3.cross_account": 15, "s3.bucket_account": 12, "s3.expected": 15,
    "s3.label_severity": 18, "s3.label_owner": 18,
    "s3.network_kind": 20, "s3.country": 22, "s3.outside_aws": 23,
    "s3.console": 25, "s3.presigned": 12, "s3.presign_expires": 20,
    "s3.version": 20, "s3.like_console": 60,
    "s3.grants_public": 40, "s3.grants_public_write": 40, "s3.grants_accounts": 40, "s3.grants_ids": 40,
    "s3.kms_accounts": 40, "s3.destination_accounts": 40, "s3.retention_days": 80, "s3.expiry_days": 40,
    "s3.unrecorded_buckets": 15, "s3.unrecorded_changes": 15,
}  # fmt: skip


def _all(tests: Iterable[Test]) -> Test:
    def test(access: Access) -> bool:
        for part in tests:  # noqa: SIM110  # all() over a generator takes three times as long
            if not part(access):
                return False
        return True

    return test


def _any(tests: Iterable[Test]) -> Test:
    def test(access: Access) -> bool:
        for part in tests:  # noqa: SIM110  # as above
            if part(access):
                return True
        return False

    return test


def _leaf(condition: Condition) -> Test:
    op, values = condition.op, condition.values
    if op == "keyword":
        return _keyword(condition)
    if op == "exists":
        return _existence(condition.field, {value == "true" for value in values})
    read = getter(condition.field)
    if op == "null":
        return _absence(read)
    if op in _COMPARISONS:
        return _numeric(read, _COMPARISONS[op], condition.number)
    if op == "cidr":
        return _network(read, values)
    if op == "bool":
        return _boolean(read, {value == "true" for value in map(fold, values)})
    if op.startswith("same"):
        return _same(read, [getter(name) for name in values], _FIELD_FORMS[op], condition.cased)
    return _text(read, text_test(condition))


def _existence(field: str, wanted: set[bool]) -> Test:
    has = presence(field)
    return lambda access: has(access) in wanted


def _absence(read: Read) -> Test:
    def test(access: Access) -> bool:
        value = read(access)
        return not any(True for _ in elements(value)) if isinstance(value, (list, tuple)) else value is None

    return test


def _boolean(read: Read, wanted: set[bool]) -> Test:
    """Test for booleans; CloudTrail records many of them as text."""
    texts = {str(value).lower() for value in wanted}

    def test(access: Access) -> bool:
        value = read(access)
        if value is True or value is False:
            return value in wanted
        return any(fold(text_of(element)) in texts for element in elements(value))

    return test


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"lt": lt, "lte": le, "gt": gt, "gte": ge, "number": eq}


def _numeric(read: Read, compare: Callable[[Any, Any], bool], limit: float) -> Test:
    def test(access: Access) -> bool:
        numbers = map(number_of, elements(read(access)))
        return any(number is not None and compare(number, limit) for number in numbers)

    return test


def _network(read: Read, values: tuple[str, ...]) -> Test:
    networks = [ip_network(value, strict=False) for value in values]
    masks = [(each.version, int(each.netmask), int(each.network_address)) for each in networks]

    def test(access: Access) -> bool:
        for element in elements(read(access)):
            version, address = address_of(text_of(element))
            if any(version == of and address & mask == start for of, mask, start in masks):
                return True
        return False

    return test


_FIELD_FORMS: dict[str, Callable[[str, str], bool]] = {
    "same": str.__eq__,
    "same-prefix": str.startswith,
    "same-suffix": str.endswith,
    "same-contains": str.__contains__,
}


def _same(read: Read, others: list[Read], compare: Callable[[str, str], bool], cased: bool) -> Test:
    shape = str if cased else fold

    def test(access: Access) -> bool:
        mine = [shape(text_of(element)) for element in elements(read(access))]
        theirs = (shape(text_of(element)) for other in others for element in elements(other(access)))
        return any(compare(text, other) for other in theirs for text in mine)

    return test


def text_test(condition: Condition) -> TextTest:
    """Compile a condition that compares text into a test of one text."""
    matches = _matcher(condition)
    if condition.cased or condition.op in ("re", "empty"):
        return matches
    if condition.op == "suffix" and all(condition.values):
        return _ends(matches, [fold(value) for value in condition.values])
    return lambda text: matches(fold(text))


def _ends(matches: TextTest, values: list[str]) -> TextTest:
    """Test for suffixes; most texts end like none of them, which their last characters say."""
    shortest = min(map(len, values))
    ends = frozenset(value[-shortest:] for value in values)

    def test(text: str) -> bool:
        # folded, a character is one or more: those that make up the end are among as many of the text
        tail = text[-shortest:]
        end = tail.lower() if tail.isascii() else fold(tail)[-shortest:]
        return end in ends and matches(fold(text))

    return test


def _matcher(condition: Condition) -> TextTest:
    """Compile a test of text that is already folded, unless the condition is cased."""
    op = condition.op
    if op == "re":
        return _search(condition.values)
    values = condition.values if condition.cased else tuple(map(fold, condition.values))
    if op == "eq":
        return frozenset(values).__contains__
    if op == "empty":
        return "".__eq__
    if op == "prefix":
        return lambda text: text.startswith(values)
    if op == "suffix":
        return lambda text: text.endswith(values)
    if op == "contains":
        return _contains(values)
    return _matches_any([compile_glob(value) for value in values])


def _contains(values: tuple[str, ...]) -> TextTest:
    if len(values) == 1:
        (value,) = values
        return lambda text: value in text
    return _matches_any([_contains((value,)) for value in values])


def _matches_any(tests: list[TextTest]) -> TextTest:
    if len(tests) == 1:
        return tests[0]
    return lambda text: any(test(text) for test in tests)


def _search(patterns: tuple[str, ...]) -> TextTest:
    """Compile a search for any pattern with RE2, whose time is linear in the text for every pattern."""
    import re2  # noqa: PLC0415  # adds 10 ms to a cold start, and few rules need it

    options = re2.Options()
    options.log_errors = False  # a bad pattern raises; it need not be logged too
    options.never_capture = True
    compiled = re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)
    return lambda text: compiled.search(text) is not None


def _text(read: Read, matches: TextTest) -> Test:
    def test(access: Access) -> bool:
        value = read(access)
        if isinstance(value, str):
            return matches(value)
        if value is None:
            return False
        return any(map(matches, map(text_of, elements(value))))

    return test


def _keyword(condition: Condition) -> Test:
    matches = _contains(condition.values if condition.cased else tuple(map(fold, condition.values)))
    if condition.cased:
        return lambda access: matches(_write(access))
    return lambda access: matches(_write_folded(access))


def _write(access: Access) -> str:
    """Serialize the whole record as compact JSON, once for all rules."""
    kept = vars(access)
    if "_written" not in kept:
        kept["_written"] = text_of(access.document)
    return cast("str", kept["_written"])


def _write_folded(access: Access) -> str:
    kept = vars(access)
    if "_folded" not in kept:
        kept["_folded"] = fold(_write(access))
    return cast("str", kept["_folded"])
