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
    """Turn on what was asked for, at the buckets and the trail that were named. Raises BadParameter."""
    for_buckets = options.access_logs or options.events or options.metrics
    if buckets and not for_buckets:
        raise typer.BadParameter("say what: --access-logs, --events, --metrics or --all")
    if for_buckets and not buckets:
        raise typer.BadParameter("name the buckets")
    if not buckets and not options.trail_bucket and not options.trail:
        raise typer.BadParameter("name buckets, --trail-bucket or --trail")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    changes.attach(Account.open(profile, region), buckets, options, state, at=at, yes=yes)


def detach(
    places: Sequence[str],
    state: Path,
    profile: str | None,
    region: str | None,
    *,
    yes: bool,
    keep_changes: bool,
) -> None:
    """Turn off what attach turned on there."""
    changes.detach(Account.open(profile, region), places, state, yes=yes, keep_changes=keep_changes)
