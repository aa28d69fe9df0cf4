"""Where the AWS console shows a finding, in every partition; without the scheme, so that no mail links it."""

from __future__ import annotations

import re
from urllib.parse import quote

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}")
_DOMAINS = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}


def link(region: str, path: str, identity: str = "") -> str:
    """Write an address; `{}` in the path is where the identity goes. Empty without a real Region."""
    if not _REGION.fullmatch(region):
        return ""
    domain = next(
        (name for start, name in _DOMAINS.items() if region.startswith(start)), "console.aws.amazon.com"
    )
    service, _, place = path.partition("#")
    home = f"{region}.{domain}/{service}?region={region}"
    return (f"{home}#{place}" if place else home).replace("{}", quote(identity, safe=""))
