"""Marks: short hashes by which what is kept of a posture is told apart, with the setting that it is of."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from s3watch.posture import bucket_state as parts

# A mark: one byte for the kind of setting that grants, three for the setting, eight for what it is of.
SETTING, MARK = 4, 12
PART_MARK = 8  # bytes
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


class Hidden:
    """What parts hide that cannot be read: kinds of settings, or single ones."""

    def __init__(self, unread: set[str]) -> None:
        self._kinds = {_KINDS.index(_HIDES[part]) for part in unread & _HIDES.keys()}
        self._settings = {mark_setting(part) for part in unread - _HIDES.keys()}

    def __contains__(self, mark: bytes) -> bool:
        """Return whether what has this mark, or its setting, is hidden."""
        return mark[0] in self._kinds or mark[:SETTING] in self._settings


def setting_of(granted_by: str) -> str:
    """Return the setting that grants, without `, through SERVICE`."""
    return granted_by.partition(",")[0]


def mark_setting(granted_by: str) -> bytes:
    """Return the mark of a setting, with which the marks of what it grants begin."""
    name = setting_of(granted_by)
    kind = next((index for index, kind in enumerate(_KINDS) if name.lower().startswith(kind.lower())), 0xFE)
    return bytes([kind]) + digest_of([name], SETTING - 1)


def digest_of(texts: Sequence[str], size: int) -> bytes:
    """Return a hash of texts, of this many bytes."""
    joined = "\0".join(texts).encode(errors="surrogatepass")
    return hashlib.blake2b(joined, digest_size=size).digest()


def split(joined: bytes, size: int) -> frozenset[bytes]:
    """Return the marks that are joined in one value."""
    return frozenset(joined[start : start + size] for start in range(0, len(joined), size))
