"""Builds links to findings in the AWS console of each partition.

Links have no scheme, so that mail programs do not make them clickable.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}")
_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def link(region: str, path: str, identity: str = "") -> str:
    """Build a link; `{}` in the path is replaced by the identity. Empty if `region` is not a valid name."""
    if not _REGION.fullmatch(region):
        return ""
    domain = next(
        (name for start, name in _DOMAINS.items() if region.startswith(start)), "console.aws.amazon.com"
    )
    service, _, place = path.partition("#")
    home = f"{region}.{domain}/{service}?region={region}"
    return (f"{home}#{place}" if place else home).replace("{}", quote(identity, safe=""))
