"""Finds the accounts and buckets to which a configuration sends what is in a bucket: copies, lists, events.

Another account that is named shows that data leaves; the owner's shows nothing, unless AWS checks it:

- It does for inventories and analytics, before it exports: "if no account ID is provided, the owner is not
  validated", https://docs.aws.amazon.com/AmazonS3/latest/API/API_InventoryS3BucketDestination.html and
  API_AnalyticsS3BucketDestination.html
- ARNs of topics, queues, functions, keys and table buckets are addresses: their account is where they lead.
- It does not for replication, unless replicas change their owner: aws/replication.py looks for a proof.
- It does not say so of Multi-Region Access Points and Storage Lens:
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_Region.html,
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_S3BucketDestination.html

So no detection is silent because of an account that is not named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from s3watch.posture.elements import account_of, is_account

_CONFIGURATIONS = frozenset(
    {
        "replicationconfiguration",
        "inventoryconfiguration",
        "analyticsconfiguration",
        "notificationconfiguration",
        "metadatatableconfiguration",
        "createaccesspointforobjectlambdarequest",
        "putaccesspointconfigurationforobjectlambdarequest",
        "createmultiregionaccesspointrequest",
        "dataexport",  # of Storage Lens
        "expandedprefixesdataexport",
    }
)
_AROUND = frozenset({"putstoragelensconfigurationrequest", "storagelensconfiguration"})  # members around them
_ROUTES = frozenset({"bucketloggingstatus", "submitmultiregionaccesspointroutesrequest"})  # name buckets only
PARAMETERS = _CONFIGURATIONS | _AROUND | _ROUTES  # that may name a destination, in lower case
_BUCKETS = frozenset({"arn", "bucket", "targetbucket"})  # members that name a destination
_BUCKET_ARN = re.compile(r"arn:[^:]*:s3:[^:]*:[^:]*:(?:bucket/)?([^/:]+)")  # with an account in Storage Lens
_OWNERS = frozenset({"account", "accountid", "bucketaccountid"})  # members that name a destination's account


def find_accounts(request: Any) -> frozenset[str]:
    """Return the accounts that destinations name, by id or in the ARN of a topic, queue, function or key.

    The ARN of a bucket has no account, so a destination may belong to somebody else without being found here.
    """
    named = (_account(name, text) for each in _configurations(request) for name, text in _texts(each))
    return frozenset(account for account in named if is_account(account))


def find_buckets(request: Any) -> tuple[str, ...]:
    """Return the names of the buckets that destinations name, in alphabetical order."""
    configurations = _configurations(request, _CONFIGURATIONS | _ROUTES)
    texts = (text for each in configurations for name, text in _texts(each) if name.lower() in _BUCKETS)
    return tuple(sorted({bucket for text in texts if (bucket := _bucket(text))}))


def _bucket(text: str) -> str:
    """Return the bucket of its name or ARN; empty for the ARN of something else."""
    if not text.startswith("arn:"):
        return text
    match = _BUCKET_ARN.fullmatch(text)
    return match[1] if match else ""


def _configurations(
    request: Any, named: AbstractSet[str] = _CONFIGURATIONS, depth: int = len(_AROUND)
) -> Iterator[Any]:
    for name, value in request.items() if isinstance(request, dict) else ():
        if name.lower() in named:
            yield value
        elif depth and name.lower() in _AROUND:
            yield from _configurations(value, named, depth - 1)


def _account(name: str, text: str) -> str:
    if text.startswith("arn:"):
        return account_of(text)
    return text if name.lower() in _OWNERS else ""


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts in nested members and lists, each with the name of its member."""
    left: list[tuple[str, Any]] = [("", value)]
    while left:
        name, each = left.pop()
        if isinstance(each, str):
            yield name, each
        elif isinstance(each, dict):
            left += each.items()
        elif isinstance(each, list):
            left += ((name, element) for element in each)
