"""The ledger: deduplicates hits, adds them to their groups and writes the messages of groups.

All effects of a hit (its group, the counters, the messages) are one conditional write. Until a group has
counted EXACT accesses, the same write also claims each access by its identity, so that a later copy is not
counted or reported again. Beyond that, a group only counts, by way, and alerts say "about".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from s3watch.alerts.alert import Evidence
from s3watch.detection.matcher import Hit
from s3watch.errors import Attempts, BusyError, ConflictError, UnavailableError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger import messages
from s3watch.ledger.claims import Claim, claim_of, contest, is_copy
from s3watch.ledger.evidence import Enrich, Know, completed, enriched_by, know_no_more, tally, worst_first
from s3watch.ledger.groups import Group, Tally, fold, open_group
from s3watch.ledger.messages import Message, announce, enriched
from s3watch.ledger.news import urgent_kind
from s3watch.ledger.principals import MOST_GROUPS, GroupKey, group_key, overflow_key
from s3watch.ledger.store import Store

EXACT = 256  # accesses claimed per group: more than anybody would list, for at most 512 write units
CHUNK = 90  # claims in one write; a DynamoDB transaction takes 100 items
ATTEMPTS = 50  # to make one write; each conflict means that another writer succeeded
MOST_FULL = 1000  # principals remembered that may not open groups any more


def _as_it_is(evidence: Evidence, _now: float) -> Evidence:
    return evidence


class Ledger:
    """Records each hit once, and holds the parts of batch deletes until they are complete."""

    def __init__(
        self, store: Store, *, exact: int = EXACT, know: Know = know_no_more, enrich: Enrich = _as_it_is
    ) -> None:
        """Prepare it. `know` completes all evidence, `enrich` what is shown in full, by epoch seconds."""
        self.store = store
        self._exact, self._know, self._enrich = exact, know, enriched_by(enrich, know)
        self._full: dict[str, None] = {}
        self.trouble = ""  # why hits could not be recorded, when that last happened

    def record(self, hits: Sequence[Hit], way: str, now: float) -> list[Hit]:
        """Record hits; returns those that could not be recorded because the store is unavailable or busy."""
        keys: dict[str, GroupKey] = {}  # of one group they may differ in the hour
        groups: dict[GroupKey, list[Hit]] = {}
        for hit in worst_first(hits):
            key = group_key(hit.access, now)
            groups.setdefault(keys.setdefault(key.group, key), []).append(hit)
        left = {id(hit): hit for hit in hits}
        try:
            for recorded in self._record_groups(groups, way, now):
                for hit in recorded:
                    del left[id(hit)]
        except UnavailableError as error:  # the caller has what is left
            self.trouble = str(error)
        return list(left.values())

    def _record_groups(
        self, groups: dict[GroupKey, list[Hit]], way: str, now: float
    ) -> Iterator[Sequence[Hit]]:
        """Record group by group, those that may not be opened together; yields what was recorded.

        Skips a busy group. Raises UnavailableError.
        """
        overflowing: dict[GroupKey, list[Hit]] = {}
        for key, hits in groups.items():
            if self._overflows(key):
                overflowing.setdefault(overflow_key(key), []).extend(hits)
            elif self._record_hits(key, hits, way, now):
                yield hits
        for key, hits in overflowing.items():
            if self._record_hits(key, hits, way, now):
                yield hits

    def _overflows(self, key: GroupKey) -> bool:
        return key.turns in self._full and self.store.group(key.group) is None

    def _record_hits(self, key: GroupKey, hits: Sequence[Hit], way: str, now: float) -> bool:
        """Record hits of one group; returns False if it is too busy. Raises UnavailableError."""
        fresh: dict[str, tuple[Claim, Hit]] = {}
        for hit in hits:  # the worst first, and of two copies of an access that one stays
            claim = claim_of(hit)
            fresh.setdefault(claim.name, (claim, hit))
        try:
            self._record(key, dict(fresh.values()), tally, way, now)
        except BusyError as error:
            self.trouble = str(error)
            return False
        return True

    def record_tally(self, key: GroupKey, name: str, added: Tally, way: str, now: float) -> None:
        """Record a finding or a review, once for each `name`. Raises UnavailableError."""
        self._record(key, {Claim(name): added}, lambda tallies: tallies[0], way, now)

    def _record[Item](
        self,
        key: GroupKey,
        fresh: dict[Claim, Item],
        add_up: Callable[[Sequence[Item]], Tally],
        way: str,
        now: float,
    ) -> None:
        """Record items by their claims, chunk by chunk; retries on conflicts. Raises BusyError."""
        conflicts, add_up = 0, completed(add_up, self._know)
        while fresh:
            try:
                done = frozenset(self._write(key, fresh, add_up, way, now))
                fresh = {claim: item for claim, item in fresh.items() if claim not in done}
                conflicts = 0
            except ConflictError as conflict:
                fresh = dict(_unclaimed(fresh, conflict.claimed))
                conflicts += 1
            if conflicts == ATTEMPTS:
                raise BusyError(f"too many concurrent writes to group {key.group}")

    def _write[Item](
        self,
        key: GroupKey,
        fresh: Mapping[Claim, Item],
        add_up: Callable[[Sequence[Item]], Tally],
        way: str,
        now: float,
    ) -> Sequence[Claim]:
        """Record as many items as one write takes; returns their claims. Raises ConflictError."""
        before, turn = self._group(key)
        if before and not before.exact:
            self._count(before, list(fresh.values()), add_up, way, now)
            return list(fresh)
        claims = list(fresh)[:CHUNK]
        items = [fresh[claim] for claim in claims]
        added = add_up(items)
        after, written = _after(before, added, items, add_up, now) if before else _open(key, added, turn, now)
        after, written = enriched(after, written, self._enrich, now)
        if after.exact and after.claimed.count >= self._exact:
            after = replace(after, exact=False)
        counter = "" if before or after.is_overflow else key.turns
        self.store.write(before, after, claims, now, messages=written, turns=counter)
        return claims

    def _group(self, key: GroupKey) -> tuple[Group | None, int]:
        """Return the group that hits go to, and, if it is not open yet, its turn among its principal's."""
        if found := self.store.group(key.group):
            return found, found.turn
        turn = 1 if not key.turns else self._turn(key.turns)
        if turn > MOST_GROUPS:
            return self.store.group(key.overflow), turn
        return None, turn

    def _turn(self, turns: str) -> int:
        """Return the number of the next group of a principal; remembers who may not open any more."""
        if turns in self._full:
            return MOST_GROUPS + 1
        turn = self.store.turns(turns) + 1
        if turn > MOST_GROUPS:
            if len(self._full) == MOST_FULL:
                self._full.clear()
            self._full[turns] = None
        return turn

    def _count[Item](
        self,
        group: Group,
        items: Sequence[Item],
        add_up: Callable[[Sequence[Item]], Tally],
        way: str,
        now: float,
    ) -> None:
        """Add to a group past EXACT: without a condition if only counters change, else with one."""
        added = add_up(items)
        after, written = _after(group, added, items, add_up, now, way=way)
        if after.differs_only_in_counters(group):
            self.store.count(group.id, way, added.sums, added.last)
        else:
            after, written = enriched(after, written, self._enrich, now)
            self.store.write(group, after, (), now, messages=written)

    def roll_up_due(self, now: float, should_stop: Callable[[], bool] = lambda: False) -> int:
        """Write the messages of all groups that are due, until told to stop; returns their number.

        One that fails does not stop the others; the first error is raised at the end.
        """
        attempts, written = Attempts(), 0
        for identity in self.store.due_groups(now):
            if should_stop():
                break
            written += attempts.run(partial(self.roll_up, identity, now)) or 0
        attempts.raise_first()
        return written

    def roll_up(self, identity: str, now: float) -> int:
        """Write the messages of a group that is due; returns their number. Raises UnavailableError."""
        for _ in range(ATTEMPTS):
            before = self.store.group(identity)
            after, written = messages.roll_up(before, now) if before else (None, ())
            if before is None or after is None or after == before:
                return 0
            after, written = enriched(after, written, self._enrich, now)
            try:
                self.store.write(before, after, (), now, messages=written)
            except ConflictError:
                continue
            return len(written)
        raise BusyError(f"too many concurrent writes to group {identity}")

    def hold(self, parts: Iterable[BatchDelete], now: float) -> list[BatchDelete]:
        """Hold parts of batch deletes until they are due; returns those that are to be evaluated at once."""
        requests: dict[str, list[BatchDelete]] = {}
        for part in parts:
            known = requests.setdefault(part.request, [])
            fitting = next((at for at, other in enumerate(known) if not other.contradicts(part)), None)
            if fitting is None:
                known.append(part)
            else:
                known[fitting] = known[fitting].join(part)
        joined = (part for known in requests.values() for part in known)
        return [late for part in joined if (late := self._hold(part, now))]

    def _hold(self, part: BatchDelete, now: float) -> BatchDelete | None:
        for _ in range(ATTEMPTS):
            before = self.store.batch_delete(part.request)
            if before and before.contradicts(part):  # then this call is evaluated by itself
                return replace(part, objects=part.objects or before.objects) if part.call else None
            if before and before.complete:
                return None
            alone = (
                before is None and part.complete
            )  # as the delete of a single object, to which nothing is added
            after = part if alone else (before or BatchDelete(part.request, records=0)).add_part(part, now)
            if after.turns and not after.turn and after.due is not None:
                after = replace(after, turn=self.store.take_turn(after.turns, now))
            try:
                self.store.keep(before, after, now)
            except ConflictError:
                continue
            if after.due is not None or after.complete:
                return None
            if before is None or before.due is not None:
                return after
            names_caller = part.call is not None and before.call is None  # of all objects, not only of these
            objects = after.objects if names_caller else part.objects or after.objects
            return replace(after, objects=objects, records=part.records)
        raise BusyError(f"too many concurrent writes to batch delete {part.request}")

    def mark_evaluated(self, delete: BatchDelete, now: float) -> None:
        """Mark a batch delete as evaluated; if parts arrived in the meantime, it stays due."""
        with suppress(ConflictError):
            self.store.keep(delete, replace(delete, due=None), now)


