"""Sorts records by time: in memory, and beyond some megabytes in temporary files."""

from __future__ import annotations

import heapq
import os
import tempfile
from collections.abc import Iterator
from typing import IO

import msgspec

MOST_BYTES = 32 * 1024 * 1024  # of records in memory
_LENGTH = 4  # bytes before each record in a file

type Timed = tuple[float, int, str, bytes]  # time in epoch seconds, number of arrival, place, record

_decoder = msgspec.msgpack.Decoder(tuple[float, int, bytes, bytes])


class TimeOrder:
    """Takes records in any order and gives them back by time; those of one second as they came."""

    def __init__(self) -> None:
        self._records: list[Timed] = []
        self._size = self._count = 0
        self._files: list[IO[bytes]] = []  # each sorted; deleted when they are closed

    def add(self, time: float, place: str, raw: bytes) -> None:
        """Take a record."""
        self._records.append((time, self._count, place, raw))
        self._count += 1
        self._size += len(raw)
        if self._size > MOST_BYTES:
            self._files.append(_write(sorted(self._records)))
            self._records, self._size = [], 0

    def __iter__(self) -> Iterator[Timed]:
        return heapq.merge(sorted(self._records), *map(_read, self._files))


def _write(records: list[Timed]) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # read later
    for time, number, place, raw in records:
        encoded = msgspec.msgpack.encode((time, number, os.fsencode(place), raw))  # a file has any name
        file.write(len(encoded).to_bytes(_LENGTH) + encoded)
    return file


def _read(file: IO[bytes]) -> Iterator[Timed]:
    file.seek(0)
    while length := file.read(_LENGTH):
        time, number, place, raw = _decoder.decode(file.read(int.from_bytes(length)))
        yield time, number, os.fsdecode(place), raw
    file.close()
