"""Settings of a bucket as S3's API returns them: adds parts to them, removes parts, and compares them.

A setting is a dict, `{}` if nothing is set. Its lists hold independent items (notifications), its other
values exist once (the target of access logs). Removing a part that was added restores the setting, whatever
was changed in the rest meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

type Setting = dict[str, Any]

DESTINATIONS = {
    "TopicConfigurations": "TopicArn",
    "QueueConfigurations": "QueueArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
LOG_SERVICE = "logging.s3.amazonaws.com"


def missing(current: Setting, desired: Setting) -> Setting:
    """Return the part of the desired setting that is not set yet."""
    absent: Setting = {}
    for name, value in desired.items():
        if isinstance(value, list):
            there = [_meaning(item) for item in current.get(name, [])]
            if new := [item for item in value if _meaning(item) not in there]:
                absent[name] = new
        elif name not in current or current[name] != value:
            absent[name] = value
    return absent


def conflicting(current: Setting, desired: Setting) -> Setting:
    """Return the current values that the desired setting would replace; items of lists never conflict."""
    return {
        name: current[name]
        for name, value in desired.items()
        if not isinstance(value, list) and name in current and current[name] != value
    }


def add_part(current: Setting, part: Setting) -> Setting:
    """Return `current` with a part added: lists grow at their end, single values are set."""
    return current | {
        name: [*current.get(name, []), *value] if isinstance(value, list) else value
        for name, value in part.items()
    }


def remove_part(current: Setting, part: Setting) -> Setting:
    """Return `current` without a part; what has changed since it was added stays."""
    left = {name: _without(value, part[name]) if name in part else value for name, value in current.items()}
    return {name: value for name, value in left.items() if value is not None}


def _without(value: Any, part: Any) -> Any:
    """Return a value without its part, None if nothing is left of it."""
    if not isinstance(value, list):
        return None if value == part else value
    gone = [_meaning(item) for item in part]
    return [item for item in value if _meaning(item) not in gone] or None


def still_set(current: Setting, part: Setting) -> Setting:
    """Return what of a part is still set as it was added."""
    return remove_part(part, missing(current, part))


def equivalent(one: Setting, other: Setting) -> bool:
    """Whether two settings mean the same: S3 keeps no order, and writes filter names in either case."""
    return _plain(one) == _plain(other)


def difference(before: Setting, after: Setting) -> list[str]:
    """Return the lines that differ, marked by + and -, with two lines of context."""
    lines = unified_diff(_lines(before), _lines(after), n=2, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _lines(setting: Setting) -> list[str]:
    return json.dumps(setting, indent=2, sort_keys=True, ensure_ascii=False).splitlines() if setting else []


def _plain(setting: Setting) -> Setting:
    return {
        name: sorted((_meaning(item), _id(item)) for item in value) if isinstance(value, list) else value
        for name, value in setting.items()
    }


def _id(item: Any) -> str:
    return str(item.get("Id", "")) if isinstance(item, Mapping) else ""


def _meaning(item: Any) -> str:
    """Return an item of a list as normalized text, without its ID, which S3 generates if none is given."""
    if not isinstance(item, Mapping):
        return str(item)
    destination = next((item[name] for name in DESTINATIONS.values() if name in item), "")
    return json.dumps([destination, sorted(item.get("Events", [])), sorted(_rules(item).items())])


def _rules(item: Mapping[str, Any]) -> dict[str, str]:
    rules = item.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return {rule["Name"].lower(): rule["Value"] for rule in rules}


def overlapping(current: Setting, desired: Setting) -> Iterator[str]:
    """Yield the destinations that already receive such events of such objects: S3 allows only one.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    wanted = [item for kind in DESTINATIONS for item in desired.get(kind, [])]
    for kind, name in DESTINATIONS.items():
        for item in current.get(kind, []):
            if any(_overlap(item, other) for other in wanted):
                yield f"{item[name]} ({_rules(item).get('prefix') or 'any key'})"


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    kinds = any(_within(a, b) or _within(b, a) for a in one["Events"] for b in other["Events"])
    rules, others = _rules(one), _rules(other)
    prefixes = rules.get("prefix", ""), others.get("prefix", "")
    suffixes = rules.get("suffix", ""), others.get("suffix", "")
    return (
        kinds
        and (prefixes[0].startswith(prefixes[1]) or prefixes[1].startswith(prefixes[0]))
        and (suffixes[0].endswith(suffixes[1]) or suffixes[1].endswith(suffixes[0]))
    )


def _within(event: str, kind: str) -> bool:
    return event == kind or (kind.endswith("*") and event.startswith(kind[:-1]))


def log_bucket_problems(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each reason why S3 cannot write access logs to a bucket.

    `facts` are `encryption` (the default algorithm), `lock` (the default retention, or None), `payer`, and
    `policy` (a document). https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    if facts["encryption"] not in {"AES256", ""}:
        yield f"encrypts with {facts['encryption']}, but S3 logs only with SSE-S3: make AES256 its default"
    if facts["lock"]:
        yield "has an Object Lock default retention, so S3 cannot log to it: remove the retention"
    if facts["payer"] == "Requester":
        yield "has Requester Pays on, so S3 cannot log to it: turn it off"
    if not _allows(facts["policy"], LOG_SERVICE):
        yield f"has no policy that allows {LOG_SERVICE} to put objects: add it, or use the stack's bucket"


def lets_send(policy: Mapping[str, Any], topic: str) -> bool:
    """Whether a queue's policy lets SNS send what an SNS topic announces."""
    return any(topic in _sources(one) for one in _allowing(policy, "sns.amazonaws.com"))


def _sources(statement: Mapping[str, Any]) -> list[str]:
    """Return the ARNs that a statement's condition asks for."""
    operators = statement.get("Condition", {}).values()
    found = [one for keys in operators for name, one in keys.items() if name.lower() == "aws:sourcearn"]
    return [arn for one in found for arn in ([one] if isinstance(one, str) else one)]


def _allows(policy: Mapping[str, Any], service: str) -> bool:
    return any(_allowing(policy, service))


def _allowing(policy: Mapping[str, Any], service: str) -> Iterator[Mapping[str, Any]]:
    """Yield the statements that allow a service something."""
    for statement in policy.get("Statement", []):
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, Mapping) else []
        if statement.get("Effect") == "Allow" and service in (
            [services] if isinstance(services, str) else services
        ):
            yield statement
