"""Reads whom a catalogue names: its principals, written out or as `set/NAME`, and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from s3watch.text import is_visible

from s3watch_cli.rules.diagnostics import InvalidInputError, suggest
from s3watch_cli.rules.entries import Entry
from s3watch_cli.rules.located_yaml import Place
from s3watch_cli.rules.principals import ORIGIN_ACCESS, normal_form

SET = "set/"
ACCOUNT = re.compile(r"\d{12}", re.ASCII)
DIGITS = 'write its 12 digits in quotes: "111122223333"'
ACCOUNT_NAME = re.compile(r'[^()"]{1,40}')  # alerts put it in brackets, behind the number


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


def read_account(top: Entry) -> str:
    """Read the account ID of the bucket owner, empty if it is not given."""
    account = top.text("account")
    if account and not ACCOUNT.fullmatch(account):
        top.refuse(("account",), f"`{account}` is not an account ID", DIGITS)
        return ""
    return account


def read_accounts(top: Entry) -> tuple[tuple[str, str], ...]:
    """Read what people call accounts: IDs and names, sorted."""
    named = top.value.get("accounts")
    if not isinstance(named, dict | None):
        instead = 'write `"111122223333": hr-prod`, one a line'
        top.refuse(("accounts",), "`accounts` is not a mapping", instead)
        return ()
    entry = Entry(top.document, top.diagnostics, (*top.place, "accounts"), named or {})
    return tuple((number, name) for number in sorted(entry.value) if (name := _account_name(entry, number)))


def _account_name(entry: Entry, number: str) -> str:
    name = entry.text(number)
    if not ACCOUNT.fullmatch(number):
        entry.refuse((number,), f"`{number}` is not an account ID", DIGITS)
    elif entry.value[number] is None:
        entry.refuse((number,), "an account without a name", "write what you call it, or remove the line")
    elif name and not (ACCOUNT_NAME.fullmatch(name) and all(map(is_visible, name))):
        what = f"`{name}` is not a name of an account"
        entry.refuse((number,), what, "write at most 40 characters, without brackets and quotation marks")
    return name
