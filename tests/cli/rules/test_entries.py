from __future__ import annotations

from datetime import date

import pytest
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.entries import entries, read_date

from tests.support.rule_folders import read

EXAMPLE = date(2027, 1, 31)


def read_until(text: str) -> tuple[date | None, list[str]]:
    diagnostics = Diagnostics()
    document = read(f"- a: b\n{text}")
    (entry,) = entries(document, diagnostics, (), document.value)
    found = read_date(entry, "until", EXAMPLE, "write `until:`")
    return found, [f"{one.line}: {one.what}; {one.instead}" for one in diagnostics.mistakes]


@pytest.mark.parametrize("text", ["2027-01-02", '"2027-01-02"'], ids=["plain", "quoted"])
def test_a_date_is_read(text):
    assert read_until(f"  until: {text}\n") == (date(2027, 1, 2), [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  until: soon\n", "2: `soon` is not a date; write it as 2027-01-31"),
        ("  until: 2027-02-30\n", "2: `2027-02-30` is not a date; write it as 2027-01-31"),
        ("", "1: no `until`; write `until:`"),
    ],
    ids=["a word", "no such day", "none"],
)
def test_what_is_none_is_a_mistake_with_its_line(text, said):
    assert read_until(text) == (None, [said])
