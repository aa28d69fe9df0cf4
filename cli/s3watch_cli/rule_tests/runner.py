"""Reads the tests of detections, named cases with events, and runs them through the real library.

rules/tests/README.md describes the format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

import msgspec
from s3watch.detection.exceptions import Exceptions
from s3watch.detection.matcher import Hit, Matcher, RuleFailure
from s3watch.earlier import window_of
from s3watch.ledger.first_seen import BEGUN
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import AwsRanges, Detection, RuleException, Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch.text import LAST_SECOND

from s3watch_cli.aws_ranges import ranges_file
from s3watch_cli.rule_tests.example_records import make_record, repeat
from s3watch_cli.rules.catalogue_file import read_catalogue
from s3watch_cli.rules.diagnostics import Diagnostics, InvalidInputError, suggest
from s3watch_cli.rules.entries import Entry
from s3watch_cli.rules.exceptions_file import read_exceptions
from s3watch_cli.rules.located_yaml import Document, read_yaml

TESTS = "tests"
CATALOGUE = "catalogue.yaml"
EXPECT = ("hit", "miss")
HITS = "hits"  # each event by itself is a hit: a case for each
FIRST_NUMBERS = {"events": 0, "history": 5000}  # in the ids of short events: four digits


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to run."""

    name: str
    expect: str
    events: tuple[dict[str, Any], ...]
    history: tuple[dict[str, Any], ...]
    catalogue: Ruleset
    exceptions: tuple[RuleException, ...]
    today: str
    where: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one case."""

    rule: str
    case: str
    expect: str
    got: Literal["hit", "miss", "failed", ""]
    passed: bool
    where: str
    why: str = ""


def run_tests(
    folder: Path, rules: Sequence[Detection], diagnostics: Diagnostics, only: Collection[str] = ()
) -> Iterator[Verdict]:
    """Run the tests of these rules, or of those named in `only`; mistakes in their files go to `diagnostics`.

    A correlation is run with all that it counts, and what asks of earlier accesses with the case's history.
    """
    chosen = [rule for rule in rules if not only or rule.rule in only]
    for rule, cases in read_tests(folder, chosen, diagnostics):
        for case in cases:
            yield run_case(rules, rule, case)
        where = f"{_file(folder, rule.rule)}:1"
        for missing in [expect for expect in EXPECT if expect not in {case.expect for case in cases}]:
            yield Verdict(
                rule.rule, f"(no case that expects a {missing})", missing, "", False, where, "write one"
            )


def run_case(rules: Sequence[Detection], rule: Detection, case: Case) -> Verdict:
    """Run a case of a rule; `rules` has what a correlation counts."""
    return _run_recorded(rules, rule, case) if rule.correlation or rule.whole else _run(rule, case)


def read_tests(
    folder: Path, rules: Sequence[Detection], diagnostics: Diagnostics
) -> Iterator[tuple[Detection, list[Case]]]:
    """Read the cases of each rule; mistakes in their files go to `diagnostics`."""
    default = _read_default(folder, diagnostics)
    for rule in rules:
        path = _file(folder, rule.rule)
        yield rule, _read_cases(path, rule.rule, default, diagnostics) if path.is_file() else []


def check_names(folder: Path, names: Collection[str], diagnostics: Diagnostics) -> None:
    """Report test files that belong to no detection."""
    for path in sorted((folder / TESTS).glob("*.yml")):
        if path.stem not in names:
            instead = suggest(path.stem, names) if names else "detections/ has no rules"
            diagnostics.refuse(
                str(path), 1, f"these tests are for `{path.stem}`, which is not a detection", instead
            )


def _file(folder: Path, rule: str) -> Path:
    return folder / TESTS / f"{rule}.yml"


def _read(path: Path, diagnostics: Diagnostics) -> Document:
    return read_yaml(str(path), path.read_bytes(), diagnostics) or Document(str(path), None)


def _read_default(folder: Path, diagnostics: Diagnostics) -> Ruleset:
    path = folder / TESTS / CATALOGUE
    found = read_catalogue(_read(path, diagnostics), diagnostics).ruleset() if path.is_file() else Ruleset()
    return msgspec.structs.replace(
        found, aws_ranges=_read_ranges(path.with_name(ranges_file.FILE), diagnostics)
    )


def _read_ranges(path: Path, diagnostics: Diagnostics) -> AwsRanges | None:
    try:
        return ranges_file.read(path.read_bytes()).compiled()
    except FileNotFoundError:
        return None
    except ValueError as error:
        diagnostics.refuse(str(path), 1, str(error), "write it as rules/aws-ranges.json is")
        return None


def _read_cases(path: Path, rule: str, default: Ruleset, diagnostics: Diagnostics) -> list[Case]:
    document = _read(path, diagnostics)
    if not isinstance(document.value, dict):
        diagnostics.refuse(str(path), 1, "no cases", "write `cases:` and a list, see tests/README.md")
        return []
    top = Entry(document, diagnostics, (), document.value)
    top.check_keys("cases", "catalogue", "log_buckets", "stack", "exceptions", "now")
    cases = [one for entry in top.entries("cases") for one in _split(_read_case(entry, top, rule, default))]
    for name, number in Counter(case.name for case in cases).items():
        if number > 1:
            diagnostics.refuse(str(path), 1, f"{number} cases are named `{name}`", "give each its own name")
    return cases


def _split(case: Case) -> list[Case]:
    """Make of a case whose events are all hits one for each of them, numbered."""
    if case.expect != HITS:
        return [case]
    return [
        replace(case, name=f"{case.name} ({number})", expect="hit", events=(event,))
        for number, event in enumerate(case.events, 1)
    ]


def _read_case(entry: Entry, top: Entry, rule: str, default: Ruleset) -> Case:
    entry.check_keys(
        "name", "expect", "events", "history", "catalogue", "log_buckets", "stack", "exceptions", "now"
    )
    expect = entry.text("expect", "write `expect: hit` or `expect: miss`")
    if expect and expect not in (*EXPECT, HITS):
        entry.refuse(("expect",), f"`expect: {expect}`", "write hit, hits or miss")
    events = tuple(_read_events(entry, "events"))
    if not entry.value.get("events"):
        entry.refuse(("events",), "no events", "write `events:` and a list")
    today = _today(entry if "now" in entry.value else top, events)
    return Case(
        name=entry.text("name", "write `name:` and what the case shows"),
        expect=expect,
        events=events,
        history=tuple(_read_events(entry, "history")),
        catalogue=msgspec.structs.replace(
            _catalogue(entry if "catalogue" in entry.value else top, default),
            aws_ranges=default.aws_ranges,
            log_buckets=_log_buckets(entry if "log_buckets" in entry.value else top),
            stack=(entry if "stack" in entry.value else top).text("stack"),
        ),
        exceptions=_exceptions(entry if "exceptions" in entry.value else top, rule, today),
        today=today,
        where=f"{entry.document.path}:{entry.line()}",
    )


def _read_events(entry: Entry, key: str) -> Iterator[dict[str, Any]]:
    number = count(FIRST_NUMBERS[key])
    for event in entry.entries(key):
        try:
            for short in repeat(event.value):
                yield make_record(short, next(number))
        except InvalidInputError as error:
            event.refuse((), error.what, error.instead)


def _today(entry: Entry, events: Sequence[dict[str, Any]]) -> str:
    text = entry.text("now") or (str(events[0].get("eventTime", "")) if events else "")
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return date.min.isoformat()


def _part(entry: Entry, key: str) -> Document:
    return entry.document.part(*entry.place, key)


def _catalogue(entry: Entry, default: Ruleset) -> Ruleset:
    if "catalogue" not in entry.value:
        return default
    return read_catalogue(_part(entry, "catalogue"), entry.diagnostics).ruleset()


def _log_buckets(entry: Entry) -> tuple[str, ...]:
    return tuple(name for _, name in entry.texts("log_buckets"))


def _exceptions(entry: Entry, rule: str, today: str) -> tuple[RuleException, ...]:
    if "exceptions" not in entry.value:
        return ()
    own = Diagnostics()  # drops warnings: that an exception has ended may be what the case tests
    exceptions = read_exceptions(_part(entry, "exceptions"), [rule], date.fromisoformat(today), own)
    entry.diagnostics.mistakes += own.mistakes
    return exceptions


def match_case(rule: Detection, case: Case) -> Iterator[Hit | RuleFailure]:
    """Match the events of a case; yields hits before exceptions are applied, and errors of the rule."""
    matcher = Matcher(msgspec.structs.replace(case.catalogue, detections=(rule,)))
    for event in case.events:
        raw = msgspec.json.encode(event)
        yield from matcher.match(decode(raw), raw)


def _run(rule: Detection, case: Case) -> Verdict:
    exceptions = Exceptions(case.exceptions)
    got: Literal["hit", "miss", "failed"] = "miss"
    why = ""
    for result in match_case(rule, case):
        if not isinstance(result, Hit):
            got, why = "failed", result.error
        elif got == "miss" and exceptions.apply(result, case.today, []):
            got = "hit"
    return Verdict(rule.rule, case.name, case.expect, got, got == case.expect, case.where, why)


def _run_recorded(rules: Sequence[Detection], rule: Detection, case: Case) -> Verdict:
    """Run the history of a case and then its events through the pipeline, with all that a correlation counts.

    Whatever is not in the history has not been there for as long as anything is remembered.
    """
    store = MemoryStore()
    ruleset = msgspec.structs.replace(
        case.catalogue, detections=tuple(counted_by(rules, rule)), exceptions=case.exceptions
    )
    pipeline = Pipeline(ruleset, Ledger(store))
    store.add_seen(BEGUN, [window_of(0)], None)
    errors = _record(pipeline, case.history)
    before = set(store.groups)
    why = "; ".join([*errors, *_record(pipeline, case.events)])
    fired = any(rule.rule in group.rules for group in store.groups.values() if group.id not in before)
    got: Literal["hit", "miss", "failed"] = "failed" if why else "hit" if fired else "miss"
    return Verdict(rule.rule, case.name, case.expect, got, got == case.expect, case.where, why)


def _record(pipeline: Pipeline, events: Sequence[dict[str, Any]]) -> list[str]:
    """Run events through the pipeline; returns what went wrong."""
    records = [(str(number), msgspec.json.encode(event)) for number, event in enumerate(events)]
    outcome = pipeline.run(records, datetime.now(UTC).timestamp())
    outcome.add(pipeline.evaluate_due_deletes(LAST_SECOND))
    return [*outcome.unreadable.values(), *(each.error for each in outcome.rule_failures)]


def counted_by(rules: Sequence[Detection], rule: Detection) -> Iterator[Detection]:
    """Yield a rule and, if it is a correlation, all that it counts, and what they count."""
    yield rule
    for each in rules if rule.correlation else ():
        if rule.correlation and each.rule in rule.correlation.rules:
            yield from counted_by(rules, each)
