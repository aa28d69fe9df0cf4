"""Where a function's code, layers and runtime lie on this machine, and the paths by which it finds them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import re
import shutil
import sys
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path

RUNTIME_PACKAGES = ("boto3", "botocore")  # Lambda's Python has these and what they need, and no more


def placed(value: str, code: Path, opt: Path) -> str:
    """A variable's value, with paths in Lambda's /opt and /var/task put where they lie here."""
    value = re.sub(r"(?<![\w/.-])/opt(?=[/:]|$)", lambda _: str(opt), value)
    return re.sub(r"(?<![\w/.-])/var/task(?=[/:]|$)", lambda _: str(code), value)


def search_path(code: Path, opt: Path, runtime: Path) -> list[str]:
    """What comes before the standard library on sys.path, in Lambda's order, and last what comes after it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = (opt / "python" / "lib" / version / "site-packages", opt / "python")
    return [str(folder) for folder in (code, *layers, runtime)]


def unpacked(under: Path, archives: Sequence[bytes]) -> Path:
    """The folder with these zip files' content, later ones over earlier ones, as Lambda merges layers.

    Named by content and kept, so that a second start finds compiled modules and copies nothing.
    """
    digests = b"".join(hashlib.sha256(archive).digest() for archive in archives)
    digest = hashlib.sha256(digests).hexdigest()[:24]
    folder = under / digest
    if folder.exists():
        return folder
    building = under / f"{digest}.{uuid.uuid4().hex}"
    building.mkdir(parents=True)
    for archive in archives:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            opened.extractall(building)
    try:
        building.rename(folder)
    except OSError:  # another environment of the function was faster
        shutil.rmtree(building)
    return folder


def lay_runtime(folder: Path) -> None:
    """Link boto3 and what it needs into a folder of their own: the packages that Lambda's Python brings."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _needed(RUNTIME_PACKAGES):
        distribution = importlib.metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or ()}
        for top in tops - {"..", "__pycache__"}:
            if not top.endswith(".dist-info"):
                (folder / top).symlink_to(str(distribution.locate_file(top)))


def _needed(names: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += [
                re.split(r"[^\w.-]", need, maxsplit=1)[0]
                for need in importlib.metadata.requires(name) or ()
                if "extra ==" not in need
            ]
    return list(found)
