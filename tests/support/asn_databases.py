"""Writes databases of autonomous systems in the format of MaxMind, as small as they can be.

Specification: https://maxmind.github.io/MaxMind-DB/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any, NamedTuple

NETWORKS: Mapping[str, Any] = {  # with the members of GeoLite2-ASN
    "198.51.100.0/24": {
        "autonomous_system_number": 64500,
        "autonomous_system_organization": "Example Net",
    },
    "2001:db8::/32": {"autonomous_system_number": 64501},
}
_EMPTY, _MARK = 0, b"\xab\xcd\xefMaxMind.com"
_TEXT, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 5, 6, 7, 9, 11  # types of data


class Uint(NamedTuple):
    """A number of one of the types of the format."""

    type: int
    value: int


def asn_database(networks: Mapping[str, Any] = NETWORKS, *, version: int = 6) -> bytes:
    """Return a database of these networks, each with its data; records of the tree have 24 bits."""
    data = b""
    nodes: list[list[int]] = [[_EMPTY, _EMPTY]]
    for network, value in networks.items():
        _insert(nodes, _bits(network, version), -1 - len(data))
        data += _encode(value)
    tree = b"".join(_record(one, len(nodes)).to_bytes(3) for node in nodes for one in node)
    metadata = {
        "binary_format_major_version": Uint(_UINT16, 2),
        "binary_format_minor_version": Uint(_UINT16, 0),
        "build_epoch": Uint(_UINT64, 1_795_162_443),
        "database_type": "Example-ASN",
        "description": {"en": "Example"},
        "ip_version": Uint(_UINT16, version),
        "languages": ["en"],
        "node_count": Uint(_UINT32, len(nodes)),
        "record_size": Uint(_UINT16, 24),
    }
    return tree + bytes(16) + data + _MARK + _encode(metadata)


def _bits(network: str, version: int) -> list[int]:
    """Return the bits of a network; those of IPv4 are the last 32 of an IPv6 tree."""
    net = ip_network(network)
    mapped = 96 if version == 6 and net.version == 4 else 0
    digits = f"{int(net.network_address):0{net.max_prefixlen}b}"[: net.prefixlen]
    return [0] * mapped + [int(digit) for digit in digits]


def _insert(nodes: list[list[int]], bits: Iterable[int], leaf: int) -> None:
    *path, last = bits
    node = 0
    for bit in path:
        if nodes[node][bit] == _EMPTY:
            nodes[node][bit] = len(nodes)
            nodes.append([_EMPTY, _EMPTY])
        node = nodes[node][bit]
    nodes[node][last] = leaf


def _record(one: int, count: int) -> int:
    """Return a record of the tree: a node, no data, or a place in the data, after a separator of 16 bytes."""
    return one if one > 0 else count if one == _EMPTY else count + 16 + (-1 - one)


def _encode(value: Any) -> bytes:
    match value:
        case str():
            return _head(_TEXT, len(value.encode())) + value.encode()
        case Uint(type_, number):
            size = (number.bit_length() + 7) // 8
            return _head(type_, size) + number.to_bytes(size)
        case int():
            return _encode(Uint(_UINT32, value))
        case list():
            return _head(_ARRAY, len(value)) + b"".join(map(_encode, value))
        case _:
            parts = (part for item in value.items() for part in item)
            return _head(_MAP, len(value)) + b"".join(map(_encode, parts))


def _head(type_: int, size: int) -> bytes:
    """Return the control bytes: types from 8 on have a byte of their own, sizes from 29 on another one."""
    short, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (bytes([type_ << 5 | short]) if type_ < 8 else bytes([short, type_ - 7])) + more
