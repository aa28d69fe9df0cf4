"""Checks one well-formed rule: unknown fields and labels, impossible values, events that never arrive.

A mistake cannot be meant as it is written. A warning may be: public rules name events of other services.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import Any, get_args

from s3watch.correlation import Correlation
from s3watch.facts.fields import FACTS
from s3watch.facts.identity import PrincipalType
from s3watch.facts.operations import S3_EVENTS, Operation, Outcome, Scope
from s3watch.facts.requests import own_parts
from s3watch.ruleset import SEVERITIES, Condition

from s3watch_cli.lint.attack import find_unknown
from s3watch_cli.lint.cloudtrail_fields import FIELDS, LAKE_ONLY, is_documented
from s3watch_cli.lint.event_names import (
    DELIVERED,
    EVENT_OF_CALL,
    LOGGED_SOURCES,
    OWN_EVENTS,
    OWN_SOURCES,
    SOURCES,
    TRAIL_EVENTS,
    is_read_only_management,
)
from s3watch_cli.rules.clauses import Clause
from s3watch_cli.rules.diagnostics import Diagnostics, nearest, suggest
from s3watch_cli.rules.entries import Entry
from s3watch_cli.rules.located_yaml import Place
from s3watch_cli.rules.sigma_rules import Rule

TYPO_SIMILARITY = 0.88  # of difflib: PutBucketPolcy is a typo, PutGroupPolicy an event of IAM
RECOMMENDED_KEYS = ("description", "falsepositives", "respond", "references", "level", "tags")
KEYS = [
    "title",
    "id",
    "related",
    "name",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "date",
    "modified",
    "references",
    "tags",
    "level",
    "logsource",
    "detection",
    "fields",
    "falsepositives",
    "scope",
    "respond",
    "signal",
    "correlation",
]
WILDCARD = re.compile(r"[*?\[]")  # of fnmatch
DELIVERED_LOWER = frozenset(map(str.lower, DELIVERED))
OWN_LOWER = frozenset(map(str.lower, OWN_EVENTS))
VALUES: dict[str, tuple[str, ...]] = {  # the only values that these facts can have
    "s3.operation": get_args(Operation),
    "s3.scope": get_args(Scope),
    "s3.outcome": get_args(Outcome),
    "s3.own_part": get_args(own_parts.Kind),
    "s3.principal_type": get_args(PrincipalType),
    "s3.label_severity": SEVERITIES,
    "s3.auth": ("header", "query", "form", "none"),
    "s3.signature": ("SigV2", "SigV4", "SigV4A"),
    "s3.network_kind": ("ip", "vpce", "aws-service", "aws-internal", "unknown"),
    "s3.weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "s3.feed": ("cloudtrail", "access-log", "s3-event"),
}


def lint(rule: Rule, labels: Collection[str], diagnostics: Diagnostics) -> None:
    """Check one rule against the fields and values of accesses, and the events that s3watch receives."""
    _Lint(rule, labels, diagnostics).run()


class _Lint:
    def __init__(self, rule: Rule, labels: Collection[str], diagnostics: Diagnostics) -> None:
        self.rule = rule
        self.labels = labels
        self.top = Entry(rule.document, diagnostics, (), rule.document.value)
        self.asserted = dict(_asserted(rule.detection.condition))

    def run(self) -> None:
        self._check_head()
        if correlation := self.rule.detection.correlation:
            self._check_counted(correlation)
            return
        self._check_searches()
        for clause in self.rule.clauses:
            self._check_field(clause.place, clause.field)
            if "fieldref" in clause.modifiers:
                for name in clause.values:
                    self._check_field(clause.place, name)
        self._check_events()
        for clause in self.rule.clauses:
            self._check_values(clause)

    def _check_head(self) -> None:
        written = self.top.value
        missing = [key for key in RECOMMENDED_KEYS if not written.get(key)]
        if missing:
            self.top.warn((), f"no {', '.join(missing)}", "add them for the readers of the alert")
        for place, technique in find_unknown(self.rule.detection.tags):
            what = f"`{technique}` is no technique of MITRE ATT&CK 18.1"
            self.top.warn(("tags", place), what, "look it up at https://attack.mitre.org/techniques")
        for key in written:
            meant = None if key in KEYS else nearest(key, KEYS)
            if meant:
                self.top.warn((key,), f"unknown key `{key}`", f"write `{meant}`")

    def _check_searches(self) -> None:
        """Report searches that the condition never uses."""
        searches = self.top.value["detection"]
        conditions = searches["condition"]
        words = set(
            re.findall(r"[\w*-]+", conditions if isinstance(conditions, str) else " ".join(conditions))
        )
        patterns = ["*"] if "them" in words else [word for word in words if "*" in word]
        for name in [name for name in searches if name != "condition" and name not in words]:
            if not any(fnmatchcase(name, pattern) for pattern in patterns):
                self.top.warn(
                    ("detection", name), f"the condition never uses `{name}`", "use it, or remove it"
                )

    def _check_counted(self, correlation: Correlation) -> None:
        """Report fields that no access has; aliases are named for what rules call them."""
        aliases = {alias for alias, _, _ in correlation.aliases}
        for place, names in (
            ("group-by", correlation.group_by),
            ("condition", (correlation.field,)),
            ("aliases", [field for _, _, field in correlation.aliases]),
        ):
            for name in names:
                if name not in aliases:
                    self._check_field(("correlation", place), name)

    def _check_field(self, place: Place, field: str) -> None:
        if not field or field in FACTS or is_documented(field):
            return
        if field.startswith("s3."):
            self.top.refuse(place, *_unknown_fact(field))
        elif field.partition(".")[0] == LAKE_ONLY:
            self.top.warn(place, f"`{field}` exists only in CloudTrail Lake", "remove it: no record has it")
        elif meant := nearest(field, FIELDS | set(FACTS)):
            self.top.refuse(place, f"CloudTrail has no field `{field}`", f"write `{meant}`")
        else:
            self.top.warn(
                place,
                f"CloudTrail documents no field `{field}`",
                "check it: records may never have it",
            )

    def _check_events(self) -> None:
        """Report event sources and names that never arrive; what the rule excludes may name any."""
        sources = self._asserted("eventSource")
        is_on_own_parts = any(clause.field == "s3.own_part" for clause in self.rule.clauses)
        arriving = OWN_SOURCES if is_on_own_parts else SOURCES
        for place, source in sources:
            if source.lower() not in arriving:
                self._check_source(place, source)
        if sources and not any(source.lower() in arriving for _, source in sources):
            return
        names = self._asserted("eventName")
        is_of_own = is_on_own_parts or any(source.lower() in own_parts.SOURCES for _, source in sources)
        delivered = DELIVERED_LOWER | OWN_LOWER if is_of_own else DELIVERED_LOWER
        undelivered = [(place, name) for place, name in names if name.lower() not in delivered]
        for place, name in undelivered:
            self._check_undelivered(place, name, alone=len(undelivered) == len(names))

    def _asserted(self, field: str) -> list[tuple[Place, str]]:
        """Return the complete texts that the rule requires in a field, each with its place."""
        wanted = self.asserted.get(field, frozenset())
        return [
            ((*clause.place, at), value)
            for clause in self.rule.clauses
            for at, value in enumerate(clause.values)
            if clause.field == field and value in wanted
        ]

    def _check_source(self, place: Place, source: str) -> None:
        known = ", ".join(sorted(SOURCES))
        if source.lower() in LOGGED_SOURCES:
            return
        if source.endswith(".amazonaws.com"):
            what = f"s3watch receives no events of `{source}`"
            self.top.warn(place, what, f"remove the rule, only events of {known} arrive")
        else:
            self.top.refuse(place, f"unknown event source `{source}`", f"write one of {known}")

    def _check_undelivered(self, place: Place, name: str, *, alone: bool) -> None:
        """Report an event name that never arrives; a typo is a mistake if the rule has no other name."""
        meant = EVENT_OF_CALL.get(name) or nearest(name, [*S3_EVENTS, *TRAIL_EVENTS], TYPO_SIMILARITY)
        if is_read_only_management(name):
            what = f"`{name}` is a read-only management event, which EventBridge does not deliver"
            self.top.warn(place, what, "only `s3watch replay` finds it, in log files")
        elif meant and alone:
            self.top.refuse(place, f"CloudTrail records no event `{name}`", f"write `{meant}`")
        elif meant:
            self.top.warn(place, f"CloudTrail records no event `{name}`", f"write `{meant}`")
        else:
            self.top.warn(
                place, f"`{name}` is not an event of S3 or CloudTrail", "remove it: it never arrives"
            )

    def _check_values(self, clause: Clause) -> None:
        known: Collection[str] = VALUES.get(clause.field, ())
        if clause.field in FACTS and FACTS[clause.field].kind == "bool":
            known = ("true", "false")
        whole = set(clause.modifiers) <= {"cased", "neq", "all"}
        if clause.field in ("s3.label", "s3.bucket_labels") and whole:
            self._check_labels(clause)
        elif known and whole:
            for text in _texts(clause.values):
                if not any(fnmatchcase(one.lower(), text.lower()) for one in known):
                    self.top.refuse(clause.place, f"`{clause.field}` is never `{text}`", suggest(text, known))

    def _check_labels(self, clause: Clause) -> None:
        known = {label.lower() for label in self.labels}
        for text in _texts(clause.values):
            if text.lower() not in known and not any(
                fnmatchcase(one, text.lower()) for one in _wild(text, known)
            ):
                instead = suggest(text, self.labels) if self.labels else "add it to catalogue.yaml"
                self.top.warn(clause.place, f"the catalogue has no label `{text}`", instead)


def _texts(values: Collection[Any]) -> Iterator[str]:
    return (
        str(value).lower() if isinstance(value, bool) else str(value) for value in values if value is not None
    )


def _wild(text: str, words: Collection[str]) -> Collection[str]:
    """Return the words that a text could match by its wildcards: none if it has none."""
    return words if WILDCARD.search(text) else ()


def _unknown_fact(field: str) -> tuple[str, str]:
    return f"unknown fact `{field}`", suggest(field, FACTS)


def _asserted(condition: Condition) -> Iterator[tuple[str, frozenset[str]]]:
    """Return the complete texts that a condition requires by field, without those under a `not`."""
    texts: dict[str, set[str]] = {}
    for leaf in _positive(condition):
        if leaf.op == "eq":
            texts.setdefault(leaf.field, set()).update(leaf.values)
    return ((field, frozenset(values)) for field, values in texts.items())


def _positive(condition: Condition) -> Iterator[Condition]:
    if condition.op in ("and", "or"):
        for part in condition.of:
            yield from _positive(part)
    elif condition.op != "not":
        yield condition
