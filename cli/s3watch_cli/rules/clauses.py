"""Reads and checks the clauses of a Sigma rule, `field|modifiers: values`, each mistake with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sigma.exceptions import SigmaError
from sigma.modifiers import modifier_mapping
from sigma.rule import SigmaDetectionItem

from s3watch_cli.rules.diagnostics import Diagnostics, InvalidInputError, suggest
from s3watch_cli.rules.located_yaml import Document, Place
from s3watch_cli.rules.lowering import check_regex, lower_item

ACCOUNT_ID_DIGITS = 12  # a number of 12 digits is an account ID without its quotes
COMPARING = frozenset({"lt", "lte", "gt", "gte"})
INSTEAD = {  # what to write instead of what pySigma refuses, by modifier
    "cidr": "write a network such as 192.0.2.0/24",
    "fieldref": "write the name of one field",
    "base64": "write text without wildcards",
    "base64offset": "write text without wildcards",
    "wide": "write plain ASCII text",
    "windash": "write the dashes out in several values",
}
NUMERIC = COMPARING | {"minute", "hour", "day", "week", "month", "year", "neq", "all"}


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause as written in the rule."""

    field: str  # empty for a keyword search in the whole record
    modifiers: tuple[str, ...]
    values: tuple[Any, ...]
    place: Place

    @property
    def key(self) -> str:
        """The field and its modifiers, as Sigma writes them."""
        return "|".join((self.field, *self.modifiers))


def read_clauses(document: Document, diagnostics: Diagnostics) -> list[Clause]:
    """Return every clause of a rule's searches; mistakes in them go to `diagnostics`."""
    searches = document.value.get("detection")
    clauses = [
        clause
        for name, search in (searches.items() if isinstance(searches, dict) else ())
        if name != "condition"
        for clause in _clauses(search, ("detection", name), document, diagnostics)
    ]
    for clause in clauses:
        _Check(clause, document, diagnostics).run()
    return clauses


def _clauses(search: Any, place: Place, document: Document, diagnostics: Diagnostics) -> Iterator[Clause]:
    if search in ({}, []):
        diagnostics.refuse(document.path, document.line(*place), f"`{place[-1]}` is empty", "add a clause")
    elif isinstance(search, dict):
        for key, value in search.items():
            yield _clause(key, value, (*place, key))
    elif isinstance(search, list) and any(isinstance(one, dict | list) for one in search):
        for at, one in enumerate(search):
            yield from _clauses(one, (*place, at), document, diagnostics)
    else:
        yield _clause("", search, place)


def _clause(key: str, value: Any, place: Place) -> Clause:
    field, *modifiers = key.split("|")
    return Clause(field, tuple(modifiers), tuple(value) if isinstance(value, list) else (value,), place)


@dataclass(frozen=True, slots=True)
class _Check:
    """Checks one clause: common mistakes first, then whatever pySigma or the lowering refuses."""

    clause: Clause
    document: Document
    diagnostics: Diagnostics

    def run(self) -> None:
        before = len(self.diagnostics.mistakes)
        for modifier in self.clause.modifiers:
            if modifier not in modifier_mapping:
                self._refuse(f"unknown modifier `{modifier}`", suggest(modifier, modifier_mapping))
        if len(self.diagnostics.mistakes) > before:
            return  # nobody knows what its values may be
        if not self.clause.values:
            self._refuse("an empty list of values", "write null for a field that is absent")
        for at, value in enumerate(self.clause.values):
            self._check_value(value, (*self.clause.place, at))
        if len(self.diagnostics.mistakes) == before:
            self._build()

    def _refuse(self, what: str, instead: str = "", place: Place | None = None) -> None:
        line = self.document.line(*(place or self.clause.place))
        self.diagnostics.refuse(self.document.path, line, what, instead)

    def _check_value(self, value: Any, place: Place) -> None:
        if isinstance(value, dict | list):
            kind = "mapping" if isinstance(value, dict) else "list"
            self._refuse(f"a {kind} where Sigma expects a value", "write nested fields with dots, a.b", place)
        elif {place, self.clause.place} & self.document.dates:
            self._refuse(f"an unquoted date, {value}", f'write "{value}" in quotes', place)
        elif "exists" in self.clause.modifiers:
            if not isinstance(value, bool):
                self._refuse(f"`exists` takes true or false, not {value}", "write true or false", place)
        elif isinstance(value, bool | None):
            self._check_word(value, place)
        elif isinstance(value, str):
            self._check_text(value, place)
        else:
            self._check_number(value, place)

    def _check_text(self, value: str, place: Place) -> None:
        if COMPARING.intersection(self.clause.modifiers):
            self._refuse(f'cannot compare with the text "{value}"', "write a number without quotes", place)
        elif "re" in self.clause.modifiers:
            try:
                check_regex(value)
            except InvalidInputError as error:
                self._refuse(error.what, error.instead, place)

    def _check_word(self, value: bool | None, place: Place) -> None:
        odd = [modifier for modifier in self.clause.modifiers if modifier not in ("neq", "all")]
        if odd:
            self._refuse(f"{_WORDS[value]} with the modifier `{odd[0]}`", "remove the modifier", place)

    def _check_number(self, value: float, place: Place) -> None:
        odd = [modifier for modifier in self.clause.modifiers if modifier not in NUMERIC]
        if len(str(value)) == ACCOUNT_ID_DIGITS and not COMPARING.intersection(self.clause.modifiers):
            self._refuse(f"an unquoted account ID, {value}", f'write "{value}" in quotes', place)
        elif odd:
            self._refuse(
                f"the number {value} with the modifier `{odd[0]}`", f'write "{value}" in quotes', place
            )

    def _build(self) -> None:
        try:
            lower_item(SigmaDetectionItem.from_mapping(self.clause.key, list(self.clause.values)))
        except InvalidInputError as error:
            self._refuse(error.what, error.instead)
        except SigmaError as error:
            instead = next((INSTEAD[name] for name in self.clause.modifiers if name in INSTEAD), "")
            self._refuse(str(error).rstrip("."), instead)
        except Exception:  # noqa: BLE001  # pySigma itself fails on some combinations, such as exists|re
            self._refuse(f"`{self.clause.key}` does not accept this value", "remove a modifier")


_WORDS = {None: "null", True: "true", False: "false"}
