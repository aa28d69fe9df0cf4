"""Records with something wrong in them, and files and messages that hold them among good ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from hypothesis import strategies as st

from tests.support.cloudtrail import as_bytes, make_event, make_record
from tests.support.mutations import chosen

TEXT = "ODD"  # where a record has the text that a fault changes


class Item(NamedTuple):
    """A record as bytes, its request id, and whether it can be read."""

    name: str
    raw: bytes
    readable: bool = True

    @property
    def expected(self) -> str | None:
        """What a reader makes of it: its request id, or None for one failure."""
        return self.name if self.readable else None


def make_raw(name: str = "R1", **changes: object) -> bytes:
    """A record of the sensitive object's read, with this request id."""
    changes = {"userAgent": f"aws-cli {TEXT}", "apiVersion": 1} | changes
    return as_bytes(make_record(requestID=name, eventID=f"event {name}", **changes))


def in_text(fault: bytes) -> Callable[[bytes], bytes]:
    """Put something into the record's text."""
    return lambda raw: raw.replace(TEXT.encode(), fault)


def as_member(value: bytes) -> Callable[[bytes], bytes]:
    """Make something a member's value."""
    return lambda raw: raw.replace(b'"apiVersion":1', b'"apiVersion":' + value)


def nested(levels: int) -> bytes:
    """Lists within lists."""
    return b"[" * levels + b"]" * levels


# What is wrong, but leaves it clear what the record says.
READABLE: dict[str, Callable[[bytes], bytes]] = {
    "the first half of a pair, escaped": in_text(rb"\ud83d"),
    "the second half of a pair, escaped": in_text(rb"\uDE00"),
    "half a pair, in bytes": in_text(b"\xed\xa0\xbd"),
    "malformed UTF-8": in_text(b"\xff\xc3"),
    "a control character": in_text(b"a\x00\x1b\tb"),
    "a carriage return": in_text(b"a\rb"),
    "NaN": as_member(b"NaN"),
    "Infinity": as_member(b"[-Infinity,Infinity]"),
    "a number too large": as_member(b"1e999"),
    "a number too long": as_member(b"-" + b"1" * 5000),
    "a fraction too long": as_member(b"1" * 5000 + b".5"),
    "an unusual type": lambda raw: re.sub(rb'"userAgent":"[^"]*"', b'"userAgent":{"name":["x"]}', raw),
    "lists a hundred deep": as_member(nested(100)),
    "lists 5,000 deep": as_member(nested(5000)),
    "lists 100,000 deep": as_member(nested(100_000)),
    "objects 20,000 deep": as_member(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "in the request, lists 20,000 deep": lambda raw: raw.replace(
        b'"requestParameters":{', b'"requestParameters":{"x":' + nested(20_000) + b","
    ),
    "in the request, lists 5,000 deep": lambda raw: raw.replace(
        b'"requestParameters":{', b'"requestParameters":{"x":' + nested(5000) + b","
    ),
    "many members": as_member(as_bytes({str(number): number for number in range(5000)})),
}

# What leaves open what it says; up to the next record nothing can be told apart.
BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut off in a text": lambda raw: raw[: raw.index(TEXT.encode())],
    "cut off after a name": lambda raw: raw[: raw.index(b'"apiVersion":') + 13],
    "a text that does not end": in_text(b'","x":"'[:-1]),
    "a quote too many": in_text(b'"'),
    "an unknown escape": in_text(rb"\x"),
    "lists that do not end": lambda raw: raw[: raw.index(b'"apiVersion":') + 13] + b"[" * 100_000,
    "no comma": lambda raw: raw.replace(b',"apiVersion"', b'"apiVersion"'),
    "no value": as_member(b""),
}

# What is no record at all.
OTHERS: dict[str, Callable[[bytes], bytes]] = {
    "a text": lambda raw: json.dumps(raw[:9].decode()).encode(),
    "a number": lambda raw: b"7",
    "null": lambda raw: b"null",
    "a list": lambda raw: b"[7]",
    "nonsense": lambda raw: b"nonsense",
}
FAULTS = READABLE | BROKEN | OTHERS
QUICK = [fault for fault in FAULTS if "00 deep" not in fault and fault != "lists that do not end"]


