"""What exceptions must have been counted to silence: worked out from the plan, and read from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from s3watch.aws.dynamodb_items import read_day
from s3watch.ledger.silence.day_counts import EXACT, day_key

from tests.simulation import system
from tests.simulation.rules import ruleset
from tests.simulation.truth import RecordId
from tests.simulation.world import World

CLOUDTRAIL = ("events", "log_files")  # whose records name the caller, so that an exception can cover it


def miscounted(world: World) -> Iterator[str]:
    """Yield each exception and day of which the ledger counts less than was accepted, or more than came."""
    accepted = {record for way in CLOUDTRAIL for record in world.truth.accepted_by.get(way, ())}
    least, most = _counts(world, accepted), _counts(world, world.truth.received)
    for exception in ruleset().exceptions:
        for day in sorted(day for rule, day in most if rule == exception.rule):
            found = read_day(world.table.get(f"silenced#{day_key(exception, day)}") or {})
            few, many = len(least.get((exception.rule, day), ())), len(most[exception.rule, day])
            if found.number < few or (few < EXACT and found.number > many):
                yield f"{exception.rule} on {day}: counted {found.number}, of {few} to {many}"


def _counts(world: World, records: Iterable[RecordId]) -> dict[tuple[str, str], set[str]]:
    """Return the names of the accesses among these records that are silenced, by rule and day."""
    known, counts = frozenset(records), dict[tuple[str, str], set[str]]()
    for act in world.plan.acts:
        if act.event != "DeleteObjects" and (act.number, 0) in known:
            for rule, day, name in system.silenced_of(world.truth.records(act, "events")):
                counts.setdefault((rule, day), set()).add(name)
    return counts
