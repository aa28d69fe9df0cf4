"""Valid JSON documents in which some values were replaced by what nobody expects there.

A few bytes choose what is changed, since drawing is what takes hypothesis' time: 0.3 ms an example, however
large its document. Zeros choose the first document as it is, so that failures shrink towards it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import Raw

MOST_CHANGES = 3
BYTES_OF_CHANGE = 4  # two for the place, one for what happens there, one for the value

TIMES = (
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "-0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z", "+12026-11-20T08:14:03Z", "2026-W47-5",
    "20261120", "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T08:14:60Z", "1795162443", "1e400",
)  # fmt: skip
TEXTS = (
    "", " ", "x", "*", "?", "\x00", "\x1b[31m", "\u202e", "a\r\nb", "\ufeff", "\U0001f4a3", "\uff19",
    "\u0661", "%", "%zz", "%00", "..", "/", "s3://", "arn:", "arn:aws:s3:::", "::1", "fe80::1%eth0",
    "arn:aws:iam::111122223333:root", "256.1.1.1", "10.0.0.0/8", "{", "[]", "null", "true", "-1", "NaN",
    '{"Statement":1}', '{"Statement":[[]]}', "1" * 5000, "a" * 5000, "\xe9" * 1100,
)  # fmt: skip
NUMBERS = (0, -1, 1, 1.5, 1e308, -1e308, 2**53, 2**63, -(2**63), 10**18, 253402300800, -62135596801)
VALUES: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], [None], [{}], [1, "a"], {"": ""}, {"a": {"b": {}}}, {"AWS": []},
    {"*": "*"}, {"Statement": []}, {"Statement": {"Effect": "Allow"}}, ["x"] * 1000, [{"key": "x"}] * 300,
    {str(number): number for number in range(1000)},
)  # fmt: skip
VERBATIM = (  # which no encoder writes
    b"1" * 5000, b"-" + b"9" * 4000, b"1e999", b"NaN", b"-Infinity", rb'"\ud800"', rb'"a\udc00b"', b'"\xff"',
    b'"\x01"', b"[" * 300 + b"]" * 300, b'{"a":' * 300 + b"1" + b"}" * 300,
    b'{"Statement":' * 60 + b"1" + b"}" * 60,
)  # fmt: skip
ODD: tuple[Any, ...] = (*TIMES, *TEXTS, *NUMBERS, *map(Raw, (*map(msgspec.json.encode, VALUES), *VERBATIM)))

type Place = tuple[Any, Any]  # a list or a mapping, and the index or name of a value in it
type Change = Callable[[Any, Any], Any]  # takes the value there and an odd one, returns what to put there


def mutated(documents: Sequence[Any]) -> st.SearchStrategy[bytes]:
    """One of these documents as JSON, with up to MOST_CHANGES of its values changed."""
    return ten_mutated(documents, 1).map(itemgetter(0))


def ten_mutated(documents: Sequence[Any], count: int = 10) -> st.SearchStrategy[list[bytes]]:
    """Ten of these: for what takes less time than to draw one."""
    sources = [msgspec.json.encode(document) for document in documents]
    return chosen(2 + MOST_CHANGES * BYTES_OF_CHANGE, count, partial(_mutate, sources))


def chosen(size: int, count: int, make: Callable[[bytes], bytes]) -> st.SearchStrategy[list[bytes]]:
    """What is made of so many bytes, `count` times."""
    whole = st.binary(min_size=size * count, max_size=size * count)
    return whole.map(lambda choices: [make(choices[at : at + size]) for at in range(0, len(choices), size)])


def _mutate(sources: Sequence[bytes], choices: bytes) -> bytes:
    top = [msgspec.json.decode(sources[choices[0] % len(sources)])]
    for number in range(choices[1] % (MOST_CHANGES + 1)):
        high, low, change, odd = choices[2 + number * BYTES_OF_CHANGE :][:BYTES_OF_CHANGE]
        places = list(_places(top))
        holder, name = places[(high << 8 | low) % len(places)]
        holder[name] = CHANGES[change % len(CHANGES)](holder[name], ODD[odd % len(ODD)])
    return msgspec.json.encode(top[0])


def _places(value: Any) -> Iterator[Place]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        yield value, name
        if isinstance(member, dict | list):
            yield from _places(member)


def _renamed(value: Any, odd: Any) -> Any:
    """Leave one member of a mapping, under an odd name; put the odd value behind the others of a list."""
    if isinstance(value, dict):
        return {str(odd)[:100]: member for member in value.values()}
    return [*value, odd] if isinstance(value, list) else odd


def _repeated(value: Any, odd: Any) -> Any:
    return value * 40 if isinstance(value, list | str) and len(value) < 100 else odd


def _joined(value: Any, odd: Any) -> Any:
    return f"{value}{odd}" if isinstance(value, str) and isinstance(odd, str) else odd


CHANGES: tuple[Change, ...] = (
    lambda value, odd: odd,
    lambda value, odd: odd,
    lambda value, odd: None,
    lambda value, odd: [value],
    lambda value, odd: [value, odd],
    lambda value, odd: {"x": value},
    _renamed,
    _repeated,
    _joined,
)
