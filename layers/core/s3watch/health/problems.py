"""Finds what keeps a deployment from seeing or telling what it is there for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from s3watch.facts.requests.event_selectors import OBJECTS, records_all, records_some
from s3watch.health.parts import Parts, Route, Subscription, Trail

DIRECTORY_BUCKET = "--x-s3"  # at the end of its name; attach checks their selectors
UNREAD = "deploy again: CheckHealth's role lacks a permission"
UNREAD_ROLES = (  # which is no mistake of the deployment's
    "a boundary may deny CheckHealth's role to read the stack's own roles, or its VPC have no way to IAM"
)
UNREAD_ROLE = (
    "somebody may have given a function this role, which is not the stack's: see which functions have it;"
    " or a boundary denies CheckHealth's role to read it"
)
WORKING = frozenset({"Enabled", "Enabling", "Creating", "Updating"})  # states of a mapping, or nearly so


class Problem(NamedTuple):
    """One problem: a name that stays the same while it lasts, what is wrong, and what to do about it."""

    key: str
    what: str
    instead: str


class Expected(NamedTuple):
    """What a deployment is to have."""

    buckets: Sequence[str]
    partition: str  # of their ARNs
    records_prefixes: bool = False  # TrailScope: of frequent calls only those on what the catalogue names
    unwatched: Sequence[str] = ()  # buckets of the catalogue that are not watched
    reads_canary: bool = False  # each hour, which the trail records


def find_problems(parts: Parts, expected: Expected) -> list[Problem]:
    """Return all that is wrong at this time."""
    return [
        *_of_trail(parts.trail, expected),
        *(problem for route in parts.routes for problem in _of_route(route)),
        *_of_mappings(parts),
        *_of_stopped(parts.stopped),
        *(() if "SNS" in parts.blind else _of_topics(parts.subscriptions)),
        *_of_buckets(expected.unwatched),
        *_of_logging(parts.unlogged),
        *_of_unreadable(parts.unreadable),
    ]


def _of_trail(trail: Trail, expected: Expected) -> Iterator[Problem]:
    name = f"the trail {trail.name}"
    if not trail.is_there:
        what = f"there is no trail {trail.name}: nothing is recorded or alerted"
        yield Problem("trail", what, "create it again, or deploy with ExistingTrail naming another one")
        return
    if not trail.is_logging:
        what = f"{name} is stopped: nothing is recorded or alerted"
        start = f"aws cloudtrail start-logging --name {trail.name}"
        yield Problem("trail", what, f"{start}, and find out who stopped it")
    if trail.delivery_error:
        what = f"{name} cannot write its log files ({trail.delivery_error}): only events are alerted"
        yield Problem("delivery", what, "restore the policy of its bucket, and of its key")
    if lost := [bucket for bucket in expected.buckets if not _is_recorded(trail, bucket, expected)]:
        what = f"{name} does not record all calls on {', '.join(lost)}"
        yield Problem(
            "selectors", what, "restore its event selectors: deploy again, or see docs/deploying.md"
        )


def _is_recorded(trail: Trail, bucket: str, expected: Expected) -> bool:
    if bucket.endswith(DIRECTORY_BUCKET):
        return True
    is_recorded = records_some if expected.records_prefixes else records_all
    return is_recorded(trail.selectors, OBJECTS, f"arn:{expected.partition}:s3:::{bucket}/")


def _of_route(route: Route) -> Iterator[Problem]:
    if not route.rules:
        what = f"no rule of EventBridge sends to {route.target} any more"
        yield Problem(f"route:{route.target}", what, "deploy again")
    for rule, is_enabled in sorted(route.rules.items()):
        if not is_enabled:
            what = f"the rule {rule} of EventBridge is disabled: it sends nothing to {route.target}"
            enable = f"aws events enable-rule --name {rule}"
            yield Problem(f"rule:{rule}", what, f"{enable}, and find out who disabled it")


def _of_mappings(parts: Parts) -> Iterator[Problem]:
    for each in parts.mappings:
        if each.state not in WORKING:
            what = f"{each.function} does not read {each.source} ({each.state})"
            instead = "enable its event-source mapping in Lambda, and find out who disabled it"
            yield Problem(f"mapping:{each.function}:{each.source}", what, instead)


def _of_stopped(functions: Sequence[str]) -> Iterator[Problem]:
    for function in functions:
        what = f"{function} is stopped: its reserved concurrency is 0, so that nothing can invoke it"
        start = f"aws lambda delete-function-concurrency --function-name {function}"
        yield Problem(f"stopped:{function}", what, f"{start}, and find out who stopped it")


def _of_topics(subscriptions: Sequence[Subscription]) -> Iterator[Problem]:
    for each in subscriptions:
        if not each.is_confirmed:
            what = f"{each.endpoint} has not confirmed its subscription to {each.topic}"
            yield Problem(f"pending:{each.topic}:{each.endpoint}", what, "see `s3watch subscribe`")
    if not any(each.topic == "alerts" and each.is_confirmed for each in subscriptions):
        yield Problem("nobody", "nobody is subscribed to the alerts", "s3watch subscribe ADDRESS")


def _of_buckets(unwatched: Sequence[str]) -> Iterator[Problem]:
    for bucket in unwatched:
        what = f"{bucket} is in the catalogue and not watched"
        yield Problem(f"unwatched:{bucket}", what, "run `s3watch buckets --write`, build and deploy")


def _of_logging(unlogged: Sequence[str]) -> Iterator[Problem]:
    for bucket in unlogged:
        what = f"{bucket} does not write server access logs to the bucket of this deployment"
        yield Problem(f"logging:{bucket}", what, "run `s3watch attach --access-logs`")


def _of_unreadable(parts: Sequence[str]) -> Iterator[Problem]:
    for part in parts:
        service, what = part.partition(":")[0], f"nobody can say whether all is well: {part}"
        instead = UNREAD_ROLE if service.startswith("IAM, ") else UNREAD
        yield Problem(f"unreadable:{service}", what, UNREAD_ROLES if service == "IAM" else instead)


def find_gone(before: Sequence[str], subscriptions: Sequence[Subscription]) -> list[Problem]:
    """Return the subscriptions that were confirmed and are not there any more; each is told once."""
    again = "if nobody wanted that: `s3watch subscribe` it again, so that no link in a mail can end it"
    found = []
    for name in sorted(set(before) - set(names_of(subscriptions))):
        topic, _, endpoint = name.partition(" ")
        found.append(Problem(f"gone:{name}", f"{endpoint} is not subscribed to {topic} any more", again))
    return found


def names_of(subscriptions: Sequence[Subscription]) -> list[str]:
    """Return the names of confirmed subscriptions: topic and endpoint."""
    return [f"{each.topic} {each.endpoint}" for each in subscriptions if each.is_confirmed]
