"""Where a function's code, layers and runtime lie on this machine, and its sys.path."""

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


def put_paths(value: str, code: Path, opt: Path) -> str:
    """Replace Lambda's /opt and /var/task in a variable's value by the folders here."""
    value = re.sub(r"(?<![\w/.-])/opt(?=[/:]|$)", lambda _: str(opt), value)
    return re.sub(r"(?<![\w/.-])/var/task(?=[/:]|$)", lambda _: str(code), value)


def search_path(code: Path, opt: Path, runtime: Path) -> list[str]:
    """Return sys.path before the standard library, in Lambda's order, and last what comes after it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = (opt / "python" / "lib" / version / "site-packages", opt / "python")
    return [str(folder) for folder in (code, *layers, runtime)]


def unpack(under: Path, archives: Sequence[bytes]) -> Path:
    """Unpack zip files into one folder, later ones over earlier ones, as Lambda merges layers.

    The folder is named by content and kept, so that a second start copies and compiles nothing.
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
    """Link boto3 and its dependencies into a folder: the packages that Lambda's Python runtime includes."""
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
