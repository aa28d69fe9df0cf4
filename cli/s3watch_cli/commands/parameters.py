"""`s3watch parameters`: shows a deployment's parameters, and writes them to samconfig.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Env, Form


def list_parameters(
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Values for parameters.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write these values into samconfig.toml.")] = False,
    drop_defaults: Annotated[
        bool,
        typer.Option(
            "--drop-defaults",
            help="Delete from samconfig.toml what the template no longer has and what only repeats its"
            " defaults, as `sam deploy --guided` writes them.",
        ),
    ] = False,
    config: Config = None,
    env: Env = "default",
    form: Form = "auto",
) -> None:
    """Show a deployment's parameters, or those that are named; with --write, set these in samconfig.toml.

    Values that the template or a service would refuse are not written.

    Example: s3watch parameters AlertEmail=security@example.com --write
    """
    from s3watch_cli import given_parameters

    path = config or Path("samconfig.toml")
    if drop_defaults:
        given_parameters.drop_defaults(path, env)
    given_parameters.list_parameters(path, env, settings or [], write=write, form=form)
