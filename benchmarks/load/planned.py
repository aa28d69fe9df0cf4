"""Plans of the simulation for load and faults: the same traffic, and what fails meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from random import Random

from benchmarks.load.metered_table import MeteredTable
from benchmarks.load.outcome import LOSSES, Outcome, by_topic
from tests.simulation import system
from tests.simulation.callers import THIEVES, USERS
from tests.simulation.generate import calls_at
from tests.simulation.laws import Violation, violations
from tests.simulation.plan import Act, Fault, Kind, Outage, Plan, Workers
from tests.simulation.scenarios import by_events, in_files
from tests.simulation.world import World

SPAN = 600.0  # seconds within which the traffic arrives
AWAY = (240.0, 300.0)  # a minute amid it
HITS_PER_GROUP = 10  # of those that are not hot: groups open all the time
FLOOD = 60.0  # seconds
WORKERS = Workers(detect=4, batch=100)
MOST_WORKERS = Workers(detect=10, batch=500)  # as in template.yaml
HOT = "eve"  # who reads half of all
TOPICS = system.TOPICS
SENDERS = ("notify", "sweep")
ROLES = ("detect", *SENDERS)
CALLS = 60  # calls of a role to a service for each record, at most
REST = 20_000  # and of those that are made without a record

type Make = Callable[[int], Plan]


def traffic(records: int) -> list[Act]:
    """Half of the reads by one caller, a group; the others by one after the other, each some."""
    return [
        Act(
            number,
            number / records * SPAN,
            HOT if number % 2 else f"{USERS}{number // 2 // HITS_PER_GROUP}",
            "GetObject",
            "hr-data",
            f"payroll/{number}.csv",
        )
        for number in range(records)
    ]


def faults(
    seed: int, records: int, rate: float, kinds: tuple[Kind, ...], calls: Iterable[tuple[str, str]]
) -> Iterator[Fault]:
    """So many of a role's calls to a service go wrong, at random."""
    random = Random(f"{seed} faults")
    for role, service in calls:
        for number in calls_at(random, rate, CALLS * records + REST):
            yield Fault(role, service, number, random.choice(kinds))


def _with(records: int, *some: Fault, outages: Iterable[Outage] = ()) -> Plan:
    return Plan(1, tuple(by_events(traffic(records))), some, tuple(outages), WORKERS)


TO_TABLE = [(role, "store") for role in ROLES]
TO_TOPICS = [(role, topic) for role in SENDERS for topic in TOPICS]
EVERYWHERE = [*TO_TABLE, *TO_TOPICS, ("detect", "queue")]


def disorder(records: int) -> Plan:
    """One record in ten arrives again, half of these in a log file; each up to ten minutes late, in any order."""
    random = Random("disorder")
    acts = traffic(records)
    late = [arrival for act in acts for arrival in by_events([act], wait=random.uniform(1, 600))]
    again = random.sample(acts, records // 10)
    events = [each for act in again[::2] for each in by_events([act], wait=random.uniform(300, 1200))]
    return Plan(1, (*late, *events, *in_files(again[1::2], 2 * SPAN)), workers=WORKERS)


def topics_throttled(records: int) -> Plan:
    """SNS refuses one message in four."""
    return _with(records, *faults(1, records, 0.25, ("refused",), TO_TOPICS))


def topics_away(records: int) -> Plan:
    """SNS is away for a minute."""
    return _with(records, outages=[Outage(topic, *AWAY) for topic in TOPICS])


def table_throttled(records: int) -> Plan:
    """Of fifty calls DynamoDB refuses one, when the SDK has given up, half of the writes because of another writer."""
    return _with(records, *faults(1, records, 0.02, ("refused", "conflict"), TO_TABLE))


def table_away(records: int) -> Plan:
    """DynamoDB is away for a minute."""
    return _with(records, outages=[Outage("store", *AWAY)])


def ambiguous(records: int) -> Plan:
    """One answer in a hundred is lost after the call was done; in half of these cases the SDK does it again."""
    return _with(records, *faults(1, records, 0.01, ("lost", "repeated"), EVERYWHERE))


def killed(records: int) -> Plan:
    """One call in 400 is the last of its process, before or after it is done."""
    return _with(records, *faults(1, records, 1 / 400, ("killed before", "killed after"), EVERYWHERE))


def flood(records: int) -> Plan:
    """A group for each record, of one principal within a minute; amid them somebody else opens the bucket."""
    count = records - 1
    thieves = [
        Act(n, n / count * FLOOD, f"{THIEVES}{n}", "GetObject", "hr-data", f"payroll/{n}")
        for n in range(count)
    ]
    other = Act(count, FLOOD * 0.75, HOT, "PutBucketPolicy", "hr-data")
    callers = frozenset(act.caller for act in thieves)
    return Plan(1, tuple(by_events([*thieves, other])), workers=MOST_WORKERS, flood=callers)


def run_planned(plan: Plan, table: type[MeteredTable] = MeteredTable) -> Outcome:
    """Run a plan, then hold the laws of the simulation against what happened."""
    began = time.process_time()
    world = World(plan, table=table)
    world.run()
    return _outcome(world, time.process_time() - began)


def _outcome(world: World, seconds: float) -> Outcome:
    table = world.table
    assert isinstance(table, MeteredTable)
    group, units = table.hottest()
    broken = violations(world)
    repeated, others = world.topics.doubles()
    told = {topic: _told(world, topic) for topic in TOPICS}
    hits = len(world.plan.acts)  # each is one
    lost = sum(each.hits for each in broken if each.law in LOSSES)
    machines = world.topics.said("machines", principals=False)
    return Outcome(
        records=world.counts["records"], hits=hits, groups=table.groups(), faults=_faults(world),
        messages=by_topic(world.topics.numbers()), lost=max(lost, hits - min(told.values())), repeated=repeated,
        bound=world.topics.excused(), doubled=len(others), overcounted=max(0, max(told.values()) - hits),
        broken=_others(broken), units=table.units, hot_units=units,
        hot_hits=machines[group][-1].told if group in machines else 0, seconds=seconds,
        waited=_waited(world),
    )  # fmt: skip


def _told(world: World, topic: str) -> int:
    return sum(said[-1].told for said in world.topics.said(topic, principals=True).values())


def _faults(world: World) -> dict[str, int]:
    kinds = {
        name.removeprefix("fault: "): n for name, n in world.counts.items() if name.startswith("fault: ")
    }
    return dict(sorted(kinds.items()))


def _others(broken: Iterable[Violation]) -> list[str]:
    """The first violation of each law that is not about a loss, nor about what came twice."""
    firsts: dict[str, str] = {}
    for each in broken:
        if each.law not in LOSSES and each.law != "double":
            firsts.setdefault(each.law, str(each))
    return list(firsts.values())


def _waited(world: World) -> float | None:
    """Return how long it took until all topics had heard of who is not of the flood."""
    others = [arrival for arrival in world.plan.arrivals if arrival.act.caller not in world.plan.flood]
    if not world.plan.flood or not others:
        return None
    first = others[0]
    principal = system.hits_of(world.truth.records(first.act, "events"))[0][0].principal
    heard = [world.topics.said(topic, principals=True).get(principal) for topic in TOPICS]
    return max(said[0].at for said in heard if said) - first.at if all(heard) else None
