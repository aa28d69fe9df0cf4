"""Plans a merge: what becomes of each file of a rules folder, a detection and its tests always together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from s3watch_cli.pack.folder import NEW, Files, Pack, Role, Unit, group, id_of, is_detection, tests_of
from s3watch_cli.pack.lock import KnownUnit, Lock, lock_of
from s3watch_cli.pack.merge import Change, decide

PENDING = ("new", "updated", "merged", "moved")  # what writes a file


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one file."""

    file: str  # its path from now on
    change: Change
    content: bytes | None = None  # what is to be written to it, if anything
    was: str = ""  # its path until now, if another
    about: tuple[str, ...] = ()  # the pieces that this is about, if not all
    beside: bytes | None = None  # what is to be merged into it by hand


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a merge by units, and which of these are in conflict."""

    units: Mapping[str, Sequence[Step]]
    conflicts: frozenset[str]

    @property
    def steps(self) -> Iterator[Step]:
        """The steps of all units."""
        return (step for steps in self.units.values() for step in steps)

    @property
    def contents(self) -> dict[str, bytes]:
        """What is to be written to which file."""
        return {step.file: step.content for step in self.steps if step.content is not None}

    @property
    def beside(self) -> dict[str, bytes]:
        """What is to be written beside which file, to be merged by hand."""
        return {f"{step.file}{NEW}": step.beside for step in self.steps if step.beside is not None}

    @property
    def gone(self) -> list[str]:
        """The files to delete once all is written."""
        gone = {step.was or step.file for step in self.steps if step.was or step.change == "removed"}
        return sorted(gone - self.contents.keys())


def plan(lock: Lock | None, mine: Files, pack: Pack) -> Plan:
    """Plan how a folder becomes that of a newer pack."""
    known, theirs = lock.units if lock else {}, group(pack.files)
    found = _Mine(mine)
    units = {
        key: _Unit(
            known.get(key, {}),
            found.locate(key, known.get(key, {}), theirs.get(key, {})),
            theirs.get(key, {}),
        )
        for key in {**theirs, **known}
    }
    steps = {key: unit.steps(mine, pack.files) for key, unit in units.items()}
    conflicts = {key for key, each in steps.items() if any(step.change == "conflict" for step in each)}
    settled = {
        key: _wait(each, units[key], pack.files) if key in conflicts else each for key, each in steps.items()
    }
    while taken := _taken(settled, mine):
        conflicts |= taken
        settled |= {key: _wait(steps[key], units[key], pack.files, taken=True) for key in taken}
    return Plan(settled, frozenset(conflicts))


def next_lock(lock: Lock | None, pack: Pack, waiting: Iterable[str]) -> Lock:
    """Return the lock after a merge: that of the pack, but for units that wait the base that they had."""
    new, old = lock_of(pack), lock.units if lock else {}
    waiting = set(waiting)
    units = {key: unit for key, unit in new.units.items() if key not in waiting}
    return Lock(units | {key: old[key] for key in waiting if key in old}, pack.version)


class _Mine:
    """The files of a rules folder, found by what a pack calls them."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.by_id: dict[str, list[str]] = {}  # paths of detections; those without an id have an empty one
        for path in filter(is_detection, files):
            self.by_id.setdefault(id_of(files[path]), []).append(path)

    def locate(self, key: str, known: KnownUnit, theirs: Unit) -> Unit:
        """Return the paths of a unit: a detection has its id, or none and its name."""
        if "file" in known or "file" in theirs:
            return {"file": key} if key in self.files else {}
        names = [*([known["detection"].path] if known else []), *([theirs["detection"]] if theirs else [])]
        having = self.by_id.get(key, []) or [name for name in names if name in self.by_id.get("", [])]
        detection = next((name for name in names if name in having), having[0] if having else "")
        if not detection:
            return {}
        unit: dict[Role, str] = {"detection": detection}
        tests = [
            tests_of(detection),
            known["tests"].path if "tests" in known else "",
            theirs.get("tests", ""),
        ]
        for path in tests:
            if path in self.files and self._tests_only(path, detection):
                unit["tests"] = path
                break
        return unit

    def _tests_only(self, tests: str, detection: str) -> bool:
        return all(tests_of(path) != tests or path == detection for path in self.files if is_detection(path))


@dataclass(frozen=True, slots=True)
class _Unit:
    known: KnownUnit
    mine: Unit
    theirs: Unit

    def steps(self, mine: Files, theirs: Files) -> list[Step]:
        """Return what becomes of each file; those without any change too."""
        if self.known and not self.mine:
            return [Step(path, "deleted") for path in self.theirs.values()]
        steps = [
            self._step(role, mine, theirs)
            for role in ("detection", "tests", "file")
            if role in self.mine or role in self.theirs
        ]
        if not self.theirs and any(step.change != "removed" for step in steps):
            return [Step(path, "kept") for path in self.mine.values()]
        return steps

    def _step(self, role: Role, mine: Files, theirs: Files) -> Step:
        known, at, new = self.known.get(role), self.mine.get(role), self.theirs.get(role)
        outcome = decide(known, mine[at] if at else None, theirs[new] if new else None)
        moves = at and new and new != at and known and known.path == at
        path = (new if moves else at) or new or ""
        was = at if moves and at else ""
        change, about = outcome.change, outcome.about
        if was and change in {"unchanged", "kept"}:
            change = "moved"
        elif at and new and at != new and not was and change == "unchanged":
            change, about = "kept", ("its name",)
        return Step(path, change, outcome.content if change in PENDING else None, was, about)


def _wait(steps: Sequence[Step], unit: _Unit, theirs: Files, *, taken: bool = False) -> list[Step]:
    """Leave all files of a unit as they are, since one of them is in conflict."""
    return [_leave(step, unit, theirs, taken=taken) for step in steps]


def _leave(step: Step, unit: _Unit, theirs: Files, *, taken: bool) -> Step:
    if step.change == "removed":
        return replace(step, change="kept")
    if step.change not in {*PENDING, "conflict"}:
        return step
    change: Change = "conflict" if step.change == "conflict" or taken else "waits"
    new = step.content
    if step.change == "conflict":
        role = next(role for role in unit.theirs if step.file in {unit.mine.get(role), unit.theirs[role]})
        new = theirs[unit.theirs[role]]
    about = step.about if step.change == "conflict" or not taken else ("its name",)
    file = step.was or step.file
    return replace(step, file=file, change=change, content=None, was="", about=about, beside=new)


def _taken(units: Mapping[str, Sequence[Step]], mine: Files) -> set[str]:
    """Return the units that would write over a file which is not theirs."""
    steps = [(key, step) for key, each in units.items() for step in each]
    leaving = {step.was or step.file for _, step in steps if step.was or step.change == "removed"}
    staying = mine.keys() - leaving
    return {key for key, step in steps if (step.was or step.change == "new") and step.file in staying}


def old_name(step: Step) -> str:
    """Return the name by which other rules know a detection that is moved or removed, else nothing."""
    path = step.was or (step.file if step.change == "removed" else "")
    return PurePosixPath(path).stem if is_detection(path) else ""
