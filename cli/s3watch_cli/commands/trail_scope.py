"""`s3watch trail-scope`: says what a trail by prefixes records of each bucket, and writes its selectors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Form, RulesDir


def list_trail_scope(
    rules_dir: RulesDir = Path("rules"),
    write: Annotated[bool, typer.Option("--write", help="Write the prefixes to stacks/trail.yaml.")] = False,
    config: Config = None,
    form: Form = "auto",
) -> None:
    """List what TrailScope=prefixes records of each bucket; --write writes it into the trail's template.

    The prefixes are those of the catalogue; they are written where an environment of samconfig.toml has
    this scope. Write them again when the catalogue changes; the build stops if they are stale.

    Example: s3watch trail-scope rules --write
    """
    from s3watch_cli.generate import trail_selectors

    trail_selectors.list_trail_scope(rules_dir, config, write=write, form=form)
