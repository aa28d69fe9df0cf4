"""Reads and writes the parameter overrides in samconfig.toml, and leaves the rest of the file as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomlkit
from s3watch.errors import SettingError
from tomlkit.exceptions import TOMLKitError

PARAMETER = re.compile(
    r"""([A-Za-z0-9_:.-]+)=("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^\s"\\])*)"""
)  # splits them as SAM does
WATCHED = "WatchedBuckets"


def read_parameters(path: Path, env: str = "default") -> dict[str, str]:
    """Return the parameter overrides of an environment's deployment. Raises SettingError."""
    return _parse(_section(_load(path), path, env).get("parameter_overrides"), path)


def write_watched(path: Path, buckets: Iterable[str], env: str = "default") -> None:
    """Set WatchedBuckets and leave everything else as it is, comments included. Raises SettingError."""
    document = _load(path)
    section = _section(document, path, env)
    parameters = _parse(section.get("parameter_overrides"), path) | {WATCHED: ",".join(buckets)}
    if isinstance(section.get("parameter_overrides"), Mapping):
        section["parameter_overrides"][WATCHED] = parameters[WATCHED]
    elif isinstance(section.get("parameter_overrides"), list):
        section["parameter_overrides"] = [f"{name}={value}" for name, value in parameters.items()]
    else:
        section["parameter_overrides"] = " ".join(
            f"{name}={_quote(value)}" for name, value in parameters.items()
        )
    path.write_text(tomlkit.dumps(document), encoding="utf-8")


def _load(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingError(
            f"{path} does not exist; run this in the project's folder, or name it with --config"
        ) from None
    except (
        TOMLKitError,
        ValueError,
    ) as error:  # ValueError: not UTF-8, or a number or date that there is not
        raise SettingError(f"{path} is not TOML: {error}") from error


def _section(document: tomlkit.TOMLDocument, path: Path, env: str) -> Any:
    """Return the table of the parameters of `sam deploy`, created where it is missing."""
    section: Any = document
    for key in (env, "deploy", "parameters"):
        section = section.setdefault(key, tomlkit.table())
        if not isinstance(section, MutableMapping):
            raise SettingError(f"{path}: `{key}` is not a table; write [{env}.deploy.parameters]")
    return section


def _parse(given: Any, path: Path) -> dict[str, str]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {str(name): _join(value) for name, value in given.items()}
    text = " ".join(map(str, given)) if isinstance(given, list) else str(given)
    if "ParameterKey=" in text or "file://" in text:
        raise SettingError(f"{path}: parameter_overrides must be written as `Name=value Other=value`")
    return {name: _unquote(value) for name, value in PARAMETER.findall(text)}


def _join(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _unquote(value: str) -> str:
    bare = value[1:-1] if value[:1] in ("'", '"') else value
    return re.sub(r"\\(.)", r"\1", bare)


def _quote(value: str) -> str:
    if re.fullmatch(r"[\w@%+=:,./-]+", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
