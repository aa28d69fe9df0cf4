"""Suggests what to add to catalogue or exceptions, by the alerts of a stack and what was said about them.

It is what a mail about the alert says, of all alerts that say the same: if somebody judged one of them to be
expected or false, or if they came again on several days. Nothing is suggested that would silence what has to
alert (proof.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as change
from datetime import date
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace
from s3watch.alerts.alert import Alert
from s3watch.alerts.email.exception_entry import exceptions
from s3watch.alerts.email.expected_entry import expected_entry, who_else
from s3watch.alerts.email.if_expected import covered
from s3watch.canary import is_canary
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import alert_of
from s3watch.ruleset import Detection, Ruleset
from s3watch.text import count
from s3watch.times import day_of

from s3watch_cli.alerts.listing import Place
from s3watch_cli.alerts.timeline import iso
from s3watch_cli.attach.aws_errors import translate_errors_of_library
from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.output import Format, note, show_texts
from s3watch_cli.rules.catalogue_file import read_catalogue
from s3watch_cli.rules.diagnostics import Diagnostics, report
from s3watch_cli.rules.exceptions_file import read_exceptions
from s3watch_cli.rules.located_yaml import Document, read_yaml
from s3watch_cli.silence.proof import Proof, read_records

DAYS = 5  # on which something has to come again before it is taken for usual: a working week
BEFORE = "- name: suggested\n  match: s3://suggested\n  expected:\n"  # an entry of the catalogue

Kind = Literal["expected", "exception"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Lines to paste, and the alerts that would not have come with them."""

    kind: Kind
    label: str
    lines: tuple[str, ...]
    groups: tuple[Group, ...]
    warning: str = ""

    @property
    def days(self) -> int:
        """On how many days such alerts began."""
        return len({day_of(each.first) for each in self.groups})

    @property
    def judged(self) -> int:
        """How many of them somebody judged to be expected or false."""
        return sum(each.is_quiet for each in self.groups)

    @property
    def unjudged(self) -> int:
        """How many accesses came after the verdict on their alert, and are in the lines all the same.

        A verdict without detections is of a version that did not keep what the alert had said by then.
        """
        judged = [(each.count, each.verdict) for each in self.groups if each.verdict and each.is_quiet]
        return sum(counted - verdict.count for counted, verdict in judged if verdict.rules)

    def row(self) -> dict[str, Any]:
        """Return what is suggested, and why."""
        return {
            "kind": self.kind,
            "label": self.label,
            "yaml": "\n".join(self.lines),
            "rules": sorted({rule for each in self.groups for rule in each.rules}),
            "alerts": [each.id for each in self.groups],
            "accesses": sum(each.count for each in self.groups),
            "days": self.days,
            "judged": self.judged,
            "last": iso(max(each.latest for each in self.groups)),
            "warning": " ".join(self._warnings()),
        }

    def _warnings(self) -> Iterator[str]:
        if self.warning:
            yield self.warning
        if self.unjudged > 0:
            yield f"Nobody has judged {count(self.unjudged, 'access')} that came after the verdict."


def find_suggestions(
    groups: Iterable[Group], detections: Mapping[str, Detection], days: int
) -> list[Suggestion]:
    """Return what the alerts suggest, what most of them are about first; nothing is proven yet."""
    alike = defaultdict[tuple[Kind, str, tuple[str, ...], str], list[Group]](list)
    for group in sorted(groups, key=lambda one: one.first):
        if said := _read(group, detections):
            alike[said].append(group)
    found = (Suggestion(*said[:3], tuple(some), said[3]) for said, some in alike.items())
    usual = [each for each in found if each.judged or (each.kind == "expected" and each.days >= days)]
    return sorted(usual, key=lambda each: (-len(each.groups), each.label, each.lines))


def _read(group: Group, detections: Mapping[str, Detection]) -> tuple[Kind, str, tuple[str, ...], str] | None:
    """Return what a mail about an alert says that would end such alerts."""
    if group.evidence.finding or group.evidence.review or group.is_overflow or is_canary(group.rules):
        return None
    alert = _as_judged(alert_of(group, "first"), group)
    if entry := expected_entry(alert, detections):
        return "expected", group.label, tuple(entry), who_else(alert)
    return ("exception", group.label, tuple(exceptions(alert)), covered(alert)) if group.is_quiet else None


