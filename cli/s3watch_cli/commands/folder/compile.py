"""`s3watch compile`: compiles a rules folder to rules.json."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Form, RulesDir


def compile_rules(
    rules_dir: RulesDir = Path("rules"),
    output: Annotated[
        str, typer.Option("-o", "--output", help="The file to write; `-` is standard output.")
    ] = "",
    watched: Annotated[
        str, typer.Option(help="The deployed buckets, separated by commas, to check against instead.")
    ] = "",
    config: Config = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as mistakes.")] = False,
    form: Form = "auto",
) -> None:
    """Compile a rules folder to rules.json, in the folder itself unless -o says otherwise.

    Every mistake in every file is reported as path:line; if there is one, nothing is written. With
    --config the catalogue is checked against all environments of samconfig.toml together: whether
    each bucket is watched in its Region, and whether a stack has room for its buckets. A deployed
    bucket without an entry becomes an entry.

    Example: s3watch compile rules --config samconfig.toml
    """
    from s3watch_cli import rules_json

    rules_json.write_rules_json(rules_dir, output, watched, config, strict=strict, form=form)