@st.composite
def items(draw: st.DrawFn, faults: Iterable[str]) -> list[Item]:
    """At least one good record, and others of these faults anywhere among them."""
    chosen = st.sampled_from(["", *(fault for fault in QUICK if fault in faults)])
    kinds = draw(st.permutations(["", *draw(st.lists(chosen, max_size=5))]))
    return [make_item(f"R{number}", kind) for number, kind in enumerate(kinds)]


def make_item(name: str, fault: str = "") -> Item:
    """One record, with a fault if one is named."""
    raw = make_raw(name)
    return Item(name, FAULTS[fault](raw), fault in READABLE) if fault else Item(name, raw)


def as_json_text(raw: bytes) -> bytes:
    """A JSON string of these bytes, which need not be UTF-8."""
    escaped = raw.replace(b"\\", rb"\\").replace(b'"', rb"\"")
    return b'"' + re.sub(rb"[\x00-\x1f]", lambda found: b"\\u%04x" % found[0][0], escaped) + b'"'


def as_event(raw: bytes) -> bytes:
    """The EventBridge event that carries these bytes as its detail."""
    return make_event(make_record()).partition(b'"detail":')[0] + b'"detail":' + raw + b"}"


# The files that hold records of CloudTrail, each from the records' bytes.
FILES: dict[str, Callable[[list[bytes]], bytes]] = {
    "log file": lambda raws: b'{"Records":[' + b",".join(raws) + b"]}",
    "log file, a record on each line": lambda raws: b'{"Records": [\n' + b",\n".join(raws) + b"\n]\n}\n",
    "log file, other members too": lambda raws: b'{"n":[1],"Records":[' + b",".join(raws) + b'],"m":{}}',
    "list": lambda raws: b"[" + b",".join(raws) + b"]",
    "lines": b"\n".join,
    "lines of events": lambda raws: b"\n".join(map(as_event, raws)),
    "list of events": lambda raws: b"[" + b",".join(map(as_event, raws)) + b"]",
    "lines of log files": lambda raws: b"\n".join(b'{"Records":[' + raw + b"]}" for raw in raws),
    "looked-up events": lambda raws: (
        b'{"Events":['
        + b",".join(
            b'{"EventId":"1","Username":"a","CloudTrailEvent":%b}' % as_json_text(raw) for raw in raws
        )
        + b"]}"
    ),
    "messages": lambda raws: (
        b'{"Records":['
        + b",".join(
            b'{"messageId":"1","receiptHandle":"a","body":%b}' % as_json_text(as_event(raw)) for raw in raws
        )
        + b"]}"
    ),
}


def as_text(raw: bytes) -> str:
    """Bytes as the text of a message, in which half a surrogate pair stays what it is."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode(errors="replace")


TOKENS = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800",
    b"NaN", b"1e999", b"",
)  # fmt: skip
MOST_DAMAGES = 4
# Two for where it begins, two for where it ends, one for its kind, one for what is put there
BYTES_OF_DAMAGE = 6


def damaged(contents: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of these, with some bytes of it taken out, put elsewhere or replaced; chosen as `mutated` does."""
    return ten_damaged(contents, 1).map(itemgetter(0))


def ten_damaged(contents: Sequence[bytes], count: int = 10) -> st.SearchStrategy[list[bytes]]:
    """Ten of these."""
    return chosen(2 + MOST_DAMAGES * BYTES_OF_DAMAGE, count, partial(_damage, contents))


def _damage(contents: Sequence[bytes], choices: bytes) -> bytes:
    content = contents[choices[0] % len(contents)]
    for number in range(choices[1] % (MOST_DAMAGES + 1)):
        damage = choices[2 + number * BYTES_OF_DAMAGE :][:BYTES_OF_DAMAGE]
        at, end = sorted(int.from_bytes(two) % (len(content) + 1) for two in (damage[:2], damage[2:4]))
        kind, token = damage[4], damage[5]
        put = (TOKENS[token % len(TOKENS)], bytes([token]), content[at : at + 100])[kind % 3]
        content = content[:at] + put + content[(at, at + 1, end)[kind // 3 % 3] :]
    return content
