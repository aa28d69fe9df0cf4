"""What correlations must have found: worked out from the plan, and looked up among the ledger's claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec
from s3watch.aws.dynamodb_items import read_stored
from s3watch.correlation import Correlation
from s3watch.ledger.correlator import claim_of_block, key_of
from s3watch.ledger.groups import Group
from s3watch.ruleset import Detection

from tests.simulation.plan import START
from tests.simulation.rules import ruleset
from tests.simulation.truth import Due
from tests.simulation.world import World
from tests.support.naive_correlations import Counted, find_blocks


def missing(world: World) -> Iterator[str]:
    """Yield what a correlation should have found among the hits that the system had accepted."""
    told = _told(world)
    for detection, correlation in correlations():
        for claim, series, block in _claims(world, detection, correlation, world.truth.accepted):
            # past its claims a group takes none, and has the rule
            is_told = (detection.rule, series) in told
            if world.table.get(f"claim#{claim}") is None and not is_told:
                yield f"{detection.rule} did not fire in block {block}"


def invented(world: World) -> Iterator[str]:
    """Yield what a correlation found, and should not have, even if all that was received was recorded."""
    for detection, correlation in correlations():
        known = {claim for claim, _, _ in _claims(world, detection, correlation, world.truth.received)}
        every = _claims(world, detection, correlation, world.truth.received, least=1)
        for claim, _, block in every:
            if claim not in known and world.table.get(f"claim#{claim}") is not None:
                yield f"{detection.rule} fired in block {block}"


@cache
def correlations() -> tuple[tuple[Detection, Correlation], ...]:
    """The correlations of the simulation's rules, all of which group by who is accountable."""
    found = tuple((each, each.correlation) for each in ruleset().detections if each.correlation)
    assert found
    assert all(each.group_by == ("s3.accountable",) for _, each in found)
    return found


def _claims(
    world: World,
    detection: Detection,
    correlation: Correlation,
    records: Iterable[object],
    least: int = 0,
) -> Iterator[tuple[str, str, int]]:
    known = frozenset(records)
    counted = [
        Counted(rule, f"{due.act.number} {due.needs}", int(START + due.act.at), _series(due), due.seen.key, 1)
        for due in world.truth.dues()
        for rule in due.seen.rules.intersection(correlation.rules)
        if known.issuperset(due.needs) and due.seen.key
    ]
    wanted = msgspec.structs.replace(correlation, least=least or correlation.least)
    for series, block in sorted(find_blocks(wanted, counted)):
        yield claim_of_block(key_of(detection.rule, (series,)), block), series, block


def _series(due: Due) -> str:
    """The value that a correlation groups by, as it writes it; no caller of a plan is a federated user."""
    return msgspec.json.encode([due.seen.principal]).decode()


def _told(world: World) -> set[tuple[str, str]]:
    """Return the rules that groups past their claims have, each with the principal of the group."""
    groups = [read_stored(item, Group) for key, item in world.table.items.items() if key.startswith("group#")]
    return {
        (rule, msgspec.json.encode([group.evidence.principal]).decode())
        for group in groups
        if not group.exact
        for rule in group.rules
    }
