"""Reads what a deployment made and somebody else can change, and whether watched buckets log accesses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from s3watch.aws.clients import ask, client
from s3watch.errors import RefusedError
from s3watch.health.own_changes import mark_of
from s3watch.health.parts import Made
from s3watch.posture.bucket_state import is_directory

# What decides what a function does, and as which role; not when it was changed, nor what Lambda itself
# changes, such as the runtime's patches.
# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
OF_FUNCTION = ("CodeSha256", "Environment", "Handler", "KMSKeyArn", "Layers", "Role", "VpcConfig")
ABSENT = "ResourceNotFoundException"
OF_RULE = ("EventPattern", "ScheduleExpression")  # its state is told by itself


class Deployed(NamedTuple):
    """What was read of the last deployment."""

    made: Made = Made()
    roles: tuple[str, ...] = ()  # names of those of its functions


def read_made(stack: str, functions: Iterable[str], targets: Iterable[str]) -> Deployed:
    """Read the stack's functions, and the rules that send to its targets; their roles are only named.

    Raises RefusedError or UnavailableError.
    """
    there = dict(_read_functions(functions))
    marks = dict(_mark_functions(there)) | dict(_read_rules(targets))
    describe = partial(client("cloudformation").describe_stacks, StackName=stack)
    (found,) = ask("CloudFormation", describe)["Stacks"]
    updated = found.get("LastUpdatedTime", found["CreationTime"]).timestamp()
    made = Made(0 if found["StackStatus"].endswith("_IN_PROGRESS") else updated, marks)
    return Deployed(made, tuple(sorted({one["Role"].rpartition("/")[2] for one in there.values()})))


def _read_functions(names: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    read = client("lambda").get_function_configuration
    for name in names:
        found = ask("Lambda", partial(read, FunctionName=name), ABSENT)
        if found is not None:
            yield name, found


def _mark_functions(functions: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, found in functions.items():
        yield f"the function {name}", _mark(found, OF_FUNCTION)
        yield f"who may invoke the function {name}", mark_of(_read_permissions(name))


def _read_permissions(function: str) -> list[Any]:
    """Return the statements of a function's own policy, in one order; a function's URL needs one, too."""
    found = ask("Lambda", partial(client("lambda").get_policy, FunctionName=function), ABSENT)
    statements = json.loads(found["Policy"])["Statement"] if found is not None else []
    return sorted(statements, key=mark_of)


def read_stopped(functions: Iterable[str]) -> tuple[str, ...]:
    """Return the functions that nothing can invoke, since no concurrency is reserved for them.

    Raises RefusedError or UnavailableError.
    """
    read = client("lambda").get_function_concurrency
    found = {name: ask("Lambda", partial(read, FunctionName=name), ABSENT) or {} for name in functions}
    return tuple(name for name, one in found.items() if one.get("ReservedConcurrentExecutions") == 0)


def _read_rules(targets: Iterable[str]) -> Iterable[tuple[str, str]]:
    events = client("events")
    for target in targets:
        names = ask("EventBridge", partial(events.list_rule_names_by_target, TargetArn=target))["RuleNames"]
        for name in names:
            rule = ask("EventBridge", partial(events.describe_rule, Name=name))
            yield f"the rule {name} of EventBridge", _mark(rule, OF_RULE)


def _mark(found: Mapping[str, Any], members: Iterable[str]) -> str:
    """Return a short digest of these members, whatever order they come in; no setting itself is kept."""
    kept = {name: found.get(name) for name in members}
    kept["Layers"] = [layer["Arn"] for layer in kept.get("Layers") or ()]
    kept["VpcConfig"] = {name: sorted(ids) for name, ids in _lists(kept.get("VpcConfig") or {})}
    return mark_of(kept)


def _lists(vpc: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the subnets and security groups of a function, which have no order."""
    yield from ((name, vpc.get(name, [])) for name in ("SecurityGroupIds", "SubnetIds"))


def read_unlogged(buckets: Iterable[str], target: str) -> tuple[str, ...]:
    """Return which buckets do not write server access logs to `target`.

    Of one that S3 does not let us read, such as another account's, nothing is said; directory buckets have no
    access logs. Raises UnavailableError.
    """
    return tuple(one for one in buckets if not is_directory(one) and _logs_to(one) not in {target, None})


def _logs_to(bucket: str) -> str | None:
    """Return where a bucket logs to; empty if nowhere, None if that is not known."""
    try:
        found = ask("S3", partial(client("s3").get_bucket_logging, Bucket=bucket))
    except RefusedError:
        return None
    return str(found.get("LoggingEnabled", {}).get("TargetBucket", ""))
