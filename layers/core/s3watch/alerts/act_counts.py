"""Writes how often each act was done: `deleted 2, copied out 1, read 40`, for headlines and rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from s3watch.text import count

Acts = Sequence[tuple[str, int]]  # accesses by act, the gravest act first

_COUNTED = {  # acts on one object each: done, and tried
    "read": ("read", "read"),
    "list": ("listed", "list"),
    "inspect": ("inspected", "inspect"),
    "write": ("wrote", "write"),
    "delete": ("deleted", "delete"),
    "copy-out": ("copied out", "copy out"),
}
_OTHER = ("made other calls", "make other calls")
_REPEATED = {  # acts on something that a number alone does not name
    "opened": ("opened access", "open access"),
    "trail-stopped": ("stopped a trail", "stop a trail"),
    "own-part": ("changed s3watch itself", "change s3watch itself"),
    "protection": ("changed protection", "change protection"),
    "permission": ("changed permissions", "change permissions"),
    "replication": ("changed replication", "change replication"),
    "trail-change": ("changed a trail", "change a trail"),
    "configuration": ("changed settings", "change settings"),
    "finding": ("was reported", "be reported"),
}


def counted(acts: Acts, outcome: str) -> list[str]:
    """Write each act with its number; of those not successful the words that follow `tried to`."""
    return [_counted(act, number, outcome) for act, number in acts]


def _counted(act: str, number: int, outcome: str) -> str:
    if act in _COUNTED:
        return f"{_word(_COUNTED[act], outcome)} {number:,}"
    words = _word(_REPEATED.get(act, _OTHER), outcome)
    return words if number == 1 else f"{words} {count(number, 'time')}"


def on_objects(act: str, outcome: str) -> str:
    """Write an act as a verb that is followed by `57 objects`."""
    if words := _COUNTED.get(act):
        return _word(words, outcome)
    if act == "opened":
        return _word(("opened", "open"), outcome)
    if act in _REPEATED:
        return f"{_word(_REPEATED[act], outcome)} of"
    return f"{_word(_OTHER, outcome)} on"


def more(act: str, number: int) -> str:
    """Write how often an act was done beside the one that a sentence names."""
    return (
        f"{number:,} more"
        if act in _COUNTED
        else f"{number:,} more such {'call' if number == 1 else 'calls'}"
    )


def without(acts: Acts, others: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the acts less the numbers of others; acts of which none is left are left out."""
    less = dict(others)
    left = [(act, number - less.get(act, 0)) for act, number in acts]
    return [(act, number) for act, number in left if number > 0]


def _word(words: tuple[str, str], outcome: str) -> str:
    done, tried = words
    return done if outcome == "success" else tried
