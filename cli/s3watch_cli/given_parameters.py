"""The parameters of a deployment: lists them with their values, and writes them to samconfig.toml."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from s3watch.errors import SettingError
from s3watch.text import count

from s3watch_cli.capacity import excesses
from s3watch_cli.deployment import TEMPLATE, name_missing_address
from s3watch_cli.output import Format, note, show
from s3watch_cli.parameters import only_repeat, vanished
from s3watch_cli.samconfig import Environment, read_environments, replace_parameters, write_parameters
from s3watch_cli.template_values import Parameters, read_parameters

EXAMPLE = "AlertEmail=security@example.com"
COLUMNS = ("parameter", "value", "default")  # that fit a terminal


def list_parameters(path: Path, env: str, settings: Sequence[str], *, write: bool, form: Format) -> None:
    """Show the parameters of an environment, or those in `settings` alone, and with `write` set these.

    Raises SettingError, also for each value that would be refused.
    """
    if write and not settings:
        raise SettingError(f"nothing to write: name values, such as {EXAMPLE}")
    environment, declared = _read(path, env)
    values = _split(settings)
    given = {**environment.parameters, **values}
    if settings:
        _check(path, environment, given)
    shown = {name: one for name, one in declared.items() if name in values} if settings else declared
    show(_rows(shown, given), form, COLUMNS)
    if write:
        write_parameters(path, values, env)
        note(f"{path}: {' '.join(values)} written; build and deploy")
    elif settings:
        note("nothing was written; add --write")
    if missing := name_missing_address(env, given):
        note(missing)


def drop_defaults(path: Path, env: str) -> None:
    """Delete what only repeats a default, and what the template does not have and resembles nothing it has.

    What is left is a table that includes the template's defaults, so that these hold. Raises SettingError.
    """
    environment, declared = _read(path, env)
    given = environment.parameters
    repeated, gone = only_repeat(given, declared), vanished(given, declared)
    replace_parameters(
        path, {name: value for name, value in given.items() if name not in {*repeated, *gone}}, env
    )
    note(f"{path}: {count(len(repeated), 'parameter')} deleted that only repeated the template's default")
    for name in gone:
        note(f"{path}: {name}={given[name]} deleted, which the template does not have; see CHANGELOG.md")


def _read(path: Path, env: str) -> tuple[Environment, Parameters]:
    environments = {one.name: one for one in read_environments(path)}
    if env not in environments:
        raise SettingError(f"{path} has no environment `{env}`, only {', '.join(environments) or 'none'}")
    return environments[env], read_parameters(path.parent / TEMPLATE)


def _split(settings: Sequence[str]) -> dict[str, str]:
    """Return the value of each name; raises SettingError with a line for each that has none, or two."""
    pairs = [(setting, *setting.partition("=")) for setting in settings]
    names = Counter(name for _, name, _, _ in pairs)
    lines = [
        f"{text} is not NAME=VALUE; write {EXAMPLE}, for example" for text, _, sign, _ in pairs if not sign
    ]
    lines += [f"{name} is given {times} times; name one value" for name, times in names.items() if times > 1]
    if lines:
        raise SettingError("\n".join(lines))
    return {name: value for _, name, _, value in pairs}


def _check(path: Path, environment: Environment, given: Mapping[str, str]) -> None:
    """Raise SettingError with a line for each value that the template or a service refuses."""
    template = path.parent / TEMPLATE
    try:
        found = list(excesses(template, given, environment.region, environment.stack))
    except (ValueError, yaml.YAMLError) as error:
        raise SettingError(f"{template} was not understood: {error}") from error
    lines = [f"{refusal.what}; {refusal.instead}" for refusal in found]
    if lines:
        raise SettingError("\n".join(lines))


def _rows(declared: Parameters, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, one in declared.items():
        default = str(one.get("Default", ""))
        yield {
            "parameter": name,
            "value": given.get(name, default),
            "default": default,
            "description": " ".join(str(one.get("Description", "")).split()),
        }
