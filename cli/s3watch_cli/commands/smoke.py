"""`s3watch smoke`: reads the canary of a stack and says how far its read gets."""

from __future__ import annotations

from typing import Annotated

import typer

from s3watch_cli.options import Form, Profile, Region, Stack


def smoke_deployment(
    wait: Annotated[int, typer.Option(min=1, help="How many seconds to wait for the alert at most.")] = 900,
    stack: Stack = "s3watch",
    form: Form = "auto",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show after a deployment that an access is seen and told: read the canary, and follow its read.

    The steps are `read`, `recorded` (CloudTrail, EventBridge, the queue and Detect have brought it to the
    ledger), `told` (a topic took its message) and `health` (CheckHealth finds nothing wrong), each with the
    seconds since the start. CloudTrail takes some minutes. Nobody is alerted. Exits with 1 if a step is
    missing.

    Example: s3watch smoke --stack s3watch
    """
    from s3watch_cli.attach import smoke

    smoke.smoke(smoke.Stack.open(stack, profile, region), wait, form)
