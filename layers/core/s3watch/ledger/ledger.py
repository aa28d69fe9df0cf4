"""The ledger: the state that makes alerts exact, and the outbox they leave from.

What a hit means (its group, the counts, a pending message) is one conditional write. Until a group has
counted EXACT accesses, each access claims its identity in the same write, so that whatever copy of it comes
later counts nothing and alerts nobody. Beyond that a group only counts, per way, and says "about".
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

EXACT = (
    256  # accesses told apart by identity: far above what a person tells apart, and 512 write units at most
)
CHUNK = 90  # claims in one write; a DynamoDB transaction takes 100 items
ATTEMPTS = 50  # writes tried against others' writes to the same group; each loss means somebody else won


@dataclass(frozen=True, slots=True)
class GroupKey:
    """Where a hit belongs."""

    group: str
    label: str
    owner: str


def group_key(access: Access, now: float) -> GroupKey:
    """Find the group of an access; without an event time it counts as happening now."""
    label = grouping_label(access)
    name = label.name if label else ""
    about = f"label {name}" if label else f"bucket {access.bucket or ''}"
    start = window_start(access.time or now)
    return GroupKey(
        group_id(group_actor(access), about, access.outcome, start), name, label.owner if label else ""
    )


def group_actor(access: Access) -> str:
    """Name whom a group is of: the actor, within the principal where the actor is the caller's own word."""
    own_word = access.actor != access.principal and not access.vouched
    return f"{access.principal} as {access.actor}" if own_word else access.actor


def claim(access: Access) -> str:
    """Name an access so that every copy of its request has the same name."""
    text = "\0".join("" if part is None else str(part) for part in access.identity)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


class Ledger:
    """Records hits, once each, and keeps the parts of batch deletes together."""

    def __init__(self, store: Store, *, exact: int = EXACT) -> None:
        self.store = store
        self._exact = exact

    def record(self, hits: Sequence[Hit], way: str, now: float) -> list[Hit]:
        """Record hits by group; returns those that could not be, because the store is away."""
        keyed = [(group_key(hit.access, now), hit) for hit in hits]
        groups: dict[GroupKey, list[Hit]] = {}
        for key, hit in keyed:
            groups.setdefault(key, []).append(hit)
        return self._record_groups(groups, way, now)

    def _record_groups(self, groups: dict[GroupKey, list[Hit]], way: str, now: float) -> list[Hit]:
        """Record group by group; a busy one keeps no other back, a store that is away all that follow."""
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
        """Record what is no access but belongs among the alerts, once for each `name`."""
        self._record(key, {name: added}, lambda tallies: tallies[0], way, now)

    def _record[Item](
        self,
        key: GroupKey,
        fresh: dict[str, Item],
        add_up: Callable[[Sequence[Item]], Tally],
        way: str,
        now: float,
    ) -> None:
        """Record items by their claims until none is left, whoever else writes to the group."""
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
        raise BusyError(f"group {key.group} is written to by too many at once")

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
        """Count in a group past EXACT: blindly where only counters change, else by a conditional write."""
        after = fold(group, added, way, now)
        if after.differs_only_in_counters(group):
            self.store.count(group.id, counters_of(added, way))
        else:
            self.store.write(group, after, (), now)

    def hold(self, parts: Iterable[BatchDelete], now: float) -> list[BatchDelete]:
        """Keep parts of batch deletes until they are due; returns those whose request was judged already."""
        requests: dict[str, BatchDelete] = {}
        for part in parts:
            known = requests.get(part.request)
            requests[part.request] = known.join(part) if known else part
        return [late for part in requests.values() if (late := self._hold(part, now))]

    def _hold(self, part: BatchDelete, now: float) -> BatchDelete | None:
        for _ in range(ATTEMPTS):
            before = self.store.batch_delete(part.request)
            if before and before.whole:
                return None
            after = (before or BatchDelete(part.request, records=0)).waiting(part, now)
            try:
                self.store.keep(before, after, now)
            except ConflictError:
                continue
            if before is None or after.due is not None or after.whole:
                return None
            return replace(after, objects=part.objects or after.objects, records=part.records)
        raise BusyError(f"batch delete {part.request} is written to by too many at once")

    def settle(self, delete: BatchDelete, now: float) -> None:
        """Note that a batch delete was judged; if parts came meanwhile it stays due, to be judged again."""
        with suppress(ConflictError):
            self.store.keep(delete, replace(delete, due=None), now)
