"""`s3watch suggest`: says what to add to catalogue and exceptions, by a stack's alerts and their verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Form, Profile, Region, RulesDir, Stack, Table


def suggest_entries(
    rules_dir: RulesDir = Path("rules"),
    days: Annotated[
        int, typer.Option(min=2, help="On how many days alerts without a verdict have to come again.")
    ] = 5,
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Suggest lines for catalogue.yaml and exceptions.yaml that would end alerts which are expected.

    From the alerts of the last 15 days: those that somebody judged expected or false-positive, and those that
    came again on several days and that nobody has judged. Each suggestion is what a mail about the alert
    says, applied to the rules folder and proven: every access of rules/tests that alerts still does, and
    whoever caused an alert that was judged a true positive is neither expected nor excepted. Nothing is
    written. Scans the whole table, half a read unit for each 4 KB.

    Example: s3watch suggest rules
    """
    from s3watch_cli.alerts import listing
    from s3watch_cli.silence import suggestions

    suggestions.suggest(listing.Place(stack, table, profile, region), rules_dir, days, form)
