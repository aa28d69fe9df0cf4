"""`s3watch attach`: turns on settings of existing buckets and trails that a stack cannot change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Profile, Region, Stack, State, Yes


def attach_buckets(  # noqa: PLR0913, PLR0917  # as many as there are options
    buckets: Annotated[list[str] | None, typer.Argument(help="The names of the buckets.")] = None,
    access_logs: Annotated[
        bool, typer.Option("--access-logs", help="Server access logs, into the log bucket.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Event notifications to EventBridge.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Request metrics.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All three of these.")] = False,
    log_bucket: Annotated[str, typer.Option(help="The bucket for access logs, if not the stack's own.")] = "",
    trail_bucket: Annotated[
        str, typer.Option(help="The log bucket of an existing trail: have it notify the queue of log files.")
    ] = "",
    trail: Annotated[
        str, typer.Option(help="The name of an existing trail: subscribe the queue to its SNS topic.")
    ] = "",
    queue: Annotated[str, typer.Option(help="The ARN of the queue of log files, if not the stack's.")] = "",
    stack: Stack = "s3watch",
    replace_logging: Annotated[
        bool, typer.Option("--replace-logging", help="Also where a bucket already logs to another bucket.")
    ] = False,
    state: State = Path(".s3watch"),
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Turn on settings of existing buckets and trails that a stack cannot change.

    Shows the changes, and makes them with --yes. Existing settings are kept and added to; the previous
    settings are saved under --state, and `s3watch detach` restores them.

    Example: s3watch attach hr-data --events --yes
    """
    from s3watch_cli.attach import session
    from s3watch_cli.attach.desired_settings import Options

    options = Options(
        access_logs=access_logs or everything,
        events=events or everything,
        metrics=metrics or everything,
        log_bucket=log_bucket,
        trail_bucket=trail_bucket,
        trail=trail,
        queue=queue,
        stack=stack,
        replace_logging=replace_logging,
    )
    session.attach(buckets or [], options, state, profile, region, yes=yes)
