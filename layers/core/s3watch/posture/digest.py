"""What is kept of a posture between reviews.

A mark of each grant, some grants in full for people, and what policies deny: in full, because less of it can
only be told from other words for it by comparing both, or else a mark for each policy.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate

import msgspec
from msgspec import Struct
from msgspec.structs import astuple, replace

from s3watch.posture import bucket_state as parts
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.statements.statement import PolicyStatements

# An item of DynamoDB has at most 400 KB, and whoever writes a policy chooses how much a posture says.
MOST_MARKS = 3_000  # grants that are told apart; all further ones have one mark together
SAMPLE = 30  # grants kept in full, those to everybody first: more than a message shows
MOST_PARTS = 50  # that are named as unread
# Unread parts that are told apart; all further ones have one mark together. A review reads 200 access points,
# and an account has 100 Multi-Region Access Points: https://docs.aws.amazon.com/general/latest/gr/s3.html
MOST_PART_MARKS = 1_000
# Bytes of JSON of the Deny statements that are kept in full: those of a bucket policy have at most 20 KB.
MOST_DENIALS = 40_000
TEXT = 120  # characters of a text that is kept; JSON may take six bytes for each

# A mark: one byte for the kind of setting that grants, three for the setting, eight for the grant.
_SETTING, _MARK = 4, 12
_PART_MARK = 8  # bytes
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
    unread: tuple[str, ...] = ()  # parts that AWS refused, or that failed twice in a row: MOST_PARTS of them
    failed: tuple[str, ...] = ()  # parts that could not be read that time: MOST_PARTS of them
    unread_marks: bytes = b""  # of all of these parts; earlier versions kept none
    failed_marks: bytes = b""
    denials: tuple[PolicyStatements, ...] = ()  # of policies that deny something; earlier versions kept none
    denial_marks: bytes = b""  # of the policies that are not among these: all their statements together

    @property
    def marks(self) -> frozenset[bytes]:
        """The marks of all grants."""
        return _split(self.marked, _MARK)

    @property
    def further_parts(self) -> int:
        """How many parts that could not be read are kept without their names."""
        marks = _split(self.unread_marks, _PART_MARK) | _split(self.failed_marks, _PART_MARK)
        return max(len(marks) - len({*self.unread, *self.failed}), 0)

    def unread_among(self, parts: Iterable[str]) -> frozenset[str]:
        """Return the parts that are kept as unread."""
        return _among(parts, self.unread, self.unread_marks)

    def failed_among(self, parts: Iterable[str]) -> frozenset[str]:
        """Return the parts that are kept as failed."""
        return _among(parts, self.failed, self.failed_marks)

    def is_changed(self, policy: PolicyStatements) -> bool:
        """Return whether a policy that denied something, and is not kept in full, does not deny the same."""
        mark = _mark_of_setting(policy.policy)
        kept = [each for each in _split(self.denial_marks, _MARK) if each[:_SETTING] == mark]
        return bool(kept) and _mark_of_denials(policy) not in kept

    def hidden_by(self, unread: Iterable[str], read: Collection[PolicyStatements] = ()) -> Digest:
        """Return what is kept of parts that cannot be read, which count as unchanged.

        What a policy denies that was `read` is not hidden, though others of its kind may be.
        """
        unread = set(unread)
        kinds = {_KINDS.index(_HIDES[part]) for part in unread & _HIDES.keys()}
        settings = {_mark_of_setting(part) for part in unread - _HIDES.keys()}

        def is_hidden(mark: bytes) -> bool:
            return mark[0] in kinds or mark[:_SETTING] in settings

        known = {_mark_of_setting(each.policy) for each in read}
        denials = ((_mark_of_setting(each.policy), each) for each in self.denials)
        marks = sorted(_split(self.denial_marks, _MARK))
        return Digest(
            b"".join(sorted(filter(is_hidden, self.marks))),
            tuple(grant for grant in self.sample if is_hidden(_mark_of_setting(grant.granted_by))),
            denials=tuple(each for mark, each in denials if is_hidden(mark) and mark not in known),
            denial_marks=b"".join(each for each in marks if is_hidden(each) and each[:_SETTING] not in known),
        )

    def plus(self, other: Digest) -> Digest:
        """Return this digest with the grants of another added, and what other policies deny."""
        marks = sorted(self.marks | other.marks)[: 2 * MOST_MARKS]
        denials, beyond = _fitting({*self.denials, *other.denials})
        denial_marks = {*beyond, *_split(self.denial_marks + other.denial_marks, _MARK)}
        return replace(
            self, marked=b"".join(marks), sample=_sample({*self.sample, *other.sample}),
            denials=denials, denial_marks=b"".join(sorted(denial_marks)[:MOST_PART_MARKS]),
        )  # fmt: skip


def summarize(posture: Posture, failed: Iterable[str] = ()) -> Digest:
    """Summarize a posture in a bounded number of bytes, whatever is in it."""
    marks = b"".join(sorted(marks_of(posture.grants)))
    unread, failed = _ordered(posture.unread), _ordered(failed)
    denials, beyond = _fitting(posture.denials)
    return Digest(
        marks, _sample(posture.grants), _named(unread), _named(failed),
        _joined_marks(unread), _joined_marks(failed),
        denials, b"".join(sorted(beyond)[:MOST_PART_MARKS]),
    )  # fmt: skip


def shortened(posture: Posture) -> Posture:
    """Return as much of a posture as is kept in full."""
    return Posture(_sample(posture.grants), unread=_named(_ordered(posture.unread)))


def marks_of(grants: Iterable[Grant]) -> frozenset[bytes]:
    """Return the marks of grants: those to everybody first, and one for all beyond the first MOST_MARKS."""
    listed = sorted(grants, key=_publicity)
    marks = {_mark_of_setting(grant.granted_by) + _hash(astuple(grant), 8) for grant in listed[:MOST_MARKS]}
    if rest := listed[MOST_MARKS:]:
        marks.add(b"\xff" * _SETTING + _hash([text for grant in rest for text in astuple(grant)], 8))
    return frozenset(marks)


def _fitting(denials: Iterable[PolicyStatements]) -> tuple[tuple[PolicyStatements, ...], list[bytes]]:
    """Return what is kept in full, the bucket policy first, then the shortest; and the marks of all else."""
    denying = ((len(msgspec.json.encode(each)), each) for each in denials if each.statements)
    ordered = sorted(denying, key=lambda sized: (sized[1].policy not in parts.OF_BUCKET, *sized))
    sizes = accumulate(size for size, _ in ordered)
    fit = bisect_right(list(sizes), MOST_DENIALS)
    kept, beyond = ordered[:fit], ordered[fit:]
    return tuple(each for _, each in kept), [_mark_of_denials(each) for _, each in beyond]


def _mark_of_denials(policy: PolicyStatements) -> bytes:
    meanings = sorted(msgspec.json.encode(each.meaning) for each in policy.statements)
    return _mark_of_setting(policy.policy) + _hash([each.decode() for each in meanings], _MARK - _SETTING)


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


def _ordered(names: Iterable[str]) -> list[str]:
    """Return the names of parts in order: the bucket's own are not lost behind many access points."""
    return sorted(set(names), key=lambda part: (part not in parts.OF_BUCKET, part))


def _named(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(shorten, names[:MOST_PARTS]))


def _marks_of_parts(names: Sequence[str]) -> dict[str, bytes]:
    """Return the mark of each part; those past the limit have one together, which any of them changes."""
    rest = names[MOST_PART_MARKS:]
    marks = {name: _hash([name], _PART_MARK) for name in names[:MOST_PART_MARKS]}
    return marks | dict.fromkeys(rest, _hash(rest, _PART_MARK))


def _joined_marks(names: Sequence[str]) -> bytes:
    return b"".join(sorted({*_marks_of_parts(names).values()}))


def _among(names: Iterable[str], named: Collection[str], joined: bytes) -> frozenset[str]:
    marks = _split(joined, _PART_MARK)
    of_parts = _marks_of_parts(_ordered(names))
    return frozenset(name for name, mark in of_parts.items() if mark in marks or name in named)


def _split(joined: bytes, size: int) -> frozenset[bytes]:
    return frozenset(joined[start : start + size] for start in range(0, len(joined), size))


def shorten(text: str) -> str:
    """Return a text that is short enough to be kept, in characters that JSON can hold."""
    return text[:TEXT].encode(errors="replace").decode()
