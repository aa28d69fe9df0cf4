"""Classifies where a request came from: an IP address, a VPC endpoint or an AWS service.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

# Private addresses (RFC 1918, 6598 and 4193): S3 sees them only if the caller is behind a VPC endpoint.
_PRIVATE = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_ACCOUNTS = ("s3.caller_account", "s3.bucket_account", "recipientAccountId")


@lru_cache(maxsize=4096)  # addresses repeat; the bound holds against forged ones
def read_ip(source: str | None) -> str | None:
    """Return sourceIPAddress in canonical form; None if it is not one, such as a service's DNS name."""
    try:
        return str(ip_address(source or ""))
    except ValueError:
        return None


@lru_cache(maxsize=4096)  # as above
def find_country(ip: str) -> str | None:
    """Return the country (ISO 3166-1, two letters) in which a registry has assigned an address; None if none.

    The address may be used elsewhere. https://github.com/roniemartinez/IPToCC
    """
    import iptocc  # noqa: PLC0415  # 1.8 MB, which a cold start without a hit need not load

    return iptocc.country_code(ip)


def is_own_endpoint(read: Callable[[str], Any]) -> bool:
    """Return whether a request's VPC endpoint is the caller's, the bucket owner's or the record's receiver's.

    `read` reads a field of the access. Records say whose the endpoint is from version 1.09 on.
    """
    owner = read("vpcEndpointAccountId")
    return owner is not None and owner in map(read, _ACCOUNTS)


def find_foreign_endpoint(read: Callable[[str], Any]) -> str:
    """Return the account whose VPC endpoint a request came through, if it is none of those it is about.

    Empty if it is one of them, or not known. `read` reads a field of the access.
    """
    owner, known = read("vpcEndpointAccountId"), list(filter(None, map(read, _ACCOUNTS)))
    return owner if isinstance(owner, str) and known and owner not in known else ""


def name_network(source: str | None, vpce: str | None, *, own: bool = False) -> str:
    """Return the kind of network: `ip`, `vpce`, `aws-service`, `aws-internal` or `unknown`.

    AWS services and the console reach S3 through AWS's own VPC endpoints, which say nothing about the caller.
    Requests from the console have the browser's public address, while callers in a VPC have private ones, or
    global ones if these are of IPv6. So unless the endpoint is the caller's `own`, a global address counts as
    one outside. A VPC may use public addresses too: if there is an endpoint, `ip` does not prove the address.
    """
    name = source or ""
    if name.startswith("AWS Internal"):
        return "aws-internal"
    if name.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return "aws-service"
    ip = read_ip(source)
    if vpce and (own or not (ip and ip_address(ip).is_global)):
        return "vpce"
    if ip is None:
        return "unknown"
    return "vpce" if is_private(ip) else "ip"


@lru_cache(maxsize=4096)  # as above
def is_private(ip: str) -> bool:
    """Return whether an address is private, and the request therefore came through a VPC endpoint."""
    address = ip_address(ip)
    return any(address.version == network.version and address in network for network in _PRIVATE)
