from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.origin.autonomous_systems import AutonomousSystem, AutonomousSystems, find_fault

from tests.support.asn_databases import NETWORKS, asn_database

EXAMPLE = AutonomousSystem(64500, "Example Net")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "asn.mmdb"


def look_up(path: Path, *ips: str) -> list[Any]:
    """Return what is found of each address, then what was told."""
    told = list[str]()
    systems = AutonomousSystems(str(path), told.append)
    return [*map(systems.find, ips), *(line.replace(str(path), "asn.mmdb") for line in told)]


def test_an_address_has_the_autonomous_system_that_its_network_is_in(path: Path):
    path.write_bytes(asn_database())
    ips = ("198.51.100.7", "198.51.101.7", "2001:db8::17", "2001:db9::17")

    assert look_up(path, *ips) == [EXAMPLE, None, AutonomousSystem(64501), None]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"asn": "AS64500", "as_name": "Example Net", "as_domain": "example.net"}, EXAMPLE),
        ({"asn": "AS64500", "name": "Example Net", "domain": "example.net"}, EXAMPLE),
        ({"asn": 64500}, AutonomousSystem(64500)),
        ({"asn": "", "as_name": "Example Net"}, None),
        ({"country": {"iso_code": "NL"}}, None),
        ("Example Net", None),
    ],
    ids=["IPinfo Lite", "IPinfo's older one", "a number alone", "none", "a country", "a text"],
)
def test_databases_of_others_are_read_too(path: Path, entry: Any, found: AutonomousSystem | None):
    path.write_bytes(asn_database({"198.51.100.0/24": entry}))

    assert look_up(path, "198.51.100.7") == [found]


def test_a_database_of_ipv4_alone_knows_no_other_address_and_is_not_broken(path: Path):
    path.write_bytes(asn_database({"198.51.100.0/24": NETWORKS["198.51.100.0/24"]}, version=4))

    assert look_up(path, "198.51.100.7", "2001:db8::17") == [EXAMPLE, None]


def test_without_a_database_nothing_is_found_and_nothing_told(path: Path):
    told = list[str]()
    found = [AutonomousSystems(each, told.append).find("198.51.100.7") for each in ("", str(path))]

    assert (found, told) == ([None, None], [])


def test_a_broken_database_is_told_once_and_finds_nothing(path: Path):
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    first, second, *told = look_up(path, "198.51.100.7", "198.51.100.8")

    assert (first, second) == (None, None)
    assert [line.split(":")[:2] for line in told] == [["asn.mmdb", " InvalidDatabaseError"]]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (asn_database(), ""),
        (asn_database({"198.51.100.0/24": {"country": "NL"}}), "it does not name autonomous systems"),
        (b"", "InvalidDatabaseError"),
        (asn_database()[:-30], "InvalidDatabaseError"),
    ],
    ids=["none", "another database", "empty", "cut off"],
)
def test_what_is_wrong_with_a_database_is_said(path: Path, content: bytes, fault: str):
    path.write_bytes(content)

    assert find_fault(str(path)).split(":")[0] == fault


BROKEN = asn_database()


@given(st.lists(st.tuples(st.integers(0, len(BROKEN) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_is_broken_in_a_database_raises_nothing(tmp_path_factory, changes: list[tuple[int, int]]):
    path, content = tmp_path_factory.mktemp("broken") / "asn.mmdb", bytearray(BROKEN)
    for at, byte in changes:
        content[at] = byte
    path.write_bytes(content)

    first, second, *told = look_up(path, "198.51.100.7", "2001:db8::17")

    assert len(told) <= 1
    assert all(each is None or isinstance(each, AutonomousSystem) for each in (first, second))
