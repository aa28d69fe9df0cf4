"""What is kept of a posture between reviews: a mark of each grant, and some grants in full for people."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import astuple, replace

from s3watch.posture import bucket_state as parts
from s3watch.posture.exposure import Grant, Posture
from s3watch.posture.grantees import EVERYBODY

# An item of DynamoDB has at most 400 KB, and whoever writes a policy chooses how much a posture says.
MOST_MARKS = 3_000  # grants that are told apart; all further ones have one mark together
SAMPLE = 30  # grants kept in full, those to everybody first: more than a message shows
MOST_PARTS = 50  # that are named as unread
TEXT = 120  # characters of a text that is kept; JSON may take six bytes for each

# A mark: one byte for the kind of setting that grants, three for the setting, eight for the grant.
_SETTING, _MARK = 4, 12
_ACCESS_GRANT = "access grant"
_KINDS = (
    parts.POLICY, parts.ACL, parts.REPLICATION, parts.ACCESS_POINT, parts.MULTI_REGION_ACCESS_POINT,
    _ACCESS_GRANT,
)  # fmt: skip
_HIDES = {  # the kind of setting that an unread part hides; each other part is one setting
    parts.POLICY: parts.POLICY,
    parts.ACL: parts.ACL,
    parts.REPLICATION: parts.REPLICATION,
    parts.ACCESS_POINTS: parts.ACCESS_POINT,
    parts.FURTHER_ACCESS_POINTS: parts.ACCESS_POINT,
    parts.MULTI_REGION_ACCESS_POINTS: parts.MULTI_REGION_ACCESS_POINT,
    parts.ACCESS_GRANTS: _ACCESS_GRANT,
    parts.ACCESS_GRANTS_POLICY: _ACCESS_GRANT,
}


class Digest(Struct, frozen=True, omit_defaults=True):
    """A posture as it is kept."""

    marked: bytes = b""  # the marks of all grants, sorted
    sample: tuple[Grant, ...] = ()
    unread: tuple[str, ...] = ()  # parts that AWS refused, or that failed twice in a row
    failed: tuple[str, ...] = ()  # parts that could not be read that time

    @property
    def marks(self) -> frozenset[bytes]:
        """The marks of all grants."""
        return frozenset(self.marked[start : start + _MARK] for start in range(0, len(self.marked), _MARK))

    def hidden_by(self, unread: Iterable[str]) -> Digest:
        """Return what is kept of the grants by parts that cannot be read: they count as unchanged."""
        unread = set(unread)
        kinds = {_KINDS.index(_HIDES[part]) for part in unread & _HIDES.keys()}
        settings = {_mark_of_setting(part) for part in unread - _HIDES.keys()}

        def is_hidden(mark: bytes) -> bool:
            return mark[0] in kinds or mark[:_SETTING] in settings

        return Digest(
            b"".join(sorted(filter(is_hidden, self.marks))),
            tuple(grant for grant in self.sample if is_hidden(_mark_of_setting(grant.granted_by))),
        )

    def plus(self, other: Digest) -> Digest:
        """Return this digest with the grants of another added."""
        marks = sorted(self.marks | other.marks)[: 2 * MOST_MARKS]
        return replace(self, marked=b"".join(marks), sample=_sample({*self.sample, *other.sample}))


def summarize(posture: Posture, failed: Iterable[str] = ()) -> Digest:
    """Summarize a posture in a bounded number of bytes, whatever is in it."""
    marks = sorted(marks_of(posture.grants))
    return Digest(b"".join(marks), _sample(posture.grants), _named(posture.unread), _named(failed))


def shortened(posture: Posture) -> Posture:
    """Return as much of a posture as is kept in full."""
    return Posture(_sample(posture.grants), unread=_named(posture.unread))


def marks_of(grants: Iterable[Grant]) -> frozenset[bytes]:
    """Return the marks of grants: those to everybody first, and one for all beyond the first MOST_MARKS."""
    listed = sorted(grants, key=_publicity)
    marks = {_mark_of_setting(grant.granted_by) + _hash(astuple(grant), 8) for grant in listed[:MOST_MARKS]}
    if rest := listed[MOST_MARKS:]:
        marks.add(b"\xff" * _SETTING + _hash([text for grant in rest for text in astuple(grant)], 8))
    return frozenset(marks)


def _mark_of_setting(granted_by: str) -> bytes:
    name = granted_by.partition(",")[0]  # without ", through SERVICE"
    kind = next((index for index, kind in enumerate(_KINDS) if name.lower().startswith(kind.lower())), 0xFE)
    return bytes([kind]) + _hash([name], _SETTING - 1)


def _hash(texts: Sequence[str], size: int) -> bytes:
    joined = "\0".join(texts).encode(errors="surrogatepass")
    return hashlib.blake2b(joined, digest_size=size).digest()


def _sample(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    shown = sorted(grants, key=_publicity)[:SAMPLE]
    return tuple(Grant(*(shorten(text) for text in astuple(grant))) for grant in shown)


def _publicity(grant: Grant) -> tuple[bool, Grant]:
    return grant.grantee != EVERYBODY, grant


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(shorten, dict.fromkeys(names)))[:MOST_PARTS]


def shorten(text: str) -> str:
    """Return a text that is short enough to be kept, in characters that JSON can hold."""
    return text[:TEXT].encode(errors="replace").decode()
