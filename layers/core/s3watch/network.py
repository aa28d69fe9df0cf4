"""Where a request came from: an address, a VPC endpoint, or a service of AWS itself.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address


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
    Behind the console's stands the browser's public address, where a VPC's own callers have private ones.
    """
    name = source or ""
    if name.startswith("AWS Internal"):
        return "aws-internal"
    if name.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return "aws-service"
    ip = read_ip(source)
    if vpce and not (ip and ip_address(ip).is_global):
        return "vpce"
    return "ip" if ip else "unknown"
