"""The Regions of AWS, as the AWS SDK lists them: one that it does not know is misspelled, or newer."""

from __future__ import annotations

import re
from functools import cache

import botocore
from botocore.session import Session

from s3watch_cli.rules.diagnostics import nearest

REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d+")
SERVICE = "sqs"  # which is everywhere, and whose list has no other endpoints, as that of S3 has


@cache
def _known() -> tuple[str, ...]:
    session = Session()
    partitions = session.get_available_partitions()
    return tuple(
        name for partition in partitions for name in session.get_available_regions(SERVICE, partition)
    )


def doubt(region: str) -> tuple[str, str]:
    """Say what is odd about the name of a Region and what to do about it; two empty texts if nothing is."""
    known = _known()
    if region in known:
        return "", ""
    newer = f"unless it is newer than botocore {botocore.__version__}"
    swapped = (
        name for name in known if sorted(name) == sorted(region)
    )  # us-esat-1 looks more like us-west-1
    close = next(swapped, None) or nearest(region, known)
    instead = f"write `{close}`, {newer}" if close else f"look its name up, {newer}"
    return f"`{region}` is not a Region that is known here", instead
