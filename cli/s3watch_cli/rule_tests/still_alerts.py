"""Checks the examples that an exception names in `still_alerts`: accesses that it must not silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
from s3watch.detection.exceptions import Exceptions, Silencing
from s3watch.detection.matcher import Hit, Matcher
from s3watch.ruleset import Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch.watched import add_watched

from s3watch_cli.compiler import Compiled
from s3watch_cli.rule_tests.example_records import make_record, repeat
from s3watch_cli.rules.diagnostics import Diagnostics, InvalidInputError
from s3watch_cli.rules.entries import Entry, entries

KEY = "still_alerts"


def check_examples(compiled: Compiled, today: date, diagnostics: Diagnostics) -> None:
    """Report examples that an exception silences, or that its detection does not find.

    The exceptions were read without mistakes. Events are evaluated by all of the compiled rules.
    """
    document = compiled.exceptions
    listed = entries(document, diagnostics, (), document.value)
    examples = [(entry, list(_read(entry))) for entry in listed if KEY in entry.value]
    if not examples:
        return
    check = _Check(_with_buckets(compiled.ruleset, [one for _, some in examples for _, one in some]), today)
    for entry, some in examples:
        if check.can_check(entry):
            for event, record in some:
                check.check(entry, event, record)


def _read(entry: Entry) -> Iterator[tuple[Entry, dict[str, Any]]]:
    if not entry.value[KEY]:
        entry.refuse((KEY,), "no events", "write a list as in tests/README.md, or remove the key")
    for event in entry.entries(KEY):
        try:
            for number, short in enumerate(repeat(event.value)):
                yield event, make_record(short, number)
        except InvalidInputError as error:
            event.refuse((), error.what, error.instead)


def _with_buckets(ruleset: Ruleset, records: list[dict[str, Any]]) -> Ruleset:
    """Take the buckets of the examples for watched ones, where no deployment says which are."""
    if ruleset.deployments:
        return ruleset
    parameters = [one.get("requestParameters") for one in records]
    named = [each.get("bucketName") for each in parameters if isinstance(each, dict)]
    return add_watched(ruleset, [each for each in named if isinstance(each, str)])


class _Check:
    """The compiled rules, which examples are evaluated by."""

    def __init__(self, ruleset: Ruleset, today: date) -> None:
        self._detections = {each.rule: each for each in ruleset.detections}
        self._matcher, self._exceptions = Matcher(ruleset), Exceptions(ruleset.exceptions)
        self._listed, self._today = ruleset.exceptions, today.isoformat()

    def can_check(self, entry: Entry) -> bool:
        """Return whether events can show that the exception's rule alerts; report if they can not."""
        detection = self._detections.get(entry.value["rule"])
        if detection and not detection.correlation:
            return True
        what = "counts what others find" if detection else "is told by reviews of buckets"
        entry.refuse(
            (KEY,), f"`{entry.value['rule']}` {what}: no event shows that it alerts", "remove the key"
        )
        return False

    def check(self, entry: Entry, event: Entry, record: dict[str, Any]) -> None:
        """Report an example that its exception, or another one, silences, or that the rule does not find."""
        raw, silenced, rule = msgspec.json.encode(record), list[Silencing](), entry.value["rule"]
        hits = [one for one in self._matcher.match(decode(raw), raw) if isinstance(one, Hit)]
        found = [one for one in hits if any(each.rule == rule for each in one.detections)]
        left = [self._exceptions.apply(one, self._today, silenced) for one in found]
        if not found:
            event.refuse((), f"`{rule}` does not find this example in any case", "correct or remove it")
        elif not any(each.rule == rule for one in left if one for each in one.detections):
            by = next(one.by for one in silenced if one.hit.detections[0].rule == rule)
            line = entry.document.line(self._listed.index(by))
            own = line == entry.line()
            which = "this exception" if own else f"the exception on line {line}"
            event.refuse((), f"{which} silences this example", "narrow `actor` or `object`, or remove it")
