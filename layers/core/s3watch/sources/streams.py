"""Reads log files of any size as they come, in memory that does not follow their size.

What is wrong with a file as a whole is found where it is: by then, the records before it have been read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from io import BufferedReader, RawIOBase
from itertools import chain
from typing import IO, Any

from isal import igzip, isal_zlib

from s3watch.errors import LogFileError
from s3watch.sources.formats import read_inflated
from s3watch.sources.parts import PART, split_into_parts

MAX_BYTES = 256 * 1024 * 1024  # of one decompressed file: CloudTrail's log files have at most 50 MB
_PIECE = 128 * 1024  # bytes decompressed at a time, of which the last are lost where a file is damaged
_GZIP = b"\x1f\x8b"
_KEPT = (
    16 * 1024 * 1024
)  # bytes, above what a part and its records take, and below the 32 MB that glibc allows


def read_records(
    chunks: Iterable[bytes], name: str, max_bytes: int = MAX_BYTES, account: str | None = None
) -> Iterator[bytes]:
    """Yield the bytes of each record of a file, given in chunks of any size, compressed or not.

    `account` is the owner of the buckets in an access log, which does not name it. A record that cannot be
    read is yielded as it is: it is one bad record, not a bad file.
    Raises LogFileError, with the file's name and the reason, where the file can not be read, or not any
    further, and where it has more than `max_bytes`, decompressed.
    """
    file = BufferedReader(_Chunks(chunks))
    return chain.from_iterable(read_parts(_bounded(read_chunks(file, name), name, max_bytes), name, account))


def read_chunks(file: BufferedReader[Any], name: str) -> Iterator[bytes]:
    """Yield the content of a file, decompressed, in chunks of about PART bytes, the same whenever it is read.

    Raises LogFileError if it is not what its name says, and where it is damaged.
    """
    head = file.peek(len(_GZIP))[: len(_GZIP)]
    if head == _GZIP:
        return _inflate(file, name)
    if head and name.endswith(".gz"):
        raise LogFileError(f"{name}: not gzip")
    return iter(lambda: file.read(PART), b"")


def read_parts(chunks: Iterable[bytes], name: str, account: str | None = None) -> Iterator[Iterator[bytes]]:
    """Yield the records of each part of a file that is not compressed, or not any more, like `read_records`.

    A part that is no log file by itself is one bad record; the first one, a bad file.
    """
    _keep_memory()
    parts = split_into_parts(chunks)
    first = next(parts, None)
    if first is None:
        raise LogFileError(f"{name}: is empty")
    yield read_inflated(first, name, account)
    for part in parts:
        yield _read_or_pass(part, name, account)


@cache
def _keep_memory() -> None:
    """Have the C library keep the memory of a part for the next one.

    Given back and got again page by page, it takes half as long as decoding. glibc gives back what is free
    beyond twice the largest block that was ever given back as a whole; this one is not touched, and so costs
    nothing. https://man7.org/linux/man-pages/man3/mallopt.3.html (M_MMAP_THRESHOLD)
    """
    bytes(_KEPT)


def _read_or_pass(part: bytes, name: str, account: str | None) -> Iterator[bytes]:
    try:
        yield from read_inflated(part, name, account)
    except LogFileError:
        yield part


class _Chunks(RawIOBase):
    """Chunks of bytes, as a file to be read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = (chunk for chunk in chunks if chunk)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a writable buffer
        at = 0
        while at < len(buffer) and (left := self._left or memoryview(next(self._chunks, b""))):
            size = min(len(buffer) - at, len(left))
            buffer[at : at + size], self._left = left[:size], left[size:]
            at += size
        return at


def _bounded(chunks: Iterable[bytes], name: str, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise LogFileError(f"{name}: decompresses to more than {max_bytes:,} bytes")
        yield chunk


def _inflate(file: IO[bytes], name: str) -> Iterator[bytes]:
    inflated = igzip.IGzipFile(fileobj=file, mode="rb")  # type: ignore[no-untyped-call]  # not typed by isal
    chunk = bytearray()
    try:
        while piece := inflated.read1(_PIECE):
            chunk += piece
            if len(chunk) >= PART:
                yield bytes(chunk)
                chunk.clear()
    except (EOFError, igzip.BadGzipFile, isal_zlib.IsalError) as error:  # type: ignore[misc]  # a class, in truth
        yield bytes(chunk)
        reason = "truncated gzip" if isinstance(error, EOFError) else f"damaged gzip: {error}"
        raise LogFileError(f"{name}: {reason}") from error
    yield bytes(chunk)
