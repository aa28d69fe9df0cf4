"""Reads the detections and tests of a rules folder, and finds the pack that comes with s3watch."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from s3watch.errors import SettingError
from s3watch.version import __version__

from s3watch_cli.compiler import YAML

NEW = ".new"  # behind the name of a file that is to be merged by hand
MEANT = ("detections", "tests")  # the folders of a pack; all else in a rules folder is its users' alone
INSTALLED = Path("share", "s3watch", "rules")  # pyproject.toml, data-files
VERSION = re.compile(r'^__version__ = "([\w.+-]+)"', re.MULTILINE)
ID = re.compile(rb"^id:[ \t]+[\"']?([0-9A-Fa-f-]{36})\b", re.MULTILINE)  # also of a file that is no YAML

type Role = Literal["detection", "tests", "file"]
type Unit = Mapping[Role, str]  # a detection and its tests, or another file: the path of each
type Files = Mapping[str, bytes]  # by path within the folder, as on Unix


@dataclass(frozen=True, slots=True)
class Pack:
    """The files of a pack, and which version of s3watch it belongs to (empty if nothing says it)."""

    files: Files
    version: str


def own_folder() -> Path:
    """Return the rules that come with this s3watch: of its checkout, or where it is installed."""
    checkout = Path(__file__).resolve().parents[3] / "rules"
    return checkout if (checkout / MEANT[0]).is_dir() else Path(sysconfig.get_path("data"), INSTALLED)


def read_pack(folder: Path | None) -> Pack:
    """Read a pack from a rules folder or a checkout of s3watch; None means that of this s3watch.

    Raises SettingError for a folder without detections, OSError.
    """
    rules = rules_of(folder)
    if not (rules / MEANT[0]).is_dir():
        raise SettingError(f"{folder or rules}: no detections; name a rules folder or a checkout of s3watch")
    return Pack(read_files(rules), __version__ if folder is None else _version(rules))


def rules_of(folder: Path | None) -> Path:
    """Return the rules folder that is meant by one of these."""
    if folder is None:
        return own_folder()
    return folder if (folder / MEANT[0]).is_dir() else folder / "rules"


def _version(rules: Path) -> str:
    path = rules.parent / "layers/core/s3watch/version.py"
    found = VERSION.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[1] if found else ""


def read_files(folder: Path) -> dict[str, bytes]:
    """Read all files of detections/ and tests/, but hidden ones and those to be merged by hand."""
    found = sorted(path for name in MEANT for path in (folder / name).rglob("*") if path.is_file())
    paths = {path.relative_to(folder).as_posix(): path for path in found}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.suffix != NEW and not any(part.startswith(".") for part in PurePosixPath(name).parts)
    }


def is_detection(path: str) -> bool:
    """Return whether a path is that of a detection."""
    return path.startswith("detections/") and path.endswith(YAML)


def tests_of(path: str) -> str:
    """Return the path of the tests of a detection."""
    return f"tests/{PurePosixPath(path).stem}.yml"


def id_of(content: bytes) -> str:
    """Return the id of a detection in lower case, empty if it has none."""
    found = ID.search(content)
    return found[1].decode().lower() if found else ""


def group(files: Files) -> dict[str, Unit]:
    """Return the units of a folder: a detection by its id (or path, if none is its alone), others by path."""
    units: dict[str, Unit] = {}
    tested: set[str] = set()
    for path in filter(is_detection, files):
        key, tests = id_of(files[path]), tests_of(path)
        units[path if not key or key in units else key] = (
            {"detection": path, "tests": tests}
            if tests in files and tests not in tested
            else {"detection": path}
        )
        tested.add(tests)
    rest: Iterable[str] = (path for path in files if not is_detection(path) and path not in tested)
    return units | {path: {"file": path} for path in rest}
