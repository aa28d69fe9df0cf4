"""Reads and writes aws-ranges.json: the address ranges of AWS, and those of yours that count as inside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

import msgspec
from msgspec import Struct, field
from s3watch.errors import SettingError
from s3watch.ruleset import AwsRanges

FILE = "aws-ranges.json"
PUBLISHED = "https://ip-ranges.amazonaws.com/ip-ranges.json"
COMMAND = f"curl -s {PUBLISHED} | s3watch aws-ranges - --write"
# As AWS writes it: https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html
CREATED = "%Y-%m-%d-%H-%M-%S"
WHOLE = 8  # the shortest prefix that is believed: none of AWS's is shorter, and /0 would silence everything
OLD = 60  # days: AWS adds a few ranges most weeks, of which a given Region rarely gets one

type Network = IPv4Network | IPv6Network


class _Prefix4(Struct):
    ip_prefix: str


class _Prefix6(Struct):
    ipv6_prefix: str


class _Published(Struct):
    created: str = field(name="createDate")
    prefixes: list[_Prefix4]
    ipv6_prefixes: list[_Prefix6]


class RangesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of aws-ranges.json: networks as CIDR."""

    created: str = field(name="createDate")
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    own: tuple[str, ...] = ()  # written by hand: what you brought to AWS (BYOIP), or your gateways' addresses

    def compiled(self) -> AwsRanges:
        """Return what rules.json holds of it."""
        ipv4, ipv6 = _by_version(map(ip_network, (*self.ipv4, *self.ipv6, *self.own)))
        return AwsRanges(self.created, tuple(map(_ends, ipv4)), tuple(map(_ends, ipv6)))


def condense(published: bytes) -> RangesFile:
    """Return the ranges of AWS's ip-ranges.json, joined where they touch.

    Raises SettingError if it is another file.
    """
    try:
        found = msgspec.json.decode(published, type=_Published)
        networks = [_network(each.ip_prefix) for each in found.prefixes]
        networks += [_network(each.ipv6_prefix) for each in found.ipv6_prefixes]
        _date(found.created)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise SettingError(f"this is not AWS's ip-ranges.json ({error}); get it from {PUBLISHED}") from error
    ipv4, ipv6 = (tuple(map(str, joined)) for joined in _by_version(networks))
    if not ipv4:
        raise SettingError(f"this ip-ranges.json has no IPv4 prefixes; get it from {PUBLISHED}")
    return RangesFile(found.created, ipv4, ipv6)


def read(content: bytes) -> RangesFile:
    """Parse aws-ranges.json. Raises ValueError, which says what is wrong with it."""
    try:
        found = msgspec.json.decode(content, type=RangesFile)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    for each in (*found.ipv4, *found.ipv6, *found.own):
        _network(each)
    _date(found.created)
    return found


def age(ranges: AwsRanges, today: date) -> int:
    """Return how many days ago AWS published these ranges."""
    return (today - _date(ranges.created)).days


def serialize(ranges: RangesFile) -> bytes:
    """Return the file's content, a network a line, so that two versions can be compared."""
    return msgspec.json.format(msgspec.json.encode(ranges), indent=1) + b"\n"


def _date(created: str) -> date:
    return datetime.strptime(created, CREATED).replace(tzinfo=UTC).date()


def _network(text: str) -> Network:
    network = ip_network(text)
    if network.prefixlen < WHOLE:
        raise ValueError(f"{text} is larger than any range of AWS")
    return network


def _by_version(networks: Iterable[Network]) -> tuple[list[IPv4Network], list[IPv6Network]]:
    """Return the networks of each version, in order, joined where they touch."""
    every = list(networks)
    return (
        list(collapse_addresses(each for each in every if isinstance(each, IPv4Network))),
        list(collapse_addresses(each for each in every if isinstance(each, IPv6Network))),
    )


def _ends(network: Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)
