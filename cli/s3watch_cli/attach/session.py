"""Runs attach and detach with the credentials and the clock of the command line; checks the options first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from s3watch_cli.attach import attach as changes
from s3watch_cli.attach.calls import Account
from s3watch_cli.attach.desired_settings import Options


def attach(
    buckets: Sequence[str],
    options: Options,
    state: Path,
    profile: str | None,
    region: str | None,
    *,
    yes: bool,
) -> None:
    """Turn on the settings that the options name. Raises BadParameter for options that do not fit."""
    for_buckets = options.access_logs or options.events or options.metrics
    if buckets and not for_buckets:
        raise typer.BadParameter("choose settings: --access-logs, --events, --metrics or --all")
    if for_buckets and not buckets:
        raise typer.BadParameter("give the names of the buckets")
    if not buckets and not options.trail_bucket and not options.trail:
        raise typer.BadParameter("give names of buckets, --trail-bucket or --trail")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    changes.attach(Account.open(profile, region), buckets, options, state, at=at, yes=yes)


def detach(
    resources: Sequence[str],
    state: Path,
    profile: str | None,
    region: str | None,
    *,
    yes: bool,
    keep_changes: bool,
) -> None:
    """Undo what attach changed at these buckets and topics."""
    changes.detach(Account.open(profile, region), resources, state, yes=yes, keep_changes=keep_changes)
