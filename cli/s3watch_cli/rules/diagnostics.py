"""Mistakes and warnings about a rules folder, all collected before any is reported."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from s3watch.errors import Mistake, RuleError
from s3watch.text import elide

from s3watch_cli.output import note, show_controls

if TYPE_CHECKING:
    from collections.abc import Iterable


MOST_SHOWN = 12  # words; more do not fit a line
# Characters of what is wrong, or of what to write: nobody reads more of a value that is quoted
MOST_TEXT = 500
MOST_COMPARED = 250  # words, of which the most similar one is suggested: 3 us each, for each mistake


class InvalidInputError(Exception):
    """A text in a rules folder that is not valid: what is wrong, and what to write instead."""

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        self.instead = instead
        super().__init__(what)


@dataclass(slots=True)
class Diagnostics:
    """Collects what the readers of rule files find: mistakes stop the build, warnings do not."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    def refuse(self, path: str, line: int, what: str, instead: str = "") -> None:
        """Add a mistake; `line` counts from 1, `instead` says what to write."""
        self.mistakes.append(Mistake(path, line, _in_one_line(what), _in_one_line(instead)))

    def warn(self, path: str, line: int, what: str, instead: str = "") -> None:
        """Add a warning."""
        self.warnings.append(Mistake(path, line, _in_one_line(what), _in_one_line(instead)))

    def about(self, path: str) -> Diagnostics:
        """Return those about one file."""
        mistakes, warnings = (
            [one for one in found if one.path == path] for found in (self.mistakes, self.warnings)
        )
        return Diagnostics(mistakes, warnings)

    def sorted_warnings(self) -> list[Mistake]:
        """Return the warnings by file and line."""
        return sorted(self.warnings, key=lambda warning: (warning.path, warning.line))

    def raise_if_any(self, *, strict: bool = False) -> None:
        """Raise RuleError if there are mistakes; `strict` counts warnings as mistakes."""
        mistakes = self.mistakes + (self.warnings if strict else [])
        if mistakes:
            raise RuleError(mistakes)


def _in_one_line(text: str) -> str:
    """Return what may quote any text of a file as one line of bounded length."""
    return elide(show_controls(text), MOST_TEXT)


def report(diagnostics: Diagnostics, *, strict: bool = False) -> None:
    """Print warnings, then raise RuleError if there are mistakes; `strict` counts warnings as mistakes."""
    if not strict:
        for warning in diagnostics.sorted_warnings():
            note(str(replace(warning, what=f"warning: {warning.what}")))
    diagnostics.raise_if_any(strict=strict)


def nearest(word: str, words: Iterable[str], alike: float = 0.75) -> str | None:
    """Return the most similar of `words`, None below a similarity of `alike` (difflib's ratio, 0 to 1).

    Compares MOST_COMPARED of them at most.
    """
    folded = {known.lower(): known for known in islice(words, MOST_COMPARED)}
    close = get_close_matches(word.lower(), folded, n=1, cutoff=alike)
    return folded[close[0]] if close else None


def suggest(word: str, words: Iterable[str]) -> str:
    """Say what to write instead of an unknown word: the most similar known word, else a list of them."""
    known = list(islice(words, MOST_COMPARED))
    close = nearest(word, known)
    if close:
        return f"write `{close}`"
    more = ", ..." if len(known) > MOST_SHOWN else ""
    return f"write one of {', '.join(known[:MOST_SHOWN])}{more}"
