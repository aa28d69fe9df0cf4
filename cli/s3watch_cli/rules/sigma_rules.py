"""Reads one Sigma file: checks it, parses it with pySigma, and lowers it to a Detection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

from msgspec.structs import replace
from s3watch.detection.conditions import WHOLE_RECORD, fields_of, leaves
from s3watch.ruleset import SEVERITIES, Condition, Detection, Severity
from sigma.conditions import ConditionItem
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule, SigmaRuleBase

from s3watch_cli.rules.clauses import Clause, read_clauses
from s3watch_cli.rules.correlation_rules import NEVER, read_correlation
from s3watch_cli.rules.diagnostics import Diagnostics, InvalidInputError
from s3watch_cli.rules.entries import Entry
from s3watch_cli.rules.first_seen import asks_of_earlier, of_access_alone
from s3watch_cli.rules.located_yaml import DEPTH, Document
from s3watch_cli.rules.lowering import Searches, join
from s3watch_cli.rules.steps import check_steps, read_steps

CONDITION = ("detection", "condition")
LOGSOURCE = {"product": "aws", "service": "cloudtrail"}
WORD = re.compile(r"[()]|[^()\s]+")  # of a condition
TEXTS = (
    "title", "id", "name", "taxonomy", "status", "description", "author", "date", "modified", "level",
    "license",
)  # fmt: skip
LISTS = ("references", "tags", "falsepositives", "fields", "scope")
KEYS = {"SigmaIdentifierError": "id", "SigmaValueError": "tags"}  # errors that are not named like the key
INSTEAD = {
    "title": "add `title:` and the rule in a few words",
    "id": "write a UUID, or remove the line",
    "level": f"write one of {', '.join(SEVERITIES)}",
    "status": "write one of stable, test, experimental, deprecated, unsupported",
    "tags": "write `namespace.name`, such as attack.t1530",
    "logsource": "write `logsource: {product: aws, service: cloudtrail}`",
    "detection": "add `detection:` with at least one search and a `condition:`",
    "condition": "add `condition:` with the names of the searches",
    "date": "write it as 2026-11-20",
    "modified": "write it as 2026-11-20",
    "related": "write `- {id: UUID, type: similar}`",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A detection, with the clauses and the document that it was read from, for further checks."""

    detection: Detection
    clauses: tuple[Clause, ...]
    document: Document


def read_rule(name: str, document: Document, diagnostics: Diagnostics) -> Rule | None:
    """Read the rule of one file, None if it has mistakes; they go to `diagnostics`."""
    before = len(diagnostics.mistakes)
    if not isinstance(document.value, dict):
        instead = "write a mapping with title, logsource and detection"
        diagnostics.refuse(document.path, 1, "not a Sigma rule", instead)
        return None
    top = Entry(document, diagnostics, (), document.value)
    if _is_unsupported(top):
        return None
    skip = _check_head(top)
    if "correlation" in top.value:
        return _read_correlation(name, top, skip)
    head = len(diagnostics.mistakes)
    clauses = read_clauses(document, diagnostics)
    if len(diagnostics.mistakes) > head:
        skip |= {"detection", "condition"}
    rule = _parse(top, skip)
    if len(diagnostics.mistakes) > before:
        return None
    whole = _lower(rule, top)
    if whole is None:
        return None
    detection = _detection(name, rule, whole, top.value)
    return Rule(_split(detection, top), tuple(clauses), document)


def _split(detection: Detection, top: Entry) -> Detection:
    """Match by what the access itself must fulfil, if a detection also asks of earlier ones."""
    whole = detection.condition
    if not asks_of_earlier(whole):
        return detection
    if (condition := of_access_alone(whole)) is None:
        top.refuse(
            CONDITION,
            "it says nothing about the access itself, so that each one would have to be remembered",
            "add a search for it, such as `s3.label: payroll`, and join both by `and`",
        )
    return replace(detection, condition=condition or whole, whole=whole)


def _read_correlation(name: str, top: Entry, skip: set[str]) -> Rule | None:
    known = {key: value for key, value in top.value.items() if key not in skip}
    found = read_correlation(top, known)
    if found is None or len(top.diagnostics.about(top.document.path).mistakes):
        return None
    rule, correlation = found
    detection = _detection(name, rule, NEVER, top.value)
    return Rule(replace(detection, correlation=correlation), (), top.document)


