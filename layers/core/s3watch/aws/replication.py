"""Finds out where replication sends objects, and which of these buckets are the account's own.

The account that a rule names is the word of whoever wrote it: "Amazon S3 verifies this value only if Access
Control Translation is enabled", and "doesn't check if the buckets are owned by same or different accounts".
https://docs.rs/rusoto_s3/0.37.0/rusoto_s3/struct.Destination.html (AWS's text of 2019)
https://docs.aws.amazon.com/AmazonS3/latest/dev/replication-change-owner.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from s3watch.aws.own_buckets import is_own
from s3watch.errors import RefusedError
from s3watch.posture.bucket_state import ReplicationDestination

# Each is a call. A configuration may have 1,000 rules, each with a bucket of its own, and those beyond count
# as outside. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketReplication.html
MOST_LOOKED_UP = 20


def find_destinations(rules: Iterable[dict[str, Any]]) -> tuple[ReplicationDestination, ...]:
    """Return the destinations of enabled rules of GetBucketReplication, each once.

    A bucket counts as outside if it may not be looked up. Raises UnavailableError if it can be later.
    """
    targets = dict.fromkeys(_targets(rules))
    looked_up = [*dict.fromkeys(bucket for bucket, _ in targets)][:MOST_LOOKED_UP]
    own = {bucket for bucket in looked_up if _is_known_as_own(bucket)}
    return tuple(ReplicationDestination(bucket, account, own=bucket in own) for bucket, account in targets)


def _targets(rules: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for rule in rules:
        target = rule.get("Destination", {})
        if rule.get("Status") == "Enabled" and "Bucket" in target:
            account = target.get("Account", "") if "AccessControlTranslation" in target else ""
            yield target["Bucket"].rpartition(":")[2], account


def _is_known_as_own(bucket: str) -> bool:
    try:
        return is_own(bucket)
    except RefusedError:
        return False
