"""Which detections could match what TrailScope=prefixes leaves out: frequent calls on unlabelled objects.

A condition is true, false or, where it is about more than all such calls have in common, unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from s3watch.detection import conditions
from s3watch.detection.answerable import find_answerable, is_supported
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.ruleset import Condition, Label, Ruleset
from s3watch.sources.cloudtrail import decode

# The frequent calls on one object that its ARN names, which stacks/trail.yaml selects by prefix
NARROWED = (
    "AbortMultipartUpload", "CompleteMultipartUpload", "CreateMultipartUpload", "DeleteObject", "GetObject",
    "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "HeadObject", "ListParts", "PutObject",
    "PutObjectTagging", "UploadPart",
)  # fmt: skip
_SOURCE = "s3.amazonaws.com"
_TYPES = frozenset({"AwsApiCall", "AwsServiceEvent"})  # of data events
_COMMON = frozenset(  # the same for all such calls of one name; log files have a selector of their own
    {
        "eventName", "eventSource", "s3.operation", "s3.scope", "s3.feed", "s3.label", "s3.expected",
        "s3.decoy", "s3.log_bucket",
    }
)  # fmt: skip


def find_lost(ruleset: Ruleset) -> tuple[str, ...]:
    """Return the names of the detections that could match a frequent call on an object without a label."""
    calls = [_example(name) for name in NARROWED]
    return tuple(
        each.rule
        for each in find_answerable(ruleset)
        if is_supported(each, "cloudtrail")
        and any(_holds(each.condition, call) is not False for call in calls)
    )


def _example(name: str) -> Access:
    """Return a call on an object without a label, in a bucket where others have one."""
    request = {"bucketName": "bucket", "key": "key"}
    record = {"eventSource": _SOURCE, "eventName": name, "requestParameters": request}
    raw = msgspec.json.encode(record | {"eventType": "AwsApiCall"})
    (access,) = extract(decode(raw), raw)
    access.bucket_labels = (Label("label"),)
    return access


def _holds(condition: Condition, call: Access) -> bool | None:
    """Return whether a condition holds for all such calls (true), none (false), or may for some (None)."""
    if condition.op == "not":
        part = _holds(condition.of[0], call)
        return None if part is None else not part
    if condition.op in conditions.LOGICAL:
        decisive = condition.op == "or"
        parts = set(_parts(condition, call))
        return decisive if decisive in parts else None if None in parts else not decisive
    return conditions.compile(condition)(call) if _is_common(condition) else None


def _parts(condition: Condition, call: Access) -> Iterator[bool | None]:
    return (_holds(part, call) for part in condition.of)


def _is_common(leaf: Condition) -> bool:
    if leaf.field == "s3.bucket_labels":
        return leaf.op == "exists"
    if leaf.field == "eventType":
        return leaf.op == "eq" and _TYPES.isdisjoint(leaf.values)
    return _COMMON.issuperset(conditions.fields_of(leaf))
