"""`s3watch learn`: fills what a stack remembers of earlier accesses from history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Env, Jobs, Profile, Region, Stack, Table


def learn_history(  # noqa: PLR0913, PLR0917  # as many as there are options
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders or s3://bucket/prefix of records; `-` is standard input."),
    ],
    rules: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The rules folder.")] = Path(
        "rules"
    ),
    config: Config = None,
    env: Env = "default",
    account: Annotated[
        str | None, typer.Option(help="The account that owns the buckets, in access logs and exports.")
    ] = None,
    jobs: Jobs = None,
    write: Annotated[bool, typer.Option("--write", help="Write it; without it nothing is written.")] = False,
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Fill what a stack remembers of earlier accesses, so that nobody who always came is new to it.

    Runs recorded events through the rules, as `s3watch replay` does, and writes who was seen with which
    labels, networks and programs in the last 90 days, one write for each. What the stack knows already is
    kept, and to write it twice changes nothing. Without it a stack learns for two weeks.

    Example: s3watch learn events/unexpected-read.json
    """
    from s3watch_cli import replay
    from s3watch_cli.alerts import learning, listing
    from s3watch_cli.deployment import read_deployment

    deployment = read_deployment(rules, config, env)
    ruleset = replay.compile_rules(rules, None, deployment.watched, deployment.log_buckets, deployment.stack)
    seen = replay.replay_memory(paths, ruleset, account, jobs)
    learning.learn(listing.Place(stack, table, profile, region), seen, write=write)
