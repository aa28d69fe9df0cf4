"""`s3watch replay`: runs recorded events through the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def replay_logs(
    paths: Annotated[list[str], typer.Argument(help="Files or folders of records; `-` is standard input.")],
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
            help="The account that owns the buckets in access logs; else the one that a file's path names."
        ),
    ] = None,
    log_buckets: Annotated[
        list[str] | None,
        typer.Option(
            "--log-bucket",
            help="A bucket with log files, whose changed settings are alerted; may be given several times.",
        ),
    ] = None,
    messages: Annotated[
        bool,
        typer.Option(
            "--messages",
            help="Print the e-mails instead, when each would have been sent, events arriving at once.",
        ),
    ] = False,
) -> None:
    """Run recorded events through the rules and print one alert a line as JSON.

    Reads trail log files, server access logs, EventBridge events, or one record a line: .json, .ndjson,
    .jsonl, .log, gzipped or not, and access logs by the names that S3 gives them.

    Example: s3watch replay events/unexpected-read.json --rules rules --messages
    """
    from s3watch_cli import replay

    ruleset = replay.compile_rules(rules, catalogue, log_buckets or ())
    if messages:
        replay.replay_messages(paths, ruleset, account)
    else:
        replay.replay_logs(paths, ruleset, account)
