"""Reads what AWS says about the trail, the rules, the event-source mappings and the subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from s3watch.aws.clients import ask, client
from s3watch.aws.own_parts.deployment_reader import Deployed, read_made, read_stopped, read_unlogged
from s3watch.aws.own_parts.role_reader import read_roles
from s3watch.errors import RefusedError
from s3watch.health.own_changes import mark_of
from s3watch.health.parts import EventSource, Made, Parts, Route, Subscription, TopicName, Trail

# What is passed on to the function, and what becomes of that which fails.
# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
OF_MAPPING = (  # besides its filters
    "DestinationConfig", "FunctionResponseTypes", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts"
)  # fmt: skip
PENDING = "PendingConfirmation"  # in place of the ARN of a subscription


class OwnParts(Struct, frozen=True):
    """The names by which template.yaml tells the function what belongs to the deployment."""

    trail: str  # name
    targets: tuple[str, ...]  # ARNs of queues and functions that rules of EventBridge send to
    functions: tuple[str, ...]  # their names
    topics: tuple[tuple[TopicName, str], ...]  # name, ARN
    stack: str
    buckets: tuple[str, ...]  # that are watched
    access_logs: str  # the bucket that they are to log to; empty if there is none


def read_parts(own: OwnParts) -> Parts:
    """Read all parts; one that AWS does not let us read is named. Raises UnavailableError."""
    unreadable: list[str] = []

    def read[Part](make: Callable[[], Part], otherwise: Part) -> Part:
        try:
            return make()
        except RefusedError as error:
            unreadable.append(str(error))
            return otherwise

    trail = read(partial(_read_trail, own.trail), Trail(own.trail, selectors=_EVERYTHING))
    routes = [read(partial(_read_route, target), None) for target in own.targets]
    mappings = read(partial(_read_mappings, own.functions), None)
    topics = [read(partial(_read_subscriptions, *topic), None) for topic in own.topics]
    made, names = read(partial(read_made, own.stack, own.functions, own.targets), Deployed())
    roles = read_roles(names)
    made = replace(made, by_role=roles.by_role)
    return Parts(
        trail=trail,
        routes=tuple(filter(None, routes)),
        mappings=tuple(mappings or ()),
        subscriptions=tuple(each for some in topics for each in some or ()),
        made=Made() if mappings is None else replace(made, marks={**made.marks, **_marks(mappings)}),
        stopped=read(partial(read_stopped, own.functions), ()),
        unlogged=read_unlogged(own.buckets, own.access_logs) if own.access_logs else (),
        unreadable=(*unreadable, *roles.unreadable),
        busy=() if roles.is_whole else ("IAM",),
    )


# What stands in for a trail that cannot be read: nothing is said about it then
_EVERYTHING = {
    "EventSelectors": [{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn"]}]}],
}


def _read_trail(name: str) -> Trail:
    """Read a trail, also one of another Region or of an organization, which only its ARN names there."""
    trails = ask("CloudTrail", client("cloudtrail").describe_trails)["trailList"]
    found = next((each for each in trails if each["Name"] == name), None)
    if found is None:
        return Trail(name, is_there=False)
    cloudtrail, arn = client("cloudtrail", found["HomeRegion"]), found["TrailARN"]
    status = ask("CloudTrail", partial(cloudtrail.get_trail_status, Name=arn))
    selectors = ask("CloudTrail", partial(cloudtrail.get_event_selectors, TrailName=arn))
    return Trail(
        name,
        is_logging=bool(status.get("IsLogging")),
        delivery_error=status.get("LatestDeliveryError") or "",
        started=_seconds(status.get("StartLoggingTime")),
        stopped=_seconds(status.get("StopLoggingTime")),
        delivered=_seconds(status.get("LatestDeliveryTime")),
        selectors=selectors,
    )


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0


def _read_route(target: str) -> Route:
    events = client("events")
    names = ask("EventBridge", partial(events.list_rule_names_by_target, TargetArn=target))["RuleNames"]
    rules = {name: ask("EventBridge", partial(events.describe_rule, Name=name)) for name in names}
    return Route(_name(target), {name: rule.get("State") == "ENABLED" for name, rule in rules.items()})


def _read_mappings(functions: Iterable[str]) -> list[EventSource]:
    pages = client("lambda").get_paginator("list_event_source_mappings")
    return [
        EventSource(name, _source(each), each.get("State", ""), _mark(each))
        for name in functions
        for page in ask("Lambda", partial(list, pages.paginate(FunctionName=name)))
        for each in page["EventSourceMappings"]
    ]


def _mark(mapping: Mapping[str, Any]) -> str:
    kept = {name: mapping.get(name) for name in OF_MAPPING}
    kept["FilterCriteria"] = (mapping.get("FilterCriteria") or {}).get("Filters")
    return mark_of({name: setting for name, setting in kept.items() if setting not in (None, [], {})})


def _marks(mappings: Iterable[EventSource]) -> dict[str, str]:
    return {f"the event-source mapping of {one.function} from {one.source}": one.mark for one in mappings}


def _source(mapping: Any) -> str:
    """Return the name of the queue or table that a mapping reads."""
    return _name(str(mapping.get("EventSourceArn", "")).partition("/stream/")[0])


def _read_subscriptions(name: TopicName, topic: str) -> list[Subscription]:
    pages = client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found: list[Any] = [each for page in ask("SNS", lambda: list(pages)) for each in page["Subscriptions"]]
    return [
        Subscription(name, each["Protocol"], each["Endpoint"], each["SubscriptionArn"] != PENDING)
        for each in found
    ]


def _name(arn: str) -> str:
    """Return the last part of an ARN."""
    return arn.rpartition(":")[2].rpartition("/")[2]
