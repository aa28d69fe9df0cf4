"""Tells which records a trail by prefixes has, of those that one by buckets has."""

from __future__ import annotations

from s3watch.facts.access import Access
from s3watch.facts.resources import Location, locate

from s3watch_cli.trail_scope.lost_rules import NARROWED
from s3watch_cli.trail_scope.prefixes import Scope


def is_recorded(scope: Scope, event_name: str | None, access: Access) -> bool:
    """Return whether a trail of this scope records a call on a watched bucket.

    An object is that of the resources, as for CloudTrail, else the request's, in exports without resources.
    """
    if event_name not in NARROWED:
        return True
    places = [place for each in access.resources if (place := locate(each.arn or "")).key]
    return any(
        place.bucket not in scope.prefixes or (place.key or "").startswith(scope.prefixes[place.bucket])
        for place in places or [Location(access.bucket, access.key)]
    )
