"""The ledger: deduplicates hits, adds them to their groups and makes the messages of groups pending.

All effects of a hit (its group, the counters, a pending message) are one conditional write. Until a group has
counted EXACT accesses, the same write also claims each access by its identity, so that a later copy is not
counted or reported again. Beyond that, a group only counts, by way, and alerts say "about".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from s3watch.detection.matcher import Hit
from s3watch.errors import BusyError, ConflictError, UnavailableError
from s3watch.facts.access import Access
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.evidence import grouping_label, tally
from s3watch.ledger.groups import Group, Tally, counters_of, fold, group_id, open_group
from s3watch.ledger.store import Store
from s3watch.times import window_start

EXACT = 256  # accesses claimed per group: more than anybody would list, for at most 512 write units
CHUNK = 90  # claims in one write; a DynamoDB transaction takes 100 items
ATTEMPTS = 50  # to write to a group that others write to; each conflict means that another writer succeeded


@dataclass(frozen=True, slots=True)
class GroupKey:
    """The group that a hit belongs to (its id), and the label and owner a new group gets."""

    group: str
    label: str
    owner: str


def group_key(access: Access, now: float) -> GroupKey:
    """Return the group of an access; without an event time, `now` counts as its time."""
    label = grouping_label(access)
    name = label.name if label else ""
    about = f"label {name}" if label else f"bucket {access.bucket or ''}"
    start = window_start(access.time or now)
    return GroupKey(
        group_id(group_actor(access), about, access.outcome, start), name, label.owner if label else ""
    )


def group_actor(access: Access) -> str:
    """Return the actor that accesses are grouped by.

    If AWS does not vouch for the actor, because the caller chose the name, the principal is part of it.
    """
    is_self_declared = access.actor != access.principal and not access.actor_verified
    return f"{access.principal} as {access.actor}" if is_self_declared else access.actor


def claim(access: Access) -> str:
    """Return an access's identity (32 hex digits), the same for every copy of its request."""
    text = "\0".join("" if part is None else str(part) for part in access.dedupe_key)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


class Ledger:
    """Records each hit once, and holds the parts of batch deletes until they are complete."""

    def __init__(self, store: Store, *, exact: int = EXACT) -> None:
        self.store = store
        self._exact = exact

    def record(self, hits: Sequence[Hit], way: str, now: float) -> list[Hit]:
        """Record hits; returns those that could not be recorded because the store is unavailable or busy."""
        keyed = [(group_key(hit.access, now), hit) for hit in hits]
        groups: dict[GroupKey, list[Hit]] = {}
        for key, hit in keyed:
            groups.setdefault(key, []).append(hit)
        return self._record_groups(groups, way, now)

    def _record_groups(self, groups: dict[GroupKey, list[Hit]], way: str, now: float) -> list[Hit]:
        """Record group by group; skips a busy group, and stops if the store is unavailable."""
        left = dict(groups)
        for key, hits in groups.items():
            try:
                self._record(key, {claim(hit.access): hit for hit in hits}, tally, way, now)
            except BusyError:
                continue
            except UnavailableError:
                break
            del left[key]
        return [hit for rest in left.values() for hit in rest]

    def record_tally(self, key: GroupKey, name: str, added: Tally, way: str, now: float) -> None:
        """Record a finding or a review, once for each `name`. Raises UnavailableError."""
        self._record(key, {name: added}, lambda tallies: tallies[0], way, now)

    def _record[Item](
        self,
        key: GroupKey,
        fresh: dict[str, Item],
        add_up: Callable[[Sequence[Item]], Tally],
        way: str,
        now: float,
    ) -> None:
        """Record items by their claims, chunk by chunk; retries on conflicts. Raises BusyError."""
        for _ in range(ATTEMPTS):
            if not fresh:
                return
            group = self.store.group(key.group)
            try:
                if group and not group.exact:
                    self._count(group, add_up(list(fresh.values())), way, now)
                    return
                names = list(fresh)[:CHUNK]
                added = add_up([fresh[name] for name in names])
                self._claim(key, group, names, added, way, now)
                fresh = {name: item for name, item in fresh.items() if name not in names}
            except ConflictError as conflict:
                fresh = {name: item for name, item in fresh.items() if name not in conflict.claimed}
        raise BusyError(f"too many concurrent writes to group {key.group}")

    def _claim(
        self, key: GroupKey, group: Group | None, names: Sequence[str], added: Tally, way: str, now: float
    ) -> None:
        """Record a chunk together with its claims."""
        if group:
            after = fold(group, added, way, now)
        else:
            after = open_group(key.group, key.label, key.owner, added, way, now)
        self.store.write(group, after.with_claims(len(names), self._exact), names, now)

    def _count(self, group: Group, added: Tally, way: str, now: float) -> None:
        """Add to a group past EXACT: without a condition if only counters change, else with one."""
        after = fold(group, added, way, now)
        if after.differs_only_in_counters(group):
            self.store.count(group.id, counters_of(added, way))
        else:
            self.store.write(group, after, (), now)

    def hold(self, parts: Iterable[BatchDelete], now: float) -> list[BatchDelete]:
        """Hold parts of batch deletes until they are due; returns those that came after the evaluation."""
        requests: dict[str, BatchDelete] = {}
        for part in parts:
            known = requests.get(part.request)
            requests[part.request] = known.join(part) if known else part
        return [late for part in requests.values() if (late := self._hold(part, now))]

    def _hold(self, part: BatchDelete, now: float) -> BatchDelete | None:
        for _ in range(ATTEMPTS):
            before = self.store.batch_delete(part.request)
            if before and before.complete:
                return None
            after = (before or BatchDelete(part.request, records=0)).add_part(part, now)
            try:
                self.store.keep(before, after, now)
            except ConflictError:
                continue
            if before is None or after.due is not None or after.complete:
                return None
            return replace(after, objects=part.objects or after.objects, records=part.records)
        raise BusyError(f"too many concurrent writes to batch delete {part.request}")

    def mark_evaluated(self, delete: BatchDelete, now: float) -> None:
        """Mark a batch delete as evaluated; if parts arrived in the meantime, it stays due."""
        with suppress(ConflictError):
            self.store.keep(delete, replace(delete, due=None), now)
