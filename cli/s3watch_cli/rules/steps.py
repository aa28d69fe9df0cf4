"""Reads the `respond` of a detection: lines of advice, of which some hold only for certain alerts."""

from __future__ import annotations

from typing import Any, cast, get_args

from s3watch.ruleset import CALLERS, Step, When

from s3watch_cli.rules.diagnostics import suggest
from s3watch_cli.rules.entries import Entry

LINES = 3  # for any one alert: as many as people read
WHEN: tuple[str, ...] = get_args(When)
KEYS = ("when", "do", "kept", "lost")
INSTEAD = "write up to three lines, each `- text` or `- {when: credentials, do: text}`"


def check_steps(top: Entry) -> None:
    """Report what is wrong with the steps under `respond`."""
    written = top.value.get("respond")
    if written is None:
        return
    if not isinstance(written, list):
        top.refuse(("respond",), "`respond` is not a list of steps", INSTEAD)
        return
    found = [_is_step(top, at, one) for at, one in enumerate(written)]
    if all(found):
        _check_number(top, read_steps(written))


def _is_step(top: Entry, at: int, written: Any) -> bool:
    place = ("respond", at)
    if isinstance(written, str):
        return True
    if not isinstance(written, dict) or not _is_text(written):
        top.refuse(place, "a step of `respond` is not text", INSTEAD)
        return False
    step = Entry(top.document, top.diagnostics, place, written)
    unknown = [key for key in written if key not in KEYS]
    for key in unknown:
        step.refuse((key,), f"unknown key `{key}`", suggest(str(key), KEYS))
    never = "when" in written and written["when"] not in WHEN
    if never:
        step.refuse(("when",), f"`when` is never `{written['when']}`", suggest(written["when"], WHEN))
    return not (unknown or never)


def _is_text(written: dict[Any, Any]) -> bool:
    return "do" in written and all(isinstance(written[key], str) for key in KEYS if key in written)


def _check_number(top: Entry, steps: tuple[Step, ...]) -> None:
    """Report more steps than an alert shows, for any kind of caller."""
    for caller in ("", *CALLERS):
        number = sum(step.when in ("", "keys-unknown", caller) for step in steps)
        if number > LINES:
            whom = f" for `{caller}`" if caller else ""
            top.refuse(("respond",), f"`respond` has more than {LINES} lines{whom}", INSTEAD)
            return


def read_steps(written: list[str | dict[str, str]]) -> tuple[Step, ...]:
    """Return steps that were checked."""
    return tuple(Step(one) if isinstance(one, str) else _read(one) for one in written)


def _read(one: dict[str, str]) -> Step:
    return Step(one["do"], cast("When", one.get("when", "")), one.get("kept", ""), one.get("lost", ""))
