"""Builds links to the AWS console of each partition; what callers choose is percent-encoded."""

from __future__ import annotations

import re
from urllib.parse import quote

LONGEST = 800  # characters: RFC 5322 allows lines of 998, and a cut link leads nowhere

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}")
_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
_GLOBAL = {"cn-": "cn-north-1", "us-gov-": "us-gov-west-1"}  # the Regions in whose console IAM is


def link(region: str, path: str, identity: str = "") -> str:
    """Build a link; `{}` in the path is replaced by the identity. Empty if `region` is not a valid name."""
    if not _REGION.fullmatch(region):
        return ""
    service, _, place = path.partition("#")
    domain = _of_partition(region, _DOMAINS, "console.aws.amazon.com")
    home = f"https://{region}.{domain}/{service}?region={region}"
    built = (f"{home}#{place}" if place else home).replace("{}", quote(identity, safe=""))
    return built if len(built) <= LONGEST else ""


def object_link(region: str, bucket: str, key: str) -> str:
    """Build a link to an object, or to the permissions of its bucket where the key is empty."""
    if not key:
        found = link(region, "s3/buckets/{}", bucket)
        return f"{found}&tab=permissions" if found else ""
    found = link(region, "s3/object/{}", bucket)
    ended = key.removesuffix(".")  # a full stop at the end would be taken for a sentence's
    built = f"{found}&prefix={quote(ended, safe='')}{'%2E' * (ended != key)}"
    return built if found and len(built) <= LONGEST else ""


def role_link(region: str, name: str) -> str:
    """Build a link to where the sessions of a role are revoked; `region` says which partition."""
    return link(_home_of_iam(region), "iam/home#/roles/details/{}?section=revoke_sessions", name)


def user_link(region: str, name: str) -> str:
    """Build a link to where the access keys of a user are disabled; `region` says which partition."""
    return link(_home_of_iam(region), "iam/home#/users/details/{}?section=security_credentials", name)


def event_link(region: str, identity: str) -> str:
    """Build a link to a management event in CloudTrail's event history, which has those of 90 days."""
    return link(region, "cloudtrailv2/home#/events/{}", identity)


def _home_of_iam(region: str) -> str:
    return _of_partition(region, _GLOBAL, "us-east-1") if _REGION.fullmatch(region) else ""


def _of_partition(region: str, names: dict[str, str], default: str) -> str:
    return next((name for start, name in names.items() if region.startswith(start)), default)
