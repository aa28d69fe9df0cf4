"""`s3watch replay`: runs recorded events through the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Form, Jobs


def replay_logs(  # noqa: PLR0913, PLR0917  # as many as there are options
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders or s3://bucket/prefix of records; `-` is standard input."),
    ],
    rules: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The rules folder.")] = Path(
        "rules"
    ),
    catalogue: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A catalogue to use instead of the folder's."),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            help="The account that owns the buckets, in access logs (default: the one that the path"
            " names) and in exports without `resources`."
        ),
    ] = None,
    watched: Annotated[
        list[str] | None,
        typer.Option("--watch", help="A watched bucket, even without an entry in the catalogue; repeatable."),
    ] = None,
    log_buckets: Annotated[
        list[str] | None,
        typer.Option(
            "--log-bucket",
            help="A bucket with log files, whose changed settings are alerted; may be given several times.",
        ),
    ] = None,
    stack: Annotated[
        str, typer.Option(help="The name of the stack of s3watch, calls on whose parts are alerted.")
    ] = "",
    env: Annotated[
        str | None,
        typer.Option(
            "--config-env",
            help="Also the watched and log buckets, and the stack, of this environment in samconfig.toml.",
        ),
    ] = None,
    config: Config = None,
    messages: Annotated[
        bool,
        typer.Option(
            "--messages",
            help="Print the e-mails instead, as they would have been sent if events arrived at once.",
        ),
    ] = False,
    jobs: Jobs = None,
    form: Form = "auto",
) -> None:
    """Run recorded events through the rules and print one alert each, or with --messages the e-mails.

    Reads trail log files, server access logs, EventBridge events, the output of `aws cloudtrail
    lookup-events`, what Athena exports of its CloudTrail table (CSV, or JSON of UNLOAD), or one record a
    line, of any size: .json, .ndjson, .jsonl, .log, .csv, gzipped or not, and access logs and UNLOAD's
    files by the names that S3 and Athena give them. A bucket that is watched and has no entry in the
    catalogue counts as an entry, as in a deployment: use --config-env or --watch.

    Example: s3watch replay events/unexpected-read.json --rules rules --messages
    """
    from s3watch_cli import replay
    from s3watch_cli.deployment import read_deployment

    watched, log_buckets = list(watched or ()), list(log_buckets or ())
    if env or config:
        deployment = read_deployment(rules, config, env or "default")
        watched += deployment.watched
        log_buckets += deployment.log_buckets
        stack = stack or deployment.stack
    ruleset = replay.compile_rules(rules, catalogue, watched, log_buckets, stack)
    run = replay.replay_messages if messages else replay.replay_logs
    run(paths, ruleset, account, form, jobs)
