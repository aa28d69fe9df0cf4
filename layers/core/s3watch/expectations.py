"""Whether a catalogue entry expects an access: who does what, from where."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from s3watch.globs import compile_glob
from s3watch.rules import Expected, Label

if TYPE_CHECKING:
    from s3watch.access import Access


def covers(label: Label, access: Access) -> bool:
    """Tell whether a label expects an access; without expectations it expects none."""
    return any(_covers(expected, access) for expected in label.expected)


def _covers(expected: Expected, access: Access) -> bool:
    return (
        (not expected.operations or access.operation in expected.operations)
        and any(_matcher(pattern)(access.principal) for pattern in expected.principals)
        and (not expected.networks or any(_is_from(network, access) for network in expected.networks))
    )


def _is_from(network: str, access: Access) -> bool:
    if network.startswith("vpce-"):
        return network == access.vpce
    if "/" not in network:
        return network == access.network_kind
    return access.ip is not None and ip_address(access.ip) in _network(network)


_network = cache(ip_network)
_matcher = cache(compile_glob)  # one for each principal the catalogue names
