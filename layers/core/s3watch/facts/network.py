"""Where a request came from: an address, a VPC endpoint, or a service of AWS itself.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

# Addresses of private networks, RFC 1918, 6598 and 4193: S3 sees them of callers behind a VPC endpoint alone.
_INSIDE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


@lru_cache(maxsize=4096)  # addresses repeat; an attacker's do not grow it without bound
def read_ip(source: str | None) -> str | None:
    """Read sourceIPAddress in canonical form; None where it is none, such as a service's DNS name."""
    try:
        return str(ip_address(source or ""))
    except ValueError:
        return None


def name_network(source: str | None, vpce: str | None) -> str:
    """Name the kind of network: ip, vpce, aws-service, aws-internal or unknown.

    Services and the console reach S3 through VPC endpoints of AWS's own, which say nothing of the caller.
    Behind the console's stands the browser's public address, where a VPC's own callers have private ones. A
    VPC that was given public addresses looks alike: with an endpoint, `ip` proves no address.
    """
    name = source or ""
    if name.startswith("AWS Internal"):
        return "aws-internal"
    if name.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return "aws-service"
    ip = read_ip(source)
    if vpce and not (ip and ip_address(ip).is_global):
        return "vpce"
    if ip is None:
        return "unknown"
    return "vpce" if is_inside(ip) else "ip"


@lru_cache(maxsize=4096)  # as above
def is_inside(ip: str) -> bool:
    """Tell whether an address is of a private network, and so has come through a VPC endpoint."""
    address = ip_address(ip)
    return any(address.version == network.version and address in network for network in _INSIDE)
