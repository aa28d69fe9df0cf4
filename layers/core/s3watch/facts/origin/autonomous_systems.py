"""Looks up whose network an address is in: its autonomous system, by a database that the rules bring along.

GeoLite2-ASN, DB-IP's ASN Lite and those of IPinfo are such databases, and name the same things differently:
https://dev.maxmind.com/geoip/docs/databases/asn, https://db-ip.com/db/format/ip-to-asn-lite/mmdb.html,
https://ipinfo.io/developers/ipinfo-lite-database
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from s3watch.errors import describe

if TYPE_CHECKING:
    from maxminddb import Reader

FILE = "asn.mmdb"  # beside the compiled rules
LONGEST = 100  # characters of a name
TRIED = 1000  # entries of a database that must name an autonomous system
_NUMBERS = ("autonomous_system_number", "asn")
_NAMES = ("autonomous_system_organization", "as_name", "name")
_NUMBER = re.compile(r"(?:AS)?(\d{1,10})", re.ASCII)


class AutonomousSystem(NamedTuple):
    """The network that an address is in, as whoever routes it is registered."""

    number: int
    name: str = ""  # as the database has it; empty if it has none


class AutonomousSystems:
    """Looks addresses up in a database, which the first one opens; finds nothing if there is none."""

    def __init__(self, path: str, tell: Callable[[str], None]) -> None:
        """Prepare it. `tell` is told once if the database is broken; that there is none is no failure."""
        self._path, self._tell, self._has_told = path, tell, False
        self.find = lru_cache(maxsize=4096)(self._find)  # addresses repeat

    def _find(self, ip: str) -> AutonomousSystem | None:
        """Return the autonomous system of an address; None if it is not known."""
        try:
            return look_up(self._reader, ip) if self._reader else None
        except Exception as error:  # noqa: BLE001  # whatever it is, the alert is told without it
            self._tell_once(error)
            return None

    @cached_property
    def _reader(self) -> Reader | None:
        try:
            return open_database(self._path) if self._path else None
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001  # as above; it is not opened again
            self._tell_once(error)
            return None

    def _tell_once(self, error: Exception) -> None:
        if not self._has_told:
            self._has_told = True
            self._tell(f"{self._path}: {describe(error)}")


def open_database(path: str) -> Reader:
    """Open a database, of which only what is read is loaded. Raises what maxminddb does, or OSError."""
    import maxminddb  # noqa: PLC0415  # a cold start without a hit need not load it

    return maxminddb.open_database(path)


def look_up(reader: Reader, ip: str) -> AutonomousSystem | None:
    """Return the autonomous system of an address. Raises what maxminddb does where the database is broken."""
    if ":" in ip and reader.metadata().ip_version == 4:
        return None
    return _read(reader.get(ip))


def find_fault(path: str) -> str:
    """Say what is wrong with a database, by its first entries; empty if nothing is."""
    try:
        with open_database(path) as reader:
            found = any(_read(record) for record in islice(_records(reader), TRIED))
    except Exception as error:  # noqa: BLE001  # broken data may raise anything
        return describe(error)
    return "" if found else "it does not name autonomous systems"


def _records(reader: Reader) -> Iterator[Any]:
    return (record for _, record in reader)


def _read(record: Any) -> AutonomousSystem | None:
    """Read an entry of any of these databases: a number, or a text such as AS64500."""
    if not isinstance(record, dict):
        return None
    found = _NUMBER.fullmatch(str(_first(record, _NUMBERS)))
    name = _first(record, _NAMES)
    return AutonomousSystem(int(found[1]), name[:LONGEST] if isinstance(name, str) else "") if found else None


def _first(record: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if name in record), None)
