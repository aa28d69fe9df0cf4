"""The file that says which versions of a pack's files a rules folder came from: the base of the next merge.

It holds digests, of each file and of each piece of it, and no texts: enough to tell who changed what.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from s3watch.errors import SettingError

from s3watch_cli.pack.folder import Pack, Role, group
from s3watch_cli.pack.pieces import Digests, digest, split

FILE = "pack.lock.json"
ABOUT = (
    "Written by `s3watch rules update`, which tells by it what you have changed. Commit it with the rules."
)


class Known(msgspec.Struct, frozen=True):
    """A file as a pack had it: its path, the digest of all of it, and that of each piece."""

    path: str
    whole: str
    pieces: Digests


type KnownUnit = Mapping[Role, Known]


class Lock(msgspec.Struct, frozen=True):
    """The units that a folder came from, by their keys; `version` is that of the last pack merged."""

    units: Mapping[str, KnownUnit]
    version: str = ""
    about: str = ABOUT


def lock_of(pack: Pack) -> Lock:
    """Return what a folder comes from that has just this pack."""
    units: dict[str, KnownUnit] = {
        key: {role: know(path, pack.files[path]) for role, path in unit.items()}
        for key, unit in group(pack.files).items()
    }
    return Lock(units, pack.version)


def know(path: str, content: bytes) -> Known:
    """Return what is kept of a file."""
    pieces = split(content) or {}
    return Known(path, digest(content), {name: digest(text) for name, text in pieces.items()})


def read_lock(folder: Path) -> Lock | None:
    """Read the lock of a rules folder, None if it has none. Raises SettingError, OSError."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lock)
    except msgspec.MsgspecError as error:
        what = "not as `s3watch rules update` writes it"
        raise SettingError(f"{path}: {what}: {error}; restore it, or delete it and use --base") from error


def encode_lock(lock: Lock) -> bytes:
    """Return the bytes of a lock, one key a line, so that git merges it."""
    ordered = msgspec.structs.replace(lock, units=dict(sorted(lock.units.items())))
    return msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n"