def _unclaimed[Item](fresh: Mapping[Claim, Item], taken: Mapping[str, str]) -> Iterator[tuple[Claim, Item]]:
    """Yield what is still to be recorded once some claims are taken: all but copies, see claims.py."""
    for claim, item in fresh.items():
        if claim.name not in taken:
            yield claim, item
        elif not is_copy(claim.statement, taken[claim.name]):
            yield contest(claim), item


def _open(key: GroupKey, added: Tally, turn: int, now: float) -> tuple[Group, tuple[Message, ...]]:
    """Return a new group, or the one for all that its principal may not open, and its first messages."""
    if turn > MOST_GROUPS:
        group = open_group(key.overflow, "", "", added, now, turn, key.window)
        group = replace(group, is_overflow=True, bucket="", actor=added.evidence.principal)
    else:
        group = open_group(key.group, key.label, key.owner, added, now, turn, key.window)
    return announce(group, "first", now, added.evidence, added.rules[0])


def _after[Item](
    group: Group,
    added: Tally,
    items: Sequence[Item],
    add_up: Callable[[Sequence[Item]], Tally],
    now: float,
    *,
    way: str = "",
) -> tuple[Group, tuple[Message, ...]]:
    """Return the group with these items, and the messages of what can not wait: the worst of it in full."""
    kind = urgent_kind(group, added)
    after = fold(group, added, now, way=way)
    if kind is None:
        return after, ()
    if kind == "worse" and len(items) > 1:
        urgent = [item for item in items if urgent_kind(group, add_up([item]))]
        added = add_up(urgent or items)
    return announce(after, kind, now, added.evidence, added.rules[0])