def _as_judged(alert: Alert, group: Group) -> Alert:
    """Return an alert with the acts and detections that it had when somebody judged it to be expected."""
    if not (verdict := group.verdict) or not group.is_quiet or not verdict.rules:
        return alert
    rules = tuple(each for each in alert.rules if each in verdict.rules)
    acts = tuple(each for each in alert.acts if each[0] in verdict.acts)
    return replace(alert, rules=rules, rule=rules[0], acts=acts) if rules and acts else alert


def suggest(place: Place, rules_dir: Path, days: int, form: Format) -> None:
    """Print what the alerts of a stack suggest, if it is proven to silence nothing that has to alert.

    Raises RuleError, RefusedError and OSError.
    """
    diagnostics, day = Diagnostics(), today()
    ruleset = compile_folder(rules_dir, day, diagnostics).ruleset
    records = read_records(rules_dir, ruleset, diagnostics)
    report(diagnostics)
    _, listing, table = place.open()
    with translate_errors_of_library(f"the table {table}"):
        groups = list(listing.all_groups())
    proof = Proof(ruleset, records, groups, day.isoformat())
    found = find_suggestions(groups, {each.rule: each for each in ruleset.detections}, days)
    proven = [each for each in found if _is_proven(each, ruleset, proof, day)]
    show_texts([_with_doubt(each, proof).row() for each in proven], form, _write)
    note(
        f"{count(len(proven), 'suggestion')}; with each of them {proof.accesses:,} accesses of rules/tests"
        f" and {count(proof.true_positives, 'true positive')} still alert"
    )


def _write(row: Mapping[str, Any]) -> str:
    place = f"`expected` of {row['label']} in rules/catalogue.yaml"
    where = place if row["kind"] == "expected" else "rules/exceptions.yaml"
    accesses, alerts = count(row["accesses"], "access"), count(len(row["alerts"]), "alert")
    why = f"{accesses} in {alerts} on {count(row['days'], 'day')}"
    said = f", {row['judged']} of these judged expected or false" if row["judged"] else ""
    warning = f"\n\n{row['warning']}" if row["warning"] else ""
    return f"{', '.join(row['rules'])}: {why}{said}\nAdd to {where}:\n\n{row['yaml']}{warning}\n"


def _with_doubt(one: Suggestion, proof: Proof) -> Suggestion:
    """Return a suggestion that says so if no access of rules/tests could object to it."""
    if one.label in proof.labels:
        return one
    doubt = f"No access of rules/tests that alerts has the label {one.label}: add cases of what has to alert."
    return change(one, warning=f"{one.warning} {doubt}".strip()) if one.label else one


def _is_proven(one: Suggestion, ruleset: Ruleset, proof: Proof, day: date) -> bool:
    """Return whether a suggestion silences nothing that has to alert; say so if it does."""
    if why := find_objection(one, ruleset, proof, day):
        about = f"{one.label or one.groups[0].bucket} for {one.groups[0].evidence.principal}"
        note(f"not suggested, {one.kind} of {about}: {why}")
        return False
    return True


def find_objection(one: Suggestion, ruleset: Ruleset, proof: Proof, day: date) -> str:
    """Return why a suggestion must not be made; empty if it may."""
    diagnostics = Diagnostics()
    changed = apply(one, ruleset, day, diagnostics)
    if diagnostics.mistakes:
        return str(diagnostics.mistakes[0])
    if changed == ruleset:
        return "the catalogue has no entry of that name"
    if lost := proof.find_lost(ruleset, changed):
        return f"alert {lost[0]} of the same caller was judged a true positive"
    return "it would silence an access of rules/tests" if proof.silences(changed) else ""


def apply(one: Suggestion, ruleset: Ruleset, day: date, diagnostics: Diagnostics) -> Ruleset:
    """Return the rules with a suggestion's lines in their place, read as they would be there."""
    if one.kind == "exception":
        names = [each.rule for each in ruleset.detections]
        document = _document("\n".join(one.lines), diagnostics)
        added = read_exceptions(document, names, day, diagnostics) if document else ()
        return replace(ruleset, exceptions=(*ruleset.exceptions, *added))
    document = _document(BEFORE + "\n".join(one.lines), diagnostics)
    read = read_catalogue(document, diagnostics).ruleset().labels if document else ()
    expected = read[0].expected if read else ()
    labels = [
        replace(each, expected=(*each.expected, *expected)) if each.name == one.label else each
        for each in ruleset.labels
    ]
    return replace(ruleset, labels=tuple(labels))


def _document(text: str, diagnostics: Diagnostics) -> Document | None:
    return read_yaml("the suggestion", text.encode(errors="replace"), diagnostics)
