"""Counts hits by act, the bytes they moved, apart by the way that the records came, and distinct texts.

While a group claims its accesses, no copy is counted twice, whatever way it came. Beyond that, each way has
counters of its own. All ways report the same accesses, so that of each act only the greatest number counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct

HASH_BYTES = 8  # of a distinct text
MOST_DISTINCT = 100  # that are counted exactly
SAMPLES = 10  # keys and addresses kept in full
SAMPLE_TEXT = 2048  # characters of sampled keys at most: every later write costs by the item's size


class Sums(Struct, frozen=True):
    """The number of accesses by act, and the bytes that they moved."""

    acts: dict[str, int] = {}
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def count(self) -> int:
        """The number of accesses."""
        return sum(self.acts.values())

    def plus(self, other: Sums) -> Sums:
        """Return the sum of both."""
        acts = {act: self.acts.get(act, 0) + other.acts.get(act, 0) for act in {**self.acts, **other.acts}}
        return Sums(acts, self.bytes_in + other.bytes_in, self.bytes_out + other.bytes_out)

    def since(self, before: Sums) -> Sums:
        """Return what was added since `before`; acts that were not are left out."""
        acts = {act: number - before.acts.get(act, 0) for act, number in self.acts.items()}
        added = {act: number for act, number in acts.items() if number > 0}
        return Sums(added, self.bytes_in - before.bytes_in, self.bytes_out - before.bytes_out)


class Counters(Struct, frozen=True):
    """What a write can add to a group without reading it; kept apart from the rest of the group."""

    ways: dict[str, Sums] = {}  # "events", "log_files", ...
    last: float = 0  # epoch seconds of the latest event
    additions: int = 0  # how often something was added

    def plus(self, way: str, sums: Sums, last: float) -> Counters:
        """Return the counters after one addition."""
        ways = {**self.ways, way: self.ways.get(way, Sums()).plus(sums)}
        return Counters(ways, max(self.last, last), self.additions + 1)


def greatest(ways: Mapping[str, Sums]) -> Sums:
    """Return for each act the greatest number of any way: there are at least as many accesses."""
    acts: dict[str, int] = {}
    for sums in ways.values():
        for act, number in sums.acts.items():
            acts[act] = max(acts.get(act, 0), number)
    bytes_in = max((sums.bytes_in for sums in ways.values()), default=0)
    return Sums(acts, bytes_in, max((sums.bytes_out for sums in ways.values()), default=0))


def add_keys(
    samples: tuple[str, ...], hashes: bytes, keys: Iterable[str]
) -> tuple[tuple[str, ...], bytes, bool]:
    """Add keys to samples and to hashes of distinct ones; returns also whether all are counted."""
    hashes, new, exact = _add_distinct(hashes, keys)
    for key in new:
        if len(samples) < SAMPLES and sum(map(len, samples)) + len(key) <= SAMPLE_TEXT:
            samples = (*samples, key)
    return samples, hashes, exact


def add_addresses(
    samples: tuple[str, ...], hashes: bytes, ips: tuple[str, ...]
) -> tuple[tuple[str, ...], bytes, bool]:
    """Do the same with addresses, of which hashes are kept only if there are more than samples."""
    every = tuple(dict.fromkeys(samples + ips))
    if not hashes and len(every) <= SAMPLES:
        return every, b"", True
    hashes, _, exact = _add_distinct(hashes, every)
    return every[:SAMPLES], hashes, exact


def _add_distinct(hashes: bytes, texts: Iterable[str]) -> tuple[bytes, tuple[str, ...], bool]:
    """Add texts to the hashes of distinct ones, up to MOST_DISTINCT.

    Returns the hashes, which of the texts are new, and whether all of them are counted.
    """
    seen = {hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)}
    new: list[str] = []
    for text in texts:
        digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=HASH_BYTES).digest()
        if digest in seen:
            continue
        if len(seen) == MOST_DISTINCT:
            return hashes, tuple(new), False
        seen.add(digest)
        hashes += digest
        new.append(text)
    return hashes, tuple(new), True
