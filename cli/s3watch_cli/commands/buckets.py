"""`s3watch buckets`: lists the buckets that the catalogue names, and writes them to samconfig.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Env, Form, RulesDir


def list_buckets(
    rules_dir: RulesDir = Path("rules"),
    write: Annotated[
        bool, typer.Option("--write", help="Write them into samconfig.toml as WatchedBuckets.")
    ] = False,
    config: Config = None,
    env: Env = "default",
    form: Form = "auto",
) -> None:
    """List the catalogue's buckets with their labels; --write sets them as the buckets to watch.

    An environment gets the buckets whose entries name its Region, and those without one that no other
    environment watches. One that is not in samconfig.toml is added with the settings of the default
    one; if it is named like a Region, such as us-east-1, for that Region.

    Example: s3watch buckets rules --write
    """
    from s3watch_cli import watched_buckets

    watched_buckets.list_buckets(rules_dir, config, env, write=write, form=form)
