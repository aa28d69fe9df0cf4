"""Decides what becomes of one file, by what it came from, what its user has, and what the new pack has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from s3watch_cli.pack.lock import Known
from s3watch_cli.pack.pieces import digest, join, merge, split

type Change = Literal[
    "new",  # only the pack has it
    "updated",  # replaced by the pack's, since nobody had changed it
    "merged",  # both changed it, in different pieces
    "moved",  # has another name in the pack, and here from now on
    "removed",  # the pack has it no longer, and nobody had changed it
    "kept",  # changed here, not in the pack; or not in the pack any longer
    "deleted",  # deleted here, so it stays away
    "conflict",  # both changed the same, or nothing says who changed it: left as it is
    "waits",  # could be updated, but belongs to one in conflict
    "unchanged",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a file: its content, None if it goes or stays away, and which pieces that is about."""

    change: Change
    content: bytes | None
    about: tuple[str, ...] = ()


def decide(known: Known | None, mine: bytes | None, theirs: bytes | None) -> Outcome:
    """Merge one file three ways; `known` is None if nothing says what mine came from."""
    if mine is None:
        return Outcome("deleted", None) if known or theirs is None else Outcome("new", theirs)
    if theirs is None:
        untouched = known is not None and digest(mine) == known.whole
        return Outcome("removed", None) if untouched else Outcome("kept", mine)
    if digest(mine) == digest(theirs):
        return Outcome("unchanged", mine)
    if known is None:
        return Outcome("conflict", mine)
    if digest(mine) == known.whole:
        return Outcome("updated", theirs)
    if digest(theirs) == known.whole:
        return Outcome("kept", mine, _changed(known, mine))
    return _merge(known, mine, theirs)


def _changed(known: Known, content: bytes) -> tuple[str, ...]:
    """Return the names of the pieces that differ from what is known."""
    digests = {name: digest(text) for name, text in (split(content) or {}).items()}
    names = {**known.pieces, **digests} if known.pieces and digests else {}
    return tuple(name for name in names if known.pieces.get(name) != digests.get(name))


def _merge(known: Known, mine: bytes, theirs: bytes) -> Outcome:
    own, new = split(mine), split(theirs)
    if not own or not new or not known.pieces:
        return Outcome("conflict", mine)
    pieces, conflicts = merge(known.pieces, own, new)
    if conflicts:
        return Outcome("conflict", mine, tuple(conflicts))
    content = join(pieces)
    if content is None:
        return Outcome("conflict", mine)
    if digest(content) == digest(mine):
        return Outcome("kept", mine, _changed(known, mine))
    return Outcome("merged", content, _changed(known, theirs))
