"""Conditions that AWS's own descriptions of its APIs prove to be redundant: they only narrow what is tested.

The name of an event says nothing beside a member that no other request has, nor the service beside the name
of an event that no other one has. The compiled rules look both up before anything else.
"""

from __future__ import annotations

from functools import cache

from botocore.session import get_session
from s3watch.facts.operations import S3_EVENTS, S3_SOURCES
from s3watch.ruleset import Condition
from s3watch_cli.lint.event_names import EVENT_OF_CALL, OWN_SOURCES

from tests.support.rule_mutations import Mutant

REQUEST = "requestParameters."
MEMBER_OF_FACT = {"s3.expiry_days": "LifecycleConfiguration"}  # facts that read one member, and no other
SERVICES = {"monitoring": "cloudwatch"}  # where botocore calls a service otherwise than CloudTrail


def is_redundant(mutant: Mutant) -> bool:
    """Return whether what a mutant no longer asks for follows from what it still asks for beside it."""
    dropped = mutant.dropped
    if dropped is None or dropped.op != "eq":
        return False
    if dropped.field == "eventName":
        members = frozenset[str]().union(*map(_needed, mutant.beside))
        return any(_events_with(member) <= set(dropped.values) for member in members)
    names = [each.values for each in mutant.beside if (each.field, each.op) == ("eventName", "eq")]
    return dropped.field == "eventSource" and any(map(_events_outside(dropped.values).isdisjoint, names))


def _needed(condition: Condition) -> frozenset[str]:
    """Return the members of a request without which a condition is never true."""
    if condition.op == "and":
        return frozenset[str]().union(*map(_needed, condition.of))
    if condition.op == "or":
        first, *others = map(_needed, condition.of)
        return first.intersection(*others)
    if condition.op in ("not", "null") or condition.values == ("false",):
        return frozenset()
    if condition.field.startswith(REQUEST):
        return frozenset({condition.field.removeprefix(REQUEST).partition(".")[0]})
    return frozenset({MEMBER_OF_FACT[condition.field]} if condition.field in MEMBER_OF_FACT else ())


@cache
def _events_with(member: str) -> frozenset[str]:
    """Return the events of S3 whose request has a member, of CloudTrail's name."""
    found = set[str]()
    for service in ("s3", "s3control"):
        model = get_session().get_service_model(service)
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            if shape and member in {
                shape.name,
                shape.serialization.get("locationName"),
                *shape.members,
                *(each.serialization.get("name") for each in shape.members.values()),
            }:
                found.add(EVENT_OF_CALL.get(name, name))
    return frozenset(found or {member})  # what nobody has is not understood, and proves nothing


@cache
def _events_outside(sources: tuple[str, ...]) -> frozenset[str]:
    """Return the names of the events of all sources that s3watch receives from, but for these."""
    found = set[str](() if S3_SOURCES & set(sources) == S3_SOURCES else S3_EVENTS)
    for source in OWN_SOURCES - S3_SOURCES - set(sources):
        name = source.removesuffix(".amazonaws.com")
        found.update(get_session().get_service_model(SERVICES.get(name, name)).operation_names)
    return frozenset(found)
