"""Reads the principals of catalogue entries: written out, or as `set/NAME`, which several entries share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from s3watch_cli.rules.diagnostics import InvalidInputError, suggest
from s3watch_cli.rules.entries import Entry
from s3watch_cli.rules.located_yaml import Place
from s3watch_cli.rules.principals import ORIGIN_ACCESS, normal_form

SET = "set/"


@dataclass(slots=True)
class Principals:
    """Reads and normalizes principals; keeps the sets of the catalogue."""

    account: str  # account ID of the bucket owner, empty if not given
    sets: dict[str, list[str]] = field(default_factory=dict)

    def read_sets(self, top: Entry) -> None:
        """Read the named sets; a set holds principals, not other sets."""
        sets = top.value.get("sets")
        if sets is None:
            return
        if not isinstance(sets, dict):
            top.refuse(("sets",), "`sets` is not a mapping", "write `name: [role/x, role/y]`, one a line")
            return
        entry = Entry(top.document, top.diagnostics, (*top.place, "sets"), sets)
        self.sets = {name: list(self._forms(entry, name)) for name in sets}

    def of(self, entry: Entry, *keys: str) -> Iterator[str]:
        """Yield the principals under any of these keys, those of sets included."""
        for place, text in entry.texts(*keys):
            if text.startswith(SET):
                yield from self._members(entry, place, text.removeprefix(SET))
            else:
                yield from self._form(entry, place, text)

    def _members(self, entry: Entry, place: Place, name: str) -> list[str]:
        if name not in self.sets:
            known = (SET + each for each in self.sets)
            instead = suggest(SET + name, known) if self.sets else "define it in `sets:`"
            entry.refuse(place, f"unknown set `{name}`", instead)
        return self.sets.get(name, [])

    def _forms(self, entry: Entry, key: str) -> Iterator[str]:
        for place, text in entry.texts(key):
            yield from self._form(entry, place, text)

    def _form(self, entry: Entry, place: Place, text: str) -> Iterator[str]:
        try:
            form = normal_form(text, self.account)
        except InvalidInputError as error:
            entry.refuse(place, error.what, error.instead)
            return
        if text.startswith("arn:") and not self.account and not ORIGIN_ACCESS.fullmatch(form):
            what = f"`{text}` is treated as a principal of another account"
            own = form.partition(":")[2]
            entry.warn(place, what, f"write {own} if it belongs to the bucket's account, or set `account:`")
        yield form
