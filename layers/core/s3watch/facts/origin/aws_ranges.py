"""Says whether a request came from outside AWS, by the address ranges that the rules bring along.

https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html
"""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import ip_address

from s3watch.ruleset import AwsRanges

_WITHIN = ("vpce", "aws-service", "aws-internal")  # kinds of network
_LAST = 1 << 128  # above every address


def is_outside(kind: str, ip: str | None, vpce: str | None, ranges: AwsRanges | None) -> bool | None:
    """Return whether a request came from outside AWS; None if nobody knows.

    `kind` is as facts.network names it. Through an endpoint that is not known to be the caller's, a public
    address may be one of its VPC's own.
    """
    if ranges is None:
        return None
    if kind in _WITHIN:
        return False
    return None if kind != "ip" or vpce or ip is None else not holds(ranges, ip)


def holds(ranges: AwsRanges, ip: str) -> bool:
    """Return whether an address is in one of the ranges."""
    address = ip_address(ip)
    address = getattr(address, "ipv4_mapped", None) or address
    number, of_version = int(address), ranges.ipv4 if address.version == 4 else ranges.ipv6
    at = bisect_right(of_version, (number, _LAST)) - 1
    return at >= 0 and number <= of_version[at][1]
