"""Checks the parameters of a deployment against the templates: names, values, and what goes together.

`sam deploy` drops a parameter that the template does not have, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from s3watch_cli.rules.diagnostics import nearest, suggest
from s3watch_cli.template_values import LIST, UNKNOWN, Parameters, Stack, references, split_list

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
ASKED = frozenset({"TrailAlsoRecords"})  # in words, until it is set, were it to its default
VANISHED = "delete it: CHANGELOG.md says if another one takes its place"
TIME_ZONE = "TimeZone"  # no pattern knows the names; a wrong one stops every function at its start


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that is more than a service takes, or no value for it, and what to do."""

    what: str
    instead: str
    parameter: str = ""  # the deployment's own whose name or value it is


def refused_parameters(stack: Stack, given: Mapping[str, str]) -> Iterator[Refusal]:
    """Yield what CloudFormation refuses, in the template's words if it has any, and what SAM drops.

    `given` are the deployment's own parameters; those of a nested stack are the template's.
    """
    declared = stack.values.document.get("Parameters", {})
    if not stack.within:
        yield from _unknown(given, declared)
    for name, one in declared.items():
        text = stack.values.parameters.get(name, UNKNOWN)
        for value in split_list(text) if one["Type"] == LIST else [text]:
            if UNKNOWN not in value and (instead := _instead_of(name, value, one)):
                told = f"is {_quoted(value)}" if value else "has an empty value"
                yield Refusal(f"{_told(stack, name)} {told}", instead, stack.origins.get(name, ""))
    yield from _broken_rules(stack)


def _unknown(given: Mapping[str, str], declared: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in given:
        if name not in declared and not name.startswith("AWS::"):
            what = f"the template has no parameter `{name}`, and SAM would drop it"
            close = nearest(name, declared)
            yield Refusal(what, f"write `{close}`" if close else VANISHED, name)


def only_repeat(given: Mapping[str, str], declared: Parameters) -> list[str]:
    """Return the parameters that are set to their defaults, but for those that the build wants to be said."""
    defaults = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    return [name for name, value in given.items() if defaults.get(name) == value and name not in ASKED]


def vanished(given: Mapping[str, str], declared: Parameters) -> list[str]:
    """Return the parameters that the template does not have, nor one of a similar name."""
    return [name for name in given if name not in declared and not nearest(name, declared)]


def _told(stack: Stack, name: str) -> str:
    """Return the name under which somebody who deploys knows a parameter, if there is one."""
    return stack.origins.get(name, stack.within + name)


def _quoted(value: str) -> str:
    return f"`{value}`" if value else "empty"


def _instead_of(name: str, value: str, declared: Mapping[str, Any]) -> str:
    """Return what to write for a value that a parameter does not take; empty if it takes it."""
    allowed = [str(one) for one in declared.get("AllowedValues", [value])]
    if value not in allowed:
        return suggest(value, allowed)
    if declared["Type"] == "Number":
        return _instead_of_number(value, declared)
    if name == TIME_ZONE and value not in available_timezones():
        return _instead_of_time_zone(value)
    pattern = declared.get("AllowedPattern", ".*")
    if re.fullmatch(pattern, value, re.DOTALL):
        return ""
    words = declared.get("ConstraintDescription")
    return f"it must be {' '.join(words.split())}" if words else f"write what matches {pattern}"


def _instead_of_time_zone(value: str) -> str:
    area = value.partition("/")[0] + "/"
    close = nearest(value, sorted(zone for zone in available_timezones() if zone.startswith(area)))
    return f"write `{close}`" if close else "write a name of the IANA database, such as Europe/Berlin"


def _instead_of_number(value: str, declared: Mapping[str, Any]) -> str:
    if not NUMBER.fullmatch(value):
        return "write a number"
    least, most = declared.get("MinValue", value), declared.get("MaxValue", value)
    if float(value) < float(least):
        return f"write a number of at least {least}"
    return f"write a number of at most {most}" if float(value) > float(most) else ""


def _broken_rules(stack: Stack) -> Iterator[Refusal]:
    """Yield the assertions of the template's Rules that do not hold, with the parameters that they are about.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
    """
    for rule in stack.values.document.get("Rules", {}).values():
        applies = "RuleCondition" not in rule or stack.values.holds(rule["RuleCondition"])
        for assertion in rule["Assertions"] if applies else ():
            if not stack.values.holds(assertion["Assert"]):
                yield _broken(stack, assertion)


def _broken(stack: Stack, assertion: Mapping[str, Any]) -> Refusal:
    names = dict.fromkeys(references(assertion["Assert"]))
    values = {name: stack.values.parameters.get(name, "") for name in names}
    what = " and ".join(f"{_told(stack, name)} is {_quoted(value)}" for name, value in values.items())
    given = next((name for name, value in values.items() if value), "")
    return Refusal(what, assertion["AssertDescription"], stack.origins.get(given, ""))
