"""What `attach` changed and what was there before: a JSON file for each bucket or topic, yours to keep."""

from __future__ import annotations

from pathlib import Path

import msgspec
from s3watch.errors import SettingError

from s3watch_cli.attach.bucket_settings import Setting, clashing, lacking, put_in, still_there, take_out

FOLDER = "attached"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One setting that was changed: `part` is what came in, `replaced` what had to go for it."""

    at: str  # ISO 8601, UTC
    before: Setting
    after: Setting
    part: Setting
    replaced: Setting = {}


type Changes = dict[str, Change]  # by the setting's name


def changed(current: Setting, wish: Setting, known: Change | None, at: str) -> Change | None:
    """The change that a wish needs, None if it needs none; what clashes with it is replaced.

    What is known of an earlier change is taken up, so that undoing this one undoes both.
    """
    part, clash = lacking(current, wish), clashing(current, wish)
    if not part:
        return None
    ours = still_there(current, known.part) if known else {}
    earlier = {name: value for name, value in known.replaced.items() if name in ours} if known else {}
    theirs = {name: value for name, value in clash.items() if name not in ours}
    after = put_in(take_out(current, clash), part)
    change = Change(
        at=at, before={}, after=after, part=put_in(take_out(ours, clash), part), replaced=earlier | theirs
    )
    return msgspec.structs.replace(change, before=undone(after, change))


def undone(current: Setting, change: Change) -> Setting:
    """A setting without what a change put in, and with what it replaced."""
    left = take_out(current, change.part)
    return put_in(left, {name: value for name, value in change.replaced.items() if name not in left})


def load(state: Path, place: str) -> Changes:
    """The changes of a bucket or trail (`place` is `ACCOUNT/NAME`), none where there is no file.

    Raises SettingError.
    """
    path = _path(state, place)
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Change])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        raise SettingError(f"{path} is not what attach wrote: {error}; take it from your backup") from error


def save(state: Path, place: str, changes: Changes) -> None:
    """Write the changes of a bucket or trail, whole or not at all; without changes the file goes."""
    path = _path(state, place)
    if not changes:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(changes)) + b"\n")
    part.replace(path)


def _path(state: Path, place: str) -> Path:
    return state / FOLDER / f"{place}.json"
