"""What mails advise to paste, read out of them and pasted as a person would, through the real parsers."""

from __future__ import annotations

import re

from msgspec.structs import replace
from s3watch.ruleset import Ruleset
from s3watch_cli.rules.catalogue_file import read_catalogue
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.exceptions_file import read_exceptions
from s3watch_cli.rules.located_yaml import Document, read_yaml

from tests.support.situations import CATALOGUE, TODAY, shipped

PERMANENTLY = re.compile(
    r"If this is expected permanently, add to `expected` of (.+) in rules/catalogue\.yaml, "
    r"indented like the entries there:\n\n((?: .*\n)+)"
)
TEMPORARILY = re.compile(
    r"If this is expected temporarily, add to rules/exceptions\.yaml:\n\n((?:[-# ] .*\n)+)"
)


def offered(body: str) -> list[str]:
    """Return what a mail offers to paste: `expected`, `exceptions`."""
    found = {"expected": PERMANENTLY.search(body), "exceptions": TEMPORARILY.search(body)}
    return [name for name, match in found.items() if match]


def with_expected(body: str) -> Ruleset:
    """The rules after the mail's entry is pasted below `expected:` of its label, which may have none yet."""
    found = PERMANENTLY.search(body)
    assert found
    before, name, after = CATALOGUE.read_text(encoding="utf-8").partition(f"  - name: {found[1]}\n")
    own, blank, others = after.partition("\n\n")
    head, expected, rest = own.partition("\n    expected:\n")
    pasted = f"{before}{name}{head}\n    expected:\n{found[2]}{rest if expected else ''}{blank}{others}"
    diagnostics = Diagnostics()
    catalogue = read_catalogue(_document(pasted, diagnostics), diagnostics).ruleset()
    assert name
    assert diagnostics.mistakes == []
    return replace(catalogue, detections=shipped().detections)


def with_exceptions(body: str) -> Ruleset:
    """The rules after the mail's entries are pasted into exceptions.yaml."""
    found = TEMPORARILY.search(body)
    assert found
    diagnostics = Diagnostics()
    names = [each.rule for each in shipped().detections]
    exceptions = read_exceptions(_document(found[1], diagnostics), names, TODAY, diagnostics)
    assert [*diagnostics.mistakes, *diagnostics.warnings] == []
    return replace(shipped(), exceptions=exceptions)


def _document(text: str, diagnostics: Diagnostics) -> Document:
    document = read_yaml("pasted.yaml", text.encode(), diagnostics)
    assert document
    return document
