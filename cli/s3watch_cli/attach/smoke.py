"""Follows one read of the canary through a deployment, and says how far it got.

It asks the function that reads it, the ledger, the queues, and at the end CheckHealth, so that a step that
is missing has a reason.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import typer
from s3watch.aws.dynamodb_listing import GroupListing
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import RefusedError
from s3watch.ledger.groups import Group
from s3watch.ledger.principals import canary_group
from s3watch.text import count

from s3watch_cli.attach.aws_errors import translate_errors, translate_errors_of_library
from s3watch_cli.attach.calls import Account
from s3watch_cli.attach.deployed_stack import open_ledger, read_stack
from s3watch_cli.output import Format, Row, note, show

PAUSE = 2.0  # seconds between two looks
APART = 5.0  # seconds by which S3's clock and CloudTrail's may differ, at the edge of a window
COLUMNS = ("step", "seconds", "what")


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployment with a canary, and how to ask it."""

    name: str
    outputs: Any
    account: Account
    listing: GroupListing
    store: DynamoDBStore

    @classmethod
    def open(cls, name: str, profile: str | None, region: str | None) -> Stack:
        """Use these credentials. Raises RefusedError, also if the stack has no canary."""
        account = Account.open(profile, region)
        outputs = read_stack(account.client("cloudformation"), name).outputs
        if "CanaryBucket" not in outputs:
            raise RefusedError(
                f"the stack {name} has no canary; deploy it with Canary=own-trail, or any-trail"
            )
        client, table = open_ledger(name, "", profile, region)
        return cls(name, outputs, account, GroupListing(client, table), DynamoDBStore(client, table))

    def invoke(self, function: str) -> dict[str, Any]:
        """Invoke one of its functions. Raises RefusedError if it fails."""
        name = f"{self.name}-{function}"
        with translate_errors(name):
            answer = self.account.client("lambda").invoke(FunctionName=name, Payload=b"{}")
            said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RefusedError(f"{name} failed: {said.get('errorMessage', said)}")
        return dict(said)

    def find(self, request: str, read_at: float) -> Group | None:
        """Return the alert of a read, once there is one."""
        near = {canary_group(request, read_at - APART), canary_group(request, read_at + APART)}
        with translate_errors_of_library("the ledger"):
            return next(filter(None, map(self.store.group, near)), None)

    def is_told(self, group: Group) -> bool:
        """Return whether the alert's message was accepted by its topic."""
        with translate_errors_of_library("the ledger"):
            return not self.listing.messages(group).waiting

    def waiting(self) -> str:
        """Say how many messages wait in the queues on the way."""
        sqs, said = self.account.client("sqs"), list[str]()
        for output, what in (("EventQueue", "event"), ("DeadLetterQueue", "dead letter")):
            with translate_errors(output):
                found = sqs.get_queue_attributes(QueueUrl=self.outputs[output], AttributeNames=["All"])
            said.append(count(int(found["Attributes"]["ApproximateNumberOfMessages"]), what))
        return " and ".join(said)


def smoke(stack: Stack, seconds: float, form: Format, sleep: Callable[[float], None] = time.sleep) -> None:
    """Read the canary and print each step, within so many seconds. Raises Exit(1) if one is missing."""
    rows = list[Row]()
    for row in _steps(stack, seconds, sleep):
        note(f"{row['step']}: {row['what']}")
        rows.append(row)
    show(rows, form, COLUMNS)
    if any(row["seconds"] is None for row in rows):
        raise typer.Exit(1)


def _steps(stack: Stack, seconds: float, sleep: Callable[[float], None]) -> Iterator[Row]:
    start, read = time.monotonic(), stack.invoke("read-canary")
    what = f"s3://{stack.outputs['CanaryBucket']}/canary, request {read['request']}"
    yield _row("read", time.monotonic() - start, what)
    wait = _Wait(start, seconds, sleep)
    if group := wait.until(lambda: stack.find(read["request"], read["time"])):
        yield _row("recorded", wait.passed, f"alert {group.id}: it came by the trail, and Detect matched it")
        if wait.until(lambda: stack.is_told(group)):
            yield _row("told", wait.passed, "the topic took its message")
        else:
            yield _row("told", None, "not yet; see the logs of Notify and Sweep")
    else:
        yield _row("recorded", None, f"not yet; {stack.waiting()} wait, and CloudTrail may need 15 minutes")
    yield _check_health(stack, start)


def _check_health(stack: Stack, start: float) -> Row:
    try:
        problems = int(stack.invoke("check-health")["problems"])
    except RefusedError as error:  # of another check at the same time, for one
        return _row("health", None, str(error))
    return _row("health", time.monotonic() - start if not problems else None, _say_problems(problems))


def _say_problems(number: int) -> str:
    return (
        f"{count(number, 'problem')}, told on the operations topic"
        if number
        else "CheckHealth finds no problem"
    )


class _Wait:
    """Looks for something until the time is over."""

    def __init__(self, start: float, seconds: float, sleep: Callable[[float], None]) -> None:
        self._start, self._end, self._sleep = start, start + seconds, sleep

    @property
    def passed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def until[Found](self, look: Callable[[], Found]) -> Found:
        """Return what was found; the last look if the time is over."""
        while not (found := look()) and time.monotonic() < self._end:
            self._sleep(PAUSE)
        return found


def _row(step: str, seconds: float | None, what: str) -> Row:
    return {"step": step, "seconds": None if seconds is None else round(seconds, 1), "what": what}
