"""Writes aws-ranges.json anew from what AWS publishes, and says how it differs from what is there."""

from __future__ import annotations

import sys
from pathlib import Path

from msgspec.structs import replace
from s3watch.errors import SettingError
from s3watch.text import count

from s3watch_cli.aws_ranges.ranges_file import FILE, RangesFile, condense, read, serialize
from s3watch_cli.output import note, replace_file


def update_ranges(published: str, rules_dir: Path, *, write: bool) -> None:
    """Condense AWS's file, `-` for standard input; with `write` replace the rules folder's but for `own`.

    Raises SettingError if it is not AWS's, if the folder's cannot be read or is newer, and OSError.
    """
    content = sys.stdin.buffer.read() if published == "-" else Path(published).read_bytes()
    path, found = rules_dir / FILE, condense(content)
    before = _read(path)
    if before:
        if before.created > found.created:
            raise SettingError(f"{path} is newer ({before.created}) than what you give ({found.created})")
        found = replace(found, own=before.own)
    networks = len(found.ipv4) + len(found.ipv6)
    note(f"AWS's address ranges of {found.created[:10]}: {count(networks, 'network')}")
    if write:
        replace_file(path, serialize(found))
        note(f"{path} written, with {count(len(found.own), 'network')} of your own; build and deploy")


def _read(path: Path) -> RangesFile | None:
    try:
        return read(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SettingError(f"{path}: {error}; correct it, or delete it to write it anew") from error
