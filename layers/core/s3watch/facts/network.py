"""Classifies where a request came from: an IP address, a VPC endpoint or an AWS service.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

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


class Endpoint(NamedTuple):
    """Whose VPC endpoint a request came through: neither, if that is not known."""

    is_own: bool = False  # the caller's, the bucket owner's or the record's receiver's
    stranger: str = ""  # the account, if it is none of these, and one of them is known


NO_ENDPOINT = Endpoint()
_OWN = Endpoint(is_own=True)


def read_endpoint(vpce: str | None, read: Callable[[str], Any]) -> Endpoint:
    """Return whose a VPC endpoint is, which records say from version 1.09 on.

    `read` reads a field of the access.
    """
    owner = read("vpcEndpointAccountId") if vpce else None
    if owner is None:
        return NO_ENDPOINT
    is_known = False
    for account in map(read, _ACCOUNTS):
        if account == owner:
            return _OWN
        is_known |= bool(account)
    return Endpoint(stranger=owner) if is_known and isinstance(owner, str) else NO_ENDPOINT


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