def _is_unsupported(top: Entry) -> bool:
    for key, (what, instead) in UNSUPPORTED.items():
        if key in top.value:
            top.refuse((key,), what, instead)
            return True
    return False


UNSUPPORTED = {
    "filter": ("Sigma filters are not supported", "write it into the rule, or use exceptions.yaml"),
    "action": ("Sigma's old `action:` documents are not supported", "write one complete rule in each file"),
}


def _check_head(top: Entry) -> set[str]:
    """Check the types of the rule's keys, which pySigma does not; return the keys with mistakes."""
    wrong = {key: "text" for key in TEXTS if not isinstance(top.value.get(key), str | None)}
    wrong |= {key: "a list of texts" for key in LISTS if not _is_list_of_texts(top.value.get(key))}
    for key, kind in wrong.items():
        top.refuse((key,), f"`{key}` is not {kind}", INSTEAD.get(key, f"write {kind}"))
    check_steps(top)
    if not isinstance(top.value.get("signal", False), bool):
        top.refuse(
            ("signal",), "`signal` is neither true nor false", "write `signal: true`, or remove the line"
        )
    source = top.value.get("logsource")
    if isinstance(source, dict) and any(source.get(key, word) != word for key, word in LOGSOURCE.items()):
        top.refuse(("logsource",), "s3watch reads only CloudTrail records", INSTEAD["logsource"])
    return {*wrong, "respond", "signal"}  # the latter two pySigma does not know


def _is_list_of_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _parse(top: Entry, skip: set[str]) -> SigmaRule:
    """Parse the rule with pySigma, without the keys that are already known to be wrong."""
    known = {key: value for key, value in top.value.items() if key not in skip}
    rule = SigmaRule.from_dict(known, collect_errors=True)
    for error in rule.errors:
        kind = type(error).__name__
        key = KEYS.get(kind, kind.removeprefix("Sigma").removesuffix("Error").lower())
        if key not in skip:
            top.refuse(CONDITION if key == "condition" else (key,), _sentence(error), INSTEAD.get(key, ""))
    return rule


def _sentence(error: SigmaError) -> str:
    return str(error).rstrip(".")


def _lower(rule: SigmaRule, top: Entry) -> Condition | None:
    """Lower the conditions of a rule; several are alternatives, as in Sigma."""
    searches = Searches(rule.detection)
    lowered = []
    for condition in rule.detection.parsed_condition:
        if not isinstance(condition.condition, str):
            top.refuse(
                CONDITION, f"the condition is not text but {condition.condition}", INSTEAD["condition"]
            )
            return None
        if _depth(condition.condition) > DEPTH:
            top.refuse(
                CONDITION,
                f"the condition is nested more than {DEPTH} levels deep",
                "write fewer brackets and `not`s",
            )
            return None
        try:
            lowered.append(searches.lower(cast("ConditionItem", condition.parse(postprocess=False))))
        except InvalidInputError as error:
            top.refuse(CONDITION, error.what, error.instead)
            return None
        except SigmaError as error:
            top.refuse(CONDITION, f"the condition is not understood: {_sentence(error)}")
            return None
    return join("or", lowered)


def _depth(condition: str) -> int:
    """Return how deep a condition is nested, by the brackets and `not`s around any of its parts."""
    deepest = depth = pending = 0  # pending: `not`s since the last part or bracket
    outside: list[int] = []  # the depth around each open bracket
    for word in WORD.findall(condition):
        if word == "not":
            pending += 1
        elif word == "(":
            outside.append(depth)
            depth, pending = depth + pending + 1, 0
        else:
            depth, pending = outside.pop() if word == ")" and outside else depth, 0
        deepest = max(deepest, depth + pending)
    return deepest


def _detection(name: str, rule: SigmaRuleBase, condition: Condition, written: dict[str, Any]) -> Detection:
    return Detection(
        rule=name,
        title=rule.title,
        level=cast("Severity", str(rule.level)) if rule.level else "medium",
        condition=condition,
        fields=tuple(
            sorted({name for leaf in leaves(condition) for name in fields_of(leaf)} - {WHOLE_RECORD})
        ),
        id=str(rule.id or ""),
        why=" ".join((rule.description or "").split()),
        false_positives=tuple(rule.falsepositives),
        respond=read_steps(written.get("respond") or []),
        references=tuple(rule.references),
        tags=tuple(map(str, rule.tags)),
        is_signal=written.get("signal", False),
    )
