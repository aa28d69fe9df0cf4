"""Looks up in CloudTrail's event history of a Region who assumed a role, by the access key that this made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from s3watch.alerts.alert import Assumer
from s3watch.aws import clients
from s3watch.enrichment.assumptions import Session, read_assumption
from s3watch.text import to_utc

# STS's global endpoint is recorded here, wherever it is served:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html#reference_sts_global_endpoint_changes
GLOBAL = "us-east-1"
# Seconds around a session's beginning: the clocks of STS are one, and nothing else of that time is searched
AROUND = 10.0
MOST = 50  # events of one answer


def regions_of(home: str) -> Iterator[str]:
    """Yield the Regions whose histories may have it: ours, and that of the global endpoint, if it is ours."""
    yield home
    if home != GLOBAL and not home.startswith(("cn-", "us-gov-", "eusc-")):
        yield GLOBAL


def look_up(region: str, account: str, session: Session) -> Assumer | None:
    """Return who got a session; None if the history has no record of it.

    Raises RefusedError or UnavailableError, and ValueError if more events name its key than an answer has,
    as they do if somebody gives sessions the key as their name.
    """
    asked = [{"AttributeKey": "ResourceName", "AttributeValue": session.key}]
    start, end = to_utc(session.began - AROUND), to_utc(session.began + AROUND)
    call = partial(
        clients.brief_client("cloudtrail", region).lookup_events,
        LookupAttributes=asked, StartTime=start, EndTime=end, MaxResults=MOST,
    )  # fmt: skip
    answer = clients.ask("CloudTrail", call)
    read = (read_assumption(event["CloudTrailEvent"], session, account) for event in answer["Events"])
    found = next(filter(None, read), None)
    if found is None and answer.get("NextToken"):
        raise ValueError(f"more than {MOST} events in {region} name this key")
    return found
