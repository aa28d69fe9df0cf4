"""Names the part of s3watch's own stack that a call acts on, by what its request and its answer name.

CloudFormation begins the names that it makes with the stack's, and goes on with the logical ID, whose first
letter is a capital; the names that the templates give begin with the stack's too and are GIVEN. So another
stack, `s3watch-dev`, has no part of the stack `s3watch`; one that is called `s3watch-Dev` would be a part.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-describing-stacks.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

Kind = Literal[
    "rule", "queue", "topic", "subscription", "function", "event source mapping", "table", "alarm",
    "log group", "role", "policy", "stack",
]  # fmt: skip


class Part(NamedTuple):
    """A part of the stack, with its name: of a subscription its topic's, of a mapping its function's.

    Several alarms of one call are joined by commas, the first MOST_NAMED of those that are ours.
    """

    kind: Kind | None = None
    name: str = ""


NO_PART = Part()
MOST_NAMED = 50  # a call names up to 100 alarms, of up to 255 characters; the stack has fewer
GIVEN = frozenset(  # what follows the stack's name and a hyphen
    {
        "detect", "notify", "sweep", "check-health", "scan-logs", "relay-finding", "review-bucket",
        "read-canary", "take-verdict",
        "events", "dead-letters", "undelivered", "log-files", "log-files-dead-letters", "findings",
        "findings-dead-letters", "reviews", "reviews-dead-letters",
        "calls-own", "calls-whole", "calls-canary", "calls-denied",
    }
)  # fmt: skip
_CALLS = re.compile(r"calls-[0-9a-f]{7}")  # the rules that `s3watch event-scope` writes
_MAPPING = "EventSourceMapping"  # in the names of its events, which end in a version
_ANSWER = "responseElements"
# By event source, the members that name a part, in the spelling of CloudTrail. An event source mapping that
# is changed or deleted is named by its UUID alone; the answer says of which function and queue it is now.
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
# https://docs.aws.amazon.com/sns/latest/dg/logging-using-cloudtrail.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-logging-using-cloudtrail.html
_NAMED_BY: dict[str, tuple[tuple[str, Kind], ...]] = {
    "events.amazonaws.com": (("name", "rule"), ("rule", "rule")),
    "sqs.amazonaws.com": (("queueUrl", "queue"), ("sourceArn", "queue")),
    "sns.amazonaws.com": (
        ("subscriptionArn", "subscription"),
        ("topicArn", "topic"),
        ("resourceArn", "topic"),
    ),
    "lambda.amazonaws.com": (
        ("functionName", "function"),
        ("eventSourceArn", "event source mapping"),
        (f"{_ANSWER}.functionArn", "function"),
        (f"{_ANSWER}.eventSourceArn", "event source mapping"),
    ),
    "dynamodb.amazonaws.com": (("tableName", "table"), ("resourceArn", "table")),
    "monitoring.amazonaws.com": (
        ("alarmName", "alarm"),
        ("alarmNames", "alarm"),
        ("muteTargets.alarmNames", "alarm"),
    ),
    "logs.amazonaws.com": (("logGroupName", "log group"),),
    "iam.amazonaws.com": (("roleName", "role"), ("policyArn", "policy")),
    "cloudformation.amazonaws.com": (("stackName", "stack"),),
}
SOURCES = frozenset(_NAMED_BY)
_NAMED_WHOLE = ("stack", "log group")  # may have the stack's name itself as a part: /s3watch/NAME/trail
# IAM takes a name in any case; it is then known by logical IDs, each with what CloudFormation adds at random.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_IN_ANY_CASE = ("role", "policy")
_MADE = re.compile(r"[A-Za-z0-9]+-[A-Za-z0-9]{12,13}(?:-[A-Za-z0-9]+-[A-Za-z0-9]{12,13})*")
_TO_ANOTHER = ("Attach", "Detach")  # a policy, which stays as it is


def find_part(stack: str, source: str, event_name: str, read: Callable[[str], Any]) -> Part:
    """Return the part of a stack that a call acts on; NO_PART if none, or if the stack is not known."""
    if not stack or source not in _NAMED_BY:
        return NO_PART
    for member, kind in _NAMED_BY[source]:
        if kind == "policy" and event_name.startswith(_TO_ANOTHER):
            continue
        path = member if member.startswith(_ANSWER) else f"requestParameters.{member}"
        found = [(text, name) for text in _texts(read(path)) if (name := _own_name(stack, text, kind))]
        if found:
            names = dict.fromkeys(text if kind == "log group" else name for text, name in found)
            whole = ",".join(list(names)[:MOST_NAMED])
            return Part("event source mapping" if _MAPPING in event_name else kind, whole)
    return NO_PART


def _texts(value: Any) -> Iterator[str]:
    yield from (text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))


def _own_name(stack: str, text: str, kind: Kind) -> str:
    """Return the name of a part within a name, an ARN, a URL or a path of log groups; empty if none."""
    for name in re.split(r"[:/]", text):
        head, joint, rest = name[: len(stack)], name[len(stack) : len(stack) + 1], name[len(stack) + 1 :]
        if head == stack and joint == "-" and _is_as_written(rest):
            return name
        if head == stack and not joint and kind in _NAMED_WHOLE:
            return name
        if kind in _IN_ANY_CASE and head.lower() == stack.lower() and joint == "-" and _MADE.fullmatch(rest):
            return name
    return ""


def _is_as_written(rest: str) -> bool:
    """Return whether CloudFormation or a template writes a name so, after the stack's."""
    return rest in GIVEN or "A" <= rest[:1] <= "Z" or _CALLS.fullmatch(rest) is not None
