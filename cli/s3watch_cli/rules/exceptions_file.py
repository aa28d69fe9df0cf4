"""Reads exceptions.yaml: hits that alert nobody, each with an owner, a reason and an end date."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from s3watch.ruleset import RuleException

from s3watch_cli.rules.diagnostics import Diagnostics, InvalidInputError, suggest
from s3watch_cli.rules.entries import Entry, entries, read_date
from s3watch_cli.rules.located_yaml import Document
from s3watch_cli.rules.object_patterns import parse_pattern
from s3watch_cli.rules.principals import normal_form

RESOURCE = re.compile(r"arn:[\w-]+:(?!s3)[\w-]+:")  # what a call without a bucket is about, such as a trail


def read_exceptions(
    document: Document, rules: Collection[str], today: date, diagnostics: Diagnostics
) -> tuple[RuleException, ...]:
    """Read the exceptions; mistakes go to `diagnostics`, and exceptions that have ended become warnings.

    `rules` are the names of the detections.
    """
    listed = entries(document, diagnostics, (), document.value)
    return tuple(_read(entry, rules, today) for entry in listed)


def _read(entry: Entry, rules: Collection[str], today: date) -> RuleException:
    entry.check_keys(
        "rule", "actor", "actors", "object", "objects", "owner", "reason", "until", "still_alerts"
    )
    rule = entry.text("rule", "write `rule:` and the name of its file")
    if rule and rule not in rules:
        entry.refuse(("rule",), f"unknown rule `{rule}`", _instead(rule, rules))
    if not {"actor", "actors", "object", "objects"} & entry.value.keys():
        entry.refuse(
            (),
            "an exception for everyone and everything",
            "add `actor` or `object`, or delete the rule instead",
        )
    entry.entries("still_alerts")  # events, which rule_tests/still_alerts.py checks
    return RuleException(
        rule=rule,
        owner=entry.text("owner", "write who is responsible, `owner: name@example.com`"),
        reason=entry.text("reason", "write why no alert is needed, `reason: ...`"),
        until=_until(entry, today),
        actors=tuple(_actor(text) for _, text in entry.texts("actor", "actors")),
        objects=tuple(_objects(entry)),
    )


def _instead(rule: str, rules: Collection[str]) -> str:
    return suggest(rule, rules) if rules else "detections/ has no rules"


def _actor(text: str) -> str:
    """Return a normalized principal, with its account if that is given, or a person's name.

    A person is named as the identity provider writes it.
    """
    try:
        return normal_form(text)
    except InvalidInputError:
        return text


def _objects(entry: Entry) -> Iterator[str]:
    for where, text in entry.texts("object", "objects"):
        if RESOURCE.match(text):
            yield text
            continue
        try:
            pattern = parse_pattern(text)
        except InvalidInputError as error:
            entry.refuse(where, error.what, error.instead)
        else:
            yield f"s3://{pattern.bucket}" if pattern.key == "*" else pattern.uri


def _until(entry: Entry, today: date) -> str:
    example = date(today.year + 1, 1, 31)
    instead = f"write the first day on which it no longer applies, `until: {example}`"
    until = read_date(entry, "until", example, instead)
    if until is None:
        return ""
    if until <= today:
        entry.warn(
            ("until",), f"ended on {until} and no longer applies", "remove it, or agree on a new end date"
        )
    return until.isoformat()
