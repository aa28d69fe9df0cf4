"""Reads the deployments of samconfig.toml, one for each environment, and writes their watched buckets.

`sam deploy --config-env NAME` reads the tables NAME.deploy.parameters and NAME.global.parameters, and nothing
of any other environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from s3watch.errors import SettingError
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

# Splits them as SAM does.
PARAMETER = re.compile(r"""([A-Za-z0-9_:.-]+)=("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^\s"\\])*)""")
WATCHED = "WatchedBuckets"
OVERRIDES = "parameter_overrides"
INCLUDE, DEFAULTS = "$include", "file://defaults.yaml"  # the template's defaults; see generate/
COMMANDS = ("global", "deploy")  # whose options `sam deploy` reads, the later over the earlier


@dataclass(frozen=True, slots=True)
class Environment:
    """What `sam deploy --config-env NAME` reads; `region` and `stack` are empty where the file names none."""

    name: str
    region: str
    stack: str
    parameters: Mapping[str, str]  # the parameter overrides


def read_environments(path: Path) -> tuple[Environment, ...]:
    """Return the environments that deploy something, as they are in the file. Raises SettingError."""
    document = _load(path)
    return tuple(
        _environment(name, _options(name, document, path), path)
        for name, table in document.items()
        if (not table.keys().isdisjoint(COMMANDS) if isinstance(table, Mapping) else name == "default")
    )


def _environment(name: str, options: Mapping[str, Any], path: Path) -> Environment:
    region, stack = (str(options.get(key, "")) for key in ("region", "stack_name"))
    return Environment(name, region, stack, _parse(options.get(OVERRIDES), path, name))


def find_line(path: Path, env: str, name: str) -> int:
    """Return the line where an environment sets a parameter or an option, else that of its table, else 1.

    No TOML library that keeps comments tells lines, so this looks for the name. Raises OSError.
    """
    table = re.compile(rf"{re.escape(env)}\.({'|'.join(COMMANDS)})[].]")
    setting = re.compile(rf"(?<![\w.:-]){re.escape(name)}[\"']?\s*=")
    here, line_of = False, 1
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.lstrip().startswith("["):
            here = bool(table.match(re.sub(r"[\s\"'\[]", "", text)))
            line_of = line if here else line_of
        elif here and not text.lstrip().startswith("#") and setting.search(text):
            return line
    return line_of


def _options(env: str, document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the options of `sam deploy`, those for all commands included. Raises SettingError."""
    options: dict[str, Any] = {}
    for command in COMMANDS:
        options |= _table(env, command, document, path)
    return options


def _table(env: str, command: str, document: Mapping[str, Any], path: Path) -> Any:
    table: Any = document
    for key in (env, command, "parameters"):
        table = table.get(key, {})
        if not isinstance(table, Mapping):
            raise _not_a_table(path, key, env, command)
    return table


def _not_a_table(path: Path, key: str, env: str, command: str) -> SettingError:
    return SettingError(f"{path}: `{key}` is not a table; write [{env}.{command}.parameters]")


def write_watched(path: Path, buckets: Iterable[str], env: str = "default") -> None:
    """Set WatchedBuckets where `sam deploy` reads it. Raises SettingError."""
    write_parameters(path, {WATCHED: ",".join(buckets)}, env)


def write_parameters(path: Path, values: Mapping[str, str], env: str = "default") -> None:
    """Set parameters where `sam deploy` reads them, and leave everything else as it is, comments included.

    Raises SettingError.
    """
    document = _load(path)
    section = _section(document, path, env, _overriding(env, document, path))
    written = section.get(OVERRIDES)
    together = {**_parse(written, path, env), **values}
    parameters = [f"{name}={_quote(value)}" for name, value in together.items()]
    if isinstance(written, MutableMapping):
        _set(written, values)
    elif isinstance(written, list):
        section[OVERRIDES] = [DEFAULTS] * (DEFAULTS in written) + parameters
    else:
        section[OVERRIDES] = " ".join(parameters)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")


def replace_parameters(path: Path, values: Mapping[str, str], env: str = "default") -> None:
    """Set these parameters and no others, in a table that includes the template's defaults.

    Raises SettingError.
    """
    document = _load(path)
    section = _section(document, path, env, _overriding(env, document, path))
    table = section.get(OVERRIDES)
    if not isinstance(table, MutableMapping):
        section.pop(OVERRIDES, None)
        section[OVERRIDES] = {INCLUDE: DEFAULTS}
        table = section[OVERRIDES]
    for name in table.keys() - values.keys() - {INCLUDE}:
        del table[name]
    include = {} if INCLUDE in table else {INCLUDE: DEFAULTS}
    changed = {name: value for name, value in values.items() if _join(table.get(name, "")) != value}
    _set(table, include | changed)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")


def _set(table: MutableMapping[str, Any], values: Mapping[str, str]) -> None:
    """Set keys of a table; new ones go below its last one, not below the comments on what comes next."""
    body = table.value.body if isinstance(table, Table) else []
    end = len(body)
    table.update(values)
    last = max((index for index, (key, _) in enumerate(body[:end], 1) if key), default=0)
    body[last:] = body[end:] + body[last:end]  # tomlkit still has the indexes of before: dump it next


def _overriding(env: str, document: Mapping[str, Any], path: Path) -> str:
    """Return the command whose overrides are read: those of `deploy` replace those of `global` as a whole."""
    given = [command for command in COMMANDS if OVERRIDES in _table(env, command, document, path)]
    return given[-1] if given else "deploy"


def add_environment(path: Path, env: str, region: str) -> None:
    """Add an environment with the settings of the default one, of which `sam deploy` would read nothing.

    An empty `region` leaves it that of the default one. Raises SettingError.
    """
    document = _load(path)
    document.add(tomlkit.nl())
    section = _section(document, path, env, "deploy")
    options = _options("default", document.unwrap(), path) | ({"region": region} if region else {})
    for name, value in options.items():
        section.setdefault(name, value)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")


def _load(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingError(
            f"{path} does not exist; run this in the project's folder, or name it with --config"
        ) from None
    # ValueError: not UTF-8, or a number or date that there is not
    except (TOMLKitError, ValueError) as error:
        raise SettingError(f"{path} is not TOML: {error}") from error


def _section(document: tomlkit.TOMLDocument, path: Path, env: str, command: str) -> Any:
    """Return the table of a command's parameters, created where it is missing."""
    section: Any = document
    for key in (env, command, "parameters"):
        section = section.setdefault(key, tomlkit.table(is_super_table=key != "parameters"))
        if not isinstance(section, MutableMapping):
            raise _not_a_table(path, key, env, command)
    return section


def _parse(given: Any, path: Path, env: str) -> dict[str, str]:
    if given is None:
        return {}
    if isinstance(given, Mapping) and given.get(INCLUDE, DEFAULTS) == DEFAULTS:
        return {str(name): _join(value) for name, value in given.items() if name != INCLUDE}
    parts = given if isinstance(given, list) else [given]
    text = " ".join(str(part) for part in parts if part != DEFAULTS)
    if "ParameterKey=" in text or "file://" in text:
        raise SettingError(
            f"{path}: parameter_overrides must be written as `Name=value Other=value`, or as a table"
            f" that includes no other file than {DEFAULTS}"
        )
    if dropped := PARAMETER.sub("", text).split():
        raise SettingError(
            f"{path}:{find_line(path, env, OVERRIDES)}: SAM would drop `{' '.join(dropped)}` of"
            " parameter_overrides; write Name=value without blanks around = and after commas,"
            ' or in quotes: Name=\\"one two\\"'
        )
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
