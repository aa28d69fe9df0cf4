"""CloudTrail's event history: the management events of every account and Region, with a trail or without.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
Here an event is in it at once; on AWS it takes minutes. Only calls that local.cloudtrail.record writes are.
"""

from __future__ import annotations

import calendar
import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail

from local.cloudtrail.record import Json

KEPT = 10_000  # events; on AWS those of 90 days
MOST = 50  # in one answer
_records: deque[Json] = deque(maxlen=KEPT)


def keep(record: Json) -> None:
    """Keep a record if it is of a management event."""
    if record["managementEvent"]:
        _records.append(record)


def look_up(body: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Answer LookupEvents: the latest events of the caller's account and Region that are as asked."""
    here = get_account_id(), get_region()
    seen = [each for each in _records if (each["recipientAccountId"], each["awsRegion"]) == here]
    found = [event for event in map(event_of, reversed(seen)) if _is_asked(event, body)]
    more = {"NextToken": "more"} if len(found) > MOST else {}
    answer = json.dumps({"Events": found[:MOST], **more}).encode()
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, answer


def event_of(record: Json) -> Json:
    """Make the event that the history shows of a record."""
    identity = record["userIdentity"]
    named = {
        "Username": identity.get("userName") or identity.get("arn", "").rpartition("/")[2],
        "AccessKeyId": identity.get("accessKeyId", ""),
    }
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": calendar.timegm(time.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")),
        "ReadOnly": str(record["readOnly"]).lower(),
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in _resources(record)],
        "CloudTrailEvent": json.dumps(record),
        **{name: value for name, value in named.items() if value},
    }


def _resources(record: Json) -> Iterator[tuple[str, str]]:
    """Yield the resources: of a session its access key, its names and its role; else those of the record."""
    answer = record["responseElements"] or {}
    if "assumedRoleUser" in answer:
        yield "AWS::IAM::AccessKey", answer["credentials"]["accessKeyId"]
        for name in (record["requestParameters"]["roleSessionName"], *answer["assumedRoleUser"].values()):
            yield "AWS::STS::AssumedRole", name
    for resource in record.get("resources", ()):
        yield resource["type"], resource["ARN"].rpartition(":::")[2] or resource["ARN"]


def _is_asked(event: Json, body: Mapping[str, Any]) -> bool:
    after, before = body.get("StartTime", 0), body.get("EndTime", event["EventTime"])
    values = {name: [value] for name, value in event.items()}
    for name in ("ResourceType", "ResourceName"):
        values[name] = [each[name] for each in event["Resources"]]
    return after <= event["EventTime"] <= before and all(
        asked["AttributeValue"] in values.get(asked["AttributeKey"], [])
        for asked in body.get("LookupAttributes", ())
    )


def install() -> None:
    """Answer from the records of this local AWS; ministack's own history has another shape."""
    cloudtrail._DISPATCH["LookupEvents"] = look_up
