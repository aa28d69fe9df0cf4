"""Saves what attach changed and the previous settings: one JSON file for each bucket or topic."""

from __future__ import annotations

from pathlib import Path

import msgspec
from s3watch.errors import SettingError

from s3watch_cli.attach.bucket_settings import Setting, add_part, conflicting, missing, remove_part, still_set
from s3watch_cli.output import replace_file

FOLDER = "attached"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One changed setting: `added` is what attach added, `replaced` the values that it replaced."""

    at: str  # ISO 8601, UTC
    before: Setting
    after: Setting
    added: Setting
    replaced: Setting = {}


type Changes = dict[str, Change]  # by the name of the setting's kind


def plan_change(current: Setting, desired: Setting, known: Change | None, at: str) -> Change | None:
    """Return the change that makes the desired setting true, None if it is; conflicting values are replaced.

    The change includes the earlier one, `known`, so that undoing it undoes both.
    """
    part, clash = missing(current, desired), conflicting(current, desired)
    if not part:
        return None
    ours = still_set(current, known.added) if known else {}
    earlier = {name: value for name, value in known.replaced.items() if name in ours} if known else {}
    theirs = {name: value for name, value in clash.items() if name not in ours}
    after = add_part(remove_part(current, clash), part)
    change = Change(
        at=at,
        before={},
        after=after,
        added=add_part(remove_part(ours, clash), part),
        replaced=earlier | theirs,
    )
    return msgspec.structs.replace(change, before=revert(after, change))


def revert(current: Setting, change: Change) -> Setting:
    """Return a setting without what a change added, and with what it replaced."""
    left = remove_part(current, change.added)
    return add_part(left, {name: value for name, value in change.replaced.items() if name not in left})


def load(state: Path, resource: str) -> Changes:
    """Return the changes of a bucket or topic (`resource` is `ACCOUNT/NAME`), `{}` if there is no file.

    Raises SettingError.
    """
    path = _path(state, resource)
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Change])
    except FileNotFoundError:
        return {}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SettingError(
            f"{path} is not a file that attach wrote: {error}; restore it from your backup"
        ) from error


def save(state: Path, resource: str, changes: Changes) -> None:
    """Write the changes of a bucket or topic atomically; without changes the file is deleted."""
    path = _path(state, resource)
    if not changes:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, msgspec.json.format(msgspec.json.encode(changes)) + b"\n")


def _path(state: Path, resource: str) -> Path:
    return state / FOLDER / f"{resource}.json"
