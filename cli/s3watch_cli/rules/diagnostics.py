"""What is wrong with a rules folder: every mistake and every doubt, collected before anything is reported."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from s3watch.errors import Mistake, RuleError

from s3watch_cli.output import note

if TYPE_CHECKING:
    from collections.abc import Iterable


SHOWN = 12  # words that a line can hold


class RefusedError(Exception):
    """Something that can not be read as it is written: what, and what to write instead."""

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        self.instead = instead
        super().__init__(what)


@dataclass(slots=True)
class Findings:
    """A collector that readers of rule files share: mistakes stop the build, warnings do not."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    def refuse(self, path: str, line: int, what: str, instead: str = "") -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(path, line, what, instead))

    def doubt(self, path: str, line: int, what: str, instead: str = "") -> None:
        """Note a warning."""
        self.warnings.append(Mistake(path, line, what, instead))

    def sorted_warnings(self) -> list[Mistake]:
        """The warnings, by file and line."""
        return sorted(self.warnings, key=lambda warning: (warning.path, warning.line))

    def raise_if_any(self, *, strict: bool = False) -> None:
        """Raise RuleError with all mistakes, and with the warnings as well where `strict`."""
        mistakes = self.mistakes + (self.warnings if strict else [])
        if mistakes:
            raise RuleError(mistakes)


def report(findings: Findings, *, strict: bool = False) -> None:
    """Print the warnings, then raise RuleError if there are mistakes; with `strict` a warning is one."""
    if not strict:
        for warning in findings.sorted_warnings():
            note(str(replace(warning, what=f"warning: {warning.what}")))
    findings.raise_if_any(strict=strict)


def nearest(word: str, words: Iterable[str], alike: float = 0.75) -> str | None:
    """The one of `words` that somebody who wrote `word` most likely meant; `alike` as difflib's ratio."""
    folded = {known.lower(): known for known in words}
    close = get_close_matches(word.lower(), folded, n=1, cutoff=alike)
    return folded[close[0]] if close else None


def write_instead(word: str, words: Iterable[str]) -> str:
    """The mend for an unknown word: the nearest known one, else the known ones."""
    known = list(words)
    close = nearest(word, known)
    if close:
        return f"write `{close}`"
    more = ", ..." if len(known) > SHOWN else ""
    return f"write one of {', '.join(known[:SHOWN])}{more}"
