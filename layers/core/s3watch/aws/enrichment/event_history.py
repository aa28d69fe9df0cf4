"""Looks up in CloudTrail's event history of a Region who assumed a role, by the access key that this made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from s3watch.alerts.alert import Assumer
from s3watch.aws import clients
from s3watch.enrichment.assumptions import Session, read_assumption
from s3watch.errors import Attempts, CrowdedError, ThrottledError, UnavailableError
from s3watch.text import to_utc

# STS's global endpoint is recorded here, wherever it is served:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html#reference_sts_global_endpoint_changes
GLOBAL = "us-east-1"
# Seconds around a session's beginning. The clocks of STS are one; of what came before it no call can have
# known its key, but whoever has it can name sessions after it from then on, which are found as well.
BEFORE, AFTER = 10.0, 2.0
MOST, PAGES = 50, 2  # events of one answer, which are the newest; answers that are read


def regions_of(home: str) -> Iterator[str]:
    """Yield the Regions whose histories may have it: ours, and that of the global endpoint, if it is ours."""
    yield home
    if home != GLOBAL and not home.startswith(("cn-", "us-gov-", "eusc-")):
        yield GLOBAL


def look_up(region: str, account: str, session: Session) -> Assumer | None:
    """Return who got a session; None if the history has no record of it.

    Raises RefusedError, UnavailableError or ThrottledError; CrowdedError if more events name its key than are
    read, as they do if somebody gives sessions the key as their name; and whatever is wrong with a record, if
    none fits.
    """
    readings = Attempts()
    for event in _events(region, session):
        found = readings.run(partial(_read, event, session, account))
        if found:
            return found
    readings.raise_first()
    return None


def _read(event: dict[str, Any], session: Session, account: str) -> Assumer | None:
    return read_assumption(event["CloudTrailEvent"], session, account)


def _events(region: str, session: Session) -> Iterator[dict[str, Any]]:
    """Yield the events of that time that name the key. Raises as `look_up` does."""
    start, end = to_utc(session.began - BEFORE), to_utc(session.began + AFTER)
    asked = [{"AttributeKey": "ResourceName", "AttributeValue": session.key}]
    ask = partial(
        clients.brief_client("cloudtrail", region).lookup_events,
        LookupAttributes=asked, StartTime=start, EndTime=end, MaxResults=MOST,
    )  # fmt: skip
    seen, more = 0, dict[str, str]()
    for _ in range(PAGES):
        answer = _answer(partial(ask, **more))
        yield from answer["Events"]
        seen += len(answer["Events"])
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}
    if seen:
        raise CrowdedError(f"CloudTrail: more than {seen} events in {region} name this key")
    raise UnavailableError(f"CloudTrail: {region} did not search to the end")


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return clients.ask("CloudTrail", call)
    except UnavailableError as error:
        if clients.is_throttled(error):
            raise ThrottledError(str(error)) from error
        raise
