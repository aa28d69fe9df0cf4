"""A log file is read as it comes, whatever the chunks, and as far as it can be read."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from itertools import pairwise, repeat

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from s3watch.errors import LogFileError, UnavailableError
from s3watch.sources.parts import PART
from s3watch.sources.streams import read_records

from tests.support.broken_records import FILES, QUICK, items
from tests.support.cloudtrail import as_bytes, make_log_file, make_record

RECORD = as_bytes(make_record())
LINE = RECORD + b"\n"
MANY = 2 * PART // len(LINE)  # records, of several parts


def cut(content: bytes, ends: list[int]) -> Iterator[bytes]:
    """A content in chunks that end anywhere, empty ones among them."""
    places = [0, *sorted(end % (len(content) + 1) for end in ends), len(content)]
    return (content[begin:end] for begin, end in pairwise(places))


def read(chunks: Iterable[bytes], name: str = "a", max_bytes: int = 100 * PART) -> tuple[list[bytes], str]:
    """The records that come out, and what is said about the rest."""
    records: list[bytes] = []
    try:
        records.extend(read_records(chunks, name, max_bytes))
    except LogFileError as error:
        return records, str(error)
    return records, ""


def cut_off(content: bytes) -> bytes:
    return gzip.compress(content)[:-5]


contents = st.builds(
    lambda form, some: FILES[form]([each.raw for each in some]), st.sampled_from([*FILES]), items(QUICK)
)
packed = st.sampled_from([bytes, gzip.compress, cut_off])
ends = st.lists(st.integers(0, 10_000))


@given(contents, packed, ends)
def test_records_do_not_depend_on_the_chunks(content: bytes, pack, ends: list[int]):
    assert read(cut(pack(content), ends)) == read([pack(content)])


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(0, 3), ends)
def test_any_number_of_gzip_members_is_one_file(parts: list[bytes], padding: int, ends: list[int]):
    content = b"".join(parts)
    assume(not content.startswith(b"\x1f\x8b"))  # which would be read as compressed
    packed = b"".join(map(gzip.compress, parts)) + b"\0" * padding

    assert read(cut(packed, ends)) == read([content])


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_records_of_a_large_log_file_are_those_of_the_whole(pack):
    assert read([pack(make_log_file(*[make_record()] * MANY))]) == ([RECORD] * MANY, "")


def test_of_a_file_that_is_too_large_comes_what_fits():
    records, reason = read([gzip.compress(LINE * MANY)], max_bytes=len(LINE) * MANY - 1)

    assert reason == f"a: decompresses to more than {len(LINE) * MANY - 1:,} bytes"
    assert 0 < len(records) < MANY


def test_a_file_may_have_exactly_the_limit():
    assert read([gzip.compress(LINE * MANY)], max_bytes=len(LINE) * MANY) == ([RECORD] * MANY, "")


def test_a_bomb_is_inflated_no_further_than_to_the_limit():
    endless = repeat(gzip.compress(LINE * 100))

    assert read(endless, max_bytes=20 * PART)[1] == f"a: decompresses to more than {20 * PART:,} bytes"


@pytest.mark.parametrize("size", [-5, 200], ids=["its checksum", "most of it"])
def test_of_a_file_that_is_cut_off_comes_what_is_complete(size: int):
    content = gzip.compress(b"".join(as_bytes(make_record(requestID=f"R{n}")) + b"\n" for n in range(99)))
    records, reason = read([content[:size]])

    assert reason == "a: truncated gzip"
    assert all(record.endswith(b"}") for record in records)


def test_an_error_of_whoever_sends_comes_through_and_nothing_is_taken_for_the_end():
    def send() -> Iterator[bytes]:
        yield LINE * MANY
        raise UnavailableError("S3: the connection was closed")

    records = read_records(send(), "a")

    assert next(records) == RECORD
    with pytest.raises(UnavailableError, match="the connection was closed"):
        list(records)
