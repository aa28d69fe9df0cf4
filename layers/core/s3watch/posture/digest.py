"""What is kept of a posture between reviews: marks of its grants, some in full for people, and statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from s3watch.posture import bucket_state as parts
from s3watch.posture.grants import Grant, Posture, rank
from s3watch.posture.marks import MARK, PART_MARK, SETTING, Hidden, digest_of, mark_setting, split
from s3watch.posture.statements.kept import Kept, keep
from s3watch.posture.statements.statement import PolicyStatements

# An item of DynamoDB has at most 400 KB, and whoever writes a policy chooses how much a posture says.
MOST_MARKS = 3_000  # grants that are told apart; all further ones have one mark together
SAMPLE = 30  # grants kept in full, those to everybody first: more than a message shows
MOST_PARTS = 50  # that are named as unread
# Unread parts that are told apart; all further ones have one mark together. A review reads 200 access points,
# and an account has 100 Multi-Region Access Points: https://docs.aws.amazon.com/general/latest/gr/s3.html
MOST_PART_MARKS = 1_000
TEXT = 120  # characters of a text that is kept; JSON may take six bytes for each


class Digest(Struct, frozen=True, omit_defaults=True):
    """A posture as it is kept."""

    marked: bytes = b""  # the marks of all grants, sorted
    sample: tuple[Grant, ...] = ()
    unread: tuple[str, ...] = ()  # parts that AWS refused, or that failed twice in a row: MOST_PARTS of them
    failed: tuple[str, ...] = ()  # parts that could not be read that time: MOST_PARTS of them
    unread_marks: bytes = b""  # of all of these parts; earlier versions kept none
    failed_marks: bytes = b""
    denials: tuple[PolicyStatements, ...] = ()  # what policies deny; earlier versions kept none
    denial_marks: bytes = b""
    allowances: tuple[PolicyStatements, ...] = ()  # what lets somebody in; earlier versions kept none
    allowance_marks: bytes = b""

    @property
    def marks(self) -> frozenset[bytes]:
        """The marks of all grants."""
        return split(self.marked, MARK)

    @property
    def denied(self) -> Kept:
        """The Deny statements of policies."""
        return Kept(self.denials, self.denial_marks)

    @property
    def allowed(self) -> Kept:
        """The Allow statements of policies that let somebody in."""
        return Kept(self.allowances, self.allowance_marks)

    @property
    def further_parts(self) -> int:
        """How many parts that could not be read are kept without their names."""
        marks = split(self.unread_marks, PART_MARK) | split(self.failed_marks, PART_MARK)
        return max(len(marks) - len({*self.unread, *self.failed}), 0)

    def unread_among(self, parts: Iterable[str]) -> frozenset[str]:
        """Return the parts that are kept as unread."""
        return _among(parts, self.unread, self.unread_marks)

    def failed_among(self, parts: Iterable[str]) -> frozenset[str]:
        """Return the parts that are kept as failed."""
        return _among(parts, self.failed, self.failed_marks)

    def hidden_by(self, unread: Iterable[str], read: Collection[PolicyStatements] = ()) -> Digest:
        """Return what is kept of parts that cannot be read, which count as unchanged.

        What a policy says that was `read` is not hidden, though others of its kind may be.
        """
        hidden = Hidden({*unread})
        shown = tuple(grant for grant in self.sample if mark_setting(grant.granted_by) in hidden)
        kept = Digest(b"".join(sorted(mark for mark in self.marks if mark in hidden)), shown)
        return kept.with_statements(self.denied.hidden_by(hidden, read), self.allowed.hidden_by(hidden, read))

    def plus(self, other: Digest) -> Digest:
        """Return this digest with the grants of another added, and the statements of other policies."""
        marks = sorted(self.marks | other.marks)[: 2 * MOST_MARKS]
        joined = replace(self, marked=b"".join(marks), sample=_sample({*self.sample, *other.sample}))
        return joined.with_statements(self.denied.plus(other.denied), self.allowed.plus(other.allowed))

    def with_statements(self, denied: Kept, allowed: Kept) -> Digest:
        """Return this digest with what policies deny and allow."""
        return replace(
            self, denials=denied.policies, denial_marks=denied.marks,
            allowances=allowed.policies, allowance_marks=allowed.marks,
        )  # fmt: skip


def summarize(posture: Posture, failed: Iterable[str] = ()) -> Digest:
    """Summarize a posture in a bounded number of bytes, whatever is in it."""
    marks = b"".join(sorted(marks_of(posture.grants)))
    unread, failed = _ordered(posture.unread), _ordered(failed)
    digest = Digest(
        marks, _sample(posture.grants), _named(unread), _named(failed),
        _joined_marks(unread), _joined_marks(failed),
    )  # fmt: skip
    return digest.with_statements(keep(posture.denials), keep(posture.allowances))


def shortened(posture: Posture) -> Posture:
    """Return as much of a posture as is kept in full."""
    return Posture(_sample(posture.grants), unread=_named(_ordered(posture.unread)))


def marks_of(grants: Iterable[Grant]) -> frozenset[bytes]:
    """Return the marks of grants: those to everybody first, and one for all beyond the first MOST_MARKS.

    What a grant's statement says of places and conditions is compared by the statement itself.
    """
    told = sorted({*map(_told, grants)})
    marks = (_mark_of(*each[2:]) for each in told[:MOST_MARKS])
    return frozenset({*marks, *_mark_beyond(told)})


def earlier_marks_of(grants: Iterable[Grant]) -> frozenset[bytes]:
    """Return the marks of grants as earlier versions kept them, which compared no statements."""
    return frozenset(_mark_of(*_told(grant)[2:], grant.places) for grant in grants)


def find_new(grants: Sequence[Grant], known: AbstractSet[bytes]) -> tuple[Grant, ...]:
    """Return the grants whose marks are not known; of those beyond MOST_MARKS all, if any may be new."""
    told = sorted({*map(_told, grants)})
    beyond, is_changed = frozenset(told[MOST_MARKS:]), not _mark_beyond(told) <= known
    return tuple(each for each in grants if (is_changed if _told(each) in beyond else _is_new(each, known)))


def _is_new(grant: Grant, known: AbstractSet[bytes]) -> bool:
    return known.isdisjoint(marks_of([grant]) | earlier_marks_of([grant]))


def _told(grant: Grant) -> tuple[bool, bool, str, str, str]:
    """Return what tells a grant from others, to be sorted: who comes first in all that is bounded."""
    return (*rank(grant), grant.grantee, grant.verb, grant.granted_by)


def _mark_beyond(told: Sequence[tuple[bool, bool, str, str, str]]) -> frozenset[bytes]:
    """Return the mark of all grants together that are too many to be told apart, if there are such."""
    rest = [text for each in told[MOST_MARKS:] for text in (*each[2:], "")]
    return frozenset({b"\xff" * SETTING + digest_of(rest, MARK - SETTING)}) if rest else frozenset()


def _mark_of(grantee: str, verb: str, granted_by: str, places: str = "") -> bytes:
    return mark_setting(granted_by) + digest_of([grantee, verb, granted_by, places], MARK - SETTING)


def _sample(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return the grants that are kept in full, each once, as people read them."""
    shown: dict[Grant, None] = {}
    for grant in sorted(grants, key=lambda grant: (rank(grant), grant)):
        shown[
            Grant(
                shorten(grant.grantee), shorten(grant.verb), shorten(grant.granted_by), shorten(grant.places),
                grant.claimed,
            )
        ] = None  # fmt: skip
        if len(shown) == SAMPLE:
            break
    return tuple(shown)


def _ordered(names: Iterable[str]) -> list[str]:
    """Return the names of parts in order: the bucket's own are not lost behind many access points."""
    return sorted(set(names), key=lambda part: (part not in parts.OF_BUCKET, part))


def _named(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(shorten, names[:MOST_PARTS]))


def _marks_of_parts(names: Sequence[str]) -> dict[str, bytes]:
    """Return the mark of each part; those past the limit have one together, which any of them changes."""
    rest = names[MOST_PART_MARKS:]
    marks = {name: digest_of([name], PART_MARK) for name in names[:MOST_PART_MARKS]}
    return marks | dict.fromkeys(rest, digest_of(rest, PART_MARK))


def _joined_marks(names: Sequence[str]) -> bytes:
    return b"".join(sorted({*_marks_of_parts(names).values()}))


def _among(names: Iterable[str], named: Collection[str], joined: bytes) -> frozenset[str]:
    marks = split(joined, PART_MARK)
    of_parts = _marks_of_parts(_ordered(names))
    return frozenset(name for name, mark in of_parts.items() if mark in marks or name in named)


def shorten(text: str) -> str:
    """Return a text that is short enough to be kept, in characters that JSON can hold."""
    return text[:TEXT].encode(errors="replace").decode()
