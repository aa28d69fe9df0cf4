"""Merges a newer pack into a rules folder: shows what becomes of each file, and writes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from s3watch.errors import RefusedError, SettingError
from s3watch.text import count

from s3watch_cli.compiler import EXCEPTIONS, STAGING
from s3watch_cli.output import Format, note, replace_file, show
from s3watch_cli.pack.folder import NEW, Files, read_files, read_pack, rules_of
from s3watch_cli.pack.lock import FILE, Lock, encode_lock, lock_of, read_lock
from s3watch_cli.pack.mentions import find_mentions
from s3watch_cli.pack.plan import Plan, Step, next_lock, old_name, plan

COLUMNS = ("change", "file", "was", "about")


def update_rules(
    folder: Path, source: Path | None, base: Path | None, form: Format, *, write: bool, write_conflicts: bool
) -> bool:
    """Print what a newer pack changes in a folder, and with `write` change it; return whether all is merged.

    `write_conflicts` also writes what is to be merged by hand beside the files. Raises SettingError,
    RefusedError, OSError.
    """
    _refuse_itself(folder, source, base)
    pack = read_pack(source)
    lock = lock_of(read_pack(base)) if base else read_lock(folder)
    mine = read_files(folder)
    planned = plan(lock, mine, pack)
    show([_row(step) for step in planned.steps if step.change != "unchanged"], form, COLUMNS)
    for text in _mentions(folder, mine, planned):
        note(text)
    if write:
        _write(folder, planned, write_conflicts=write_conflicts)
        waiting = frozenset() if write_conflicts else planned.conflicts
        replace_file(folder / FILE, encode_lock(next_lock(lock, pack, waiting)))
    for text in _sum_up(folder, lock, planned, write=write, beside=write and write_conflicts):
        note(text)
    return not planned.conflicts


def _refuse_itself(folder: Path, source: Path | None, base: Path | None) -> None:
    """Refuse a folder as its own update or base: the user's changes would count as the pack's."""
    if folder.resolve() == rules_of(source).resolve():
        where = "comes with this s3watch" if source is None else "is the one to update"
        raise SettingError(f"{folder}: {where}; name a newer one: --from ../s3watch-NEWER")
    if base and folder.resolve() == rules_of(base).resolve():
        raise SettingError(f"{folder}: is what you edited; name with --base what it was before, as released")


def _row(step: Step) -> dict[str, Any]:
    return {"change": step.change, "file": step.file, "was": step.was, "about": list(step.about)}


def _write(folder: Path, planned: Plan, *, write_conflicts: bool) -> None:
    beside = planned.beside if write_conflicts else {}
    for name, content in beside.items():
        path = folder / name
        if path.exists() and path.read_bytes() != content:
            raise RefusedError(f"{path}: from an earlier update; merge and delete it, then update again")
    for name, content in (planned.contents | beside).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    for name in planned.gone:
        (folder / name).unlink()


def _mentions(folder: Path, mine: Files, planned: Plan) -> Iterator[str]:
    """Yield where files name detections that are renamed or gone."""
    renamed = {name: Path(step.file).stem for step in planned.steps if (name := old_name(step))}
    own = [name for name in (EXCEPTIONS, STAGING) if (folder / name).is_file()]
    files = {name: (folder / name).read_bytes() for name in own}
    files |= {name: text for name, text in {**mine, **planned.contents}.items() if name not in planned.gone}
    for name, line, old in find_mentions(files, renamed):
        becomes = f"which is `{renamed[old]}` now" if renamed[old] != old else "which is gone"
        yield f"{folder / name}:{line}: names `{old}`, {becomes}; change it"


def _sum_up(folder: Path, lock: Lock | None, planned: Plan, *, write: bool, beside: bool) -> Iterator[str]:
    changes = Counter(step.change for step in planned.steps)
    yield f"{folder}: " + ", ".join(f"{number} {change}" for change, number in sorted(changes.items()))
    if planned.conflicts and lock is None:
        yield (
            f"{folder / FILE} is missing, so nothing says what these files came from: name the rules of your"
            " version with --base"
        )
    if planned.conflicts:
        files = count(changes["conflict"], "file")
        yield (
            f"{files} to merge by hand: the new version is beside, as NAME{NEW}"
            if beside
            else f"{files} to merge by hand, left as before; --write-conflicts writes the new version beside"
        )
    if write:
        yield f"check them: `s3watch test {folder}`, then build and deploy"
    elif planned.contents or planned.gone:
        yield "no file is changed without --write"
