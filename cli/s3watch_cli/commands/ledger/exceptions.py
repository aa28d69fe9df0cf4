"""`s3watch exceptions`: lists the exceptions, with how often each has hit."""

from __future__ import annotations

from pathlib import Path

from s3watch_cli.options import Form, Profile, Region, RulesDir, Stack, Table


def list_exceptions(
    rules_dir: RulesDir = Path("rules"),
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """List the exceptions of a rules folder, with how often each has silenced a stack's hits in 30 days.

    Those that have ended, end within 14 days or have not hit come first. Reads at most 30 items of the ledger
    for each exception, half a read unit each.

    Example: s3watch exceptions rules
    """
    from s3watch_cli.alerts import listing
    from s3watch_cli.silence import exceptions

    exceptions.list_exceptions(listing.Place(stack, table, profile, region), rules_dir, form)
