"""However large a file is, its records are those of the whole file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import batched

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import LogFileError, RecordError
from s3watch.sources import parts
from s3watch.sources.cloudtrail import decode
from s3watch.sources.formats import read_inflated
from s3watch.sources.parts import split_into_parts

from tests.support.access_log import make_line
from tests.support.broken_records import FAULTS, FILES, make_item, make_raw

PART = 4000  # bytes, some records
MOST = 100 * PART  # more than any of the broken records
SMALL = [name for name in FAULTS if len(make_item("R1", name).raw) <= MOST / 4]
JOINED: dict[str, Callable[[list[bytes]], bytes]] = {
    "log files, joined": lambda raws: b"".join(
        b'{"Records":[' + b",".join(some) + b"]}" for some in batched(raws, 3, strict=False)
    ),
    "indented records": lambda raws: "\n".join(
        json.dumps(json.loads(raw), indent=2) for raw in raws
    ).encode(),
    "an indented log file": lambda raws: json.dumps(
        {"Records": list(map(json.loads, raws))}, indent=1
    ).encode(),
    "lines of lists": lambda raws: b"\n".join(b"[" + raw + b"]" for raw in raws),
    "an access log": lambda raws: b"\n".join(
        make_line(request=json.loads(raw)["requestID"], agent='}{"a') for raw in raws
    ),
    "an access log, then JSON": lambda raws: b"\n".join(
        [*(make_line(request=json.loads(raw)["requestID"]) for raw in raws[:9]), *raws[9:]]
    ),
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART", PART)
        patch.setattr(parts, "MOST", MOST)
        yield


def chunks(content: bytes, size: int = PART) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def names_of(content: bytes, size: int = PART) -> list[str | None]:
    """The request id of each record of all parts, or None for one that is refused."""
    return [name_of(raw) for part in split_into_parts(chunks(content, size)) for raw in read(part)]


def read(part: bytes) -> Iterable[bytes]:
    """The records of a part; one that holds nothing but a broken record is that."""
    try:
        return read_inflated(part, "a")
    except LogFileError:
        return [part]


def name_of(raw: bytes) -> str | None:
    try:
        return decode(raw).request_id
    except RecordError:
        return None


@pytest.mark.parametrize("file", (FILES | JOINED).values(), ids=FILES | JOINED)
@pytest.mark.parametrize("size", [100, 1000, PART, 9 * PART], ids="chunks of {}".format)
def test_no_record_is_lost_or_doubled_where_a_file_is_cut(file: Callable[[list[bytes]], bytes], size: int):
    names = [f"R{number}" for number in range(30)]
    content = file(list(map(make_raw, names)))

    assert names_of(content, size) == names
    assert max(map(len, split_into_parts(chunks(content, size)))) < len(content) / 2 or size > PART


@pytest.mark.parametrize("fault", SMALL)
@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_broken_record_takes_no_other_with_it_wherever_a_file_is_cut(
    file: Callable[[list[bytes]], bytes], fault: str
):
    good = [make_item(f"G{number}") for number in range(9)]
    for place in (0, 1, 2, 3, 9):
        mixed = [*good[:place], make_item("R1", fault), *good[place:]]

        assert names_of(file([item.raw for item in mixed])) == [item.expected for item in mixed]


@given(st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b",", b'"', b"\n", b" ", make_raw()])), st.data())
def test_any_content_comes_to_an_end_in_parts_of_bounded_size(tokens: list[bytes], data: st.DataObject):
    content = b"".join(tokens) * data.draw(st.integers(1, 30))

    assert all(len(part) <= MOST + PART for part in split_into_parts(chunks(content)))


def test_of_a_file_that_breaks_off_comes_what_is_complete():
    def broken() -> Iterator[bytes]:
        yield make_raw("R1") + b"\n" + make_raw("R2") + b"\n" + make_raw("R3")[:500]
        raise LogFileError("truncated")

    read = []
    with pytest.raises(LogFileError, match="truncated"):
        read.extend(split_into_parts(broken()))

    assert [name_of(raw) for part in read for raw in read_inflated(part, "a")] == ["R1", "R2"]


def test_no_user_agent_makes_a_log_file_of_the_trail_an_access_log():
    agents = {"R0": "[a b [06/Feb/2019:00]"}  # the first blanks of the file
    names = [f"R{number}" for number in range(2 * MOST // len(make_raw()))]
    raws = [make_raw(name, userAgent=agents.get(name, "-")) for name in names]

    assert names_of(FILES["log file"](raws).replace(b'"Records": [', b'"Records":[')) == names


def test_blanks_between_and_after_records_are_no_part():
    assert list(split_into_parts([b" ", b"\n" * PART, b"\n"])) == []
