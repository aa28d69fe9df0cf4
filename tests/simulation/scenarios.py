"""Plans made by hand, each for one way in which a hit could stay untold; named by what happens in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from tests.simulation.callers import THIEVES, USERS
from tests.simulation.plan import Act, Arrival, Fault, Outage, Plan, Workers

MINUTE, HOUR = 60.0, 3600.0


def acts_of(
    caller: str, event: str, times: Iterable[float], prefix: str = "payroll/", first: int = 0
) -> list[Act]:
    """The same act on one key after another."""
    return [
        Act(first + n, at, caller, event, "hr-data", f"{prefix}{n % 50}.csv") for n, at in enumerate(times)
    ]


def every(seconds: float, count: int, start: float = 0.0) -> list[float]:
    """So many times, so many seconds apart."""
    return [start + index * seconds for index in range(count)]


def by_events(acts: Iterable[Act], wait: float = 30.0) -> list[Arrival]:
    """All records of the acts, by EventBridge."""
    return [Arrival(act.at + wait, "events", act, 0, len(act.keys)) for act in acts]


def in_files(acts: Iterable[Act], at: float) -> list[Arrival]:
    """All records of the acts, in one log file."""
    return [Arrival(at, "log_files", act, 0, len(act.keys)) for act in acts]


def dropped_by_eventbridge(seed: int) -> Plan:
    """EventBridge brings 100 reads and drops 90; the log file has all 190, ten minutes later."""
    acts = acts_of("eve", "GetObject", every(1.0, 190))
    return Plan(seed, (*by_events(acts[:100]), *in_files(acts, 20 * MINUTE)))


def chat_away(seed: int) -> Plan:
    """Chat is away for six hours, while eve reads 600 objects; the mail is not."""
    acts = acts_of("eve", "GetObject", every(2.0, 10) + every(30.0, 590, start=5 * MINUTE))
    return Plan(seed, tuple(by_events(acts)), outages=(Outage("chat", 40.0, 6 * HOUR),))


def failing_calls(seed: int) -> Plan:
    """300 groups open within a minute, and one call of a hundred to the table fails."""
    random = Random(f"{seed} failing calls")
    acts = [Act(n, n / 10, f"{USERS}{n}", "GetObject", "hr-data", f"payroll/{n}.csv") for n in range(300)]
    faults = [
        Fault(role, "store", number, random.choice(("refused", "lost")))
        for role in ("notify", "sweep")
        for number in range(1, 60_000)
        if random.random() < 0.01
    ]
    return Plan(seed, tuple(by_events(acts)), tuple(faults))


def counted_while_calls_fail(seed: int) -> Plan:
    """Forty users delete as many objects as a correlation counts; one call of sixty to the table fails."""
    random = Random(f"{seed} counted while calls fail")
    acts = [
        Act(n, n / 5, f"{USERS}{n // 3}", "DeleteObject", "hr-data", f"payroll/{n}.csv") for n in range(120)
    ]
    faults = [
        Fault("detect", "store", number, random.choice(("refused", "lost")))
        for number in range(1, 20_000)
        if random.random() < 1 / 60
    ]
    return Plan(seed, tuple(by_events(acts)), tuple(faults))


def bait_first(seed: int) -> Plan:
    """A harmless critical act opens the group of a bucket; what is worse begins 65 minutes later."""
    events = (
        "PutBucketPolicy",
        "PutBucketReplication",
        "PutBucketLifecycle",
        "DeleteBucketPublicAccessBlock",
    )
    bait = Act(0, 0.0, "eve", "PutBucketVersioning", "hr-data")
    worse = [Act(n, 65 * MINUTE + n * MINUTE, "eve", event, "hr-data") for n, event in enumerate(events, 1)]
    return Plan(seed, tuple(by_events([bait, *worse])))


def worse_within_a_minute(seed: int) -> Plan:
    """Read, then overwritten, copied out, deleted: each worse than the one before, one label, one minute."""
    events = ("GetObject", "PutObject", "CopyObject", "DeleteObject")
    acts = [Act(n, n * 12.0, "eve", event, "hr-data", f"payroll/{n}.csv") for n, event in enumerate(events)]
    return Plan(seed, tuple(by_events(acts)), workers=Workers(batch=1))


def counted_during_the_mark(seed: int) -> Plan:
    """Past the bound of exact counts, hits go on until shortly after a roll-up, whose sender is slow."""
    random = Random(f"{seed} counted during the mark")
    end = 15 * MINUTE + random.uniform(5, 75)
    acts = acts_of("eve", "GetObject", every(1.0, 60) + every(0.5, int((end - 870) * 2), start=870.0))
    faults = [Fault("sweep", "store", number, "slow before", 15.0) for number in (13, 16)]  # the mark is one
    workers = Workers(detect=4, batch=5, exact=24)
    return Plan(seed, tuple(by_events(acts, wait=1.0)), tuple(faults), workers=workers)


def one_key_among_a_thousand(seed: int) -> Plan:
    """The nightly cleaner deletes 999 keys that it may, and one that it may not, in one request."""
    return _one_among(seed, [f"payroll/{number}.csv" for number in range(999)])


def one_key_among_long_ones(seed: int) -> Plan:
    """The same, with keys of 500 characters."""
    return _one_among(seed, [f"payroll/{number:0>500}.csv" for number in range(999)])


def _one_among(seed: int, keys: list[str]) -> Plan:
    keys.insert(Random(f"{seed} one key").randrange(1000), "board/minutes.pdf")
    act = Act(0, 0.0, "cleaner", "DeleteObjects", "hr-data", keys=tuple(keys))
    lots = [Arrival(20.0 + first / 50, "events", act, first, first + 99) for first in range(1, 1000, 100)]
    return Plan(seed, (Arrival(20.0, "events", act), *lots), workers=Workers(detect=4, batch=100))


def many_identities(seed: int) -> Plan:
    """1,000 source identities of one credential, and amid them somebody else's first read, as severe."""
    thieves = [Act(n, n / 20, f"{THIEVES}{n}", "GetObject", "hr-data", f"payroll/{n}") for n in range(1000)]
    return _flooded(seed, thieves, Act(1000, 45.0, "eve", "GetObject", "hr-data", "payroll/q3.csv"))


def many_critical(seed: int) -> Plan:
    """2,000 source identities touch what is critical, and amid them somebody else opens the bucket."""
    thieves = [Act(n, n / 40, f"{THIEVES}{n}", "GetObject", "hr-data", f"board/{n}") for n in range(2000)]
    return _flooded(seed, thieves, Act(2000, 45.0, "eve", "PutBucketPolicy", "hr-data"))


def many_expected_deletes(seed: int) -> Plan:
    """2,500 batch deletes of a caller who may, and amid them a thief's."""
    expected = [
        Act(n, n / 100, "cleaner", "DeleteObjects", "hr-data", keys=(f"payroll/{n}.csv",))
        for n in range(2500)
    ]
    keys = tuple(f"board/{number}.pdf" for number in range(20))
    theft = Act(2500, 26.0, "eve", "DeleteObjects", "hr-data", keys=keys)
    plan = _flooded(seed, expected, theft)
    return Plan(seed, plan.arrivals, workers=Workers(detect=4, batch=100), flood=frozenset({"cleaner"}))


def _flooded(seed: int, flood: Sequence[Act], other: Act) -> Plan:
    callers = frozenset(act.caller for act in flood)
    return Plan(seed, tuple(by_events([*flood, other])), workers=Workers(detect=4, batch=100), flood=callers)


def slow_topics(seed: int) -> Plan:
    """Mail and chat take 25 seconds each to answer, and nobody dies."""
    acts = acts_of("eve", "GetObject", [0.0])
    faults = [Fault("notify", topic, 1, "slow after", 25.0) for topic in ("mail", "chat")]
    return Plan(seed, tuple(by_events(acts)), tuple(faults))


def long_sweep(seed: int) -> Plan:
    """Two sweeps at a time, and each call to a topic takes ten seconds."""
    random = Random(f"{seed} long sweep")
    acts = [Act(n, random.random(), f"{USERS}{n}", "GetObject", "hr-data", f"payroll/{n}") for n in range(30)]
    faults = [
        Fault(role, topic, number, "slow before", 10.0)
        for role in ("notify", "sweep")
        for topic in ("mail", "chat")
        for number in range(1, 100)
    ]
    return Plan(seed, tuple(by_events(acts)), tuple(faults), workers=Workers(sweeps=2))


type Make = Callable[[int], Plan]

SCENARIOS: dict[int, tuple[Make, ...]] = {  # by what they show
    1: (dropped_by_eventbridge,),
    2: (chat_away,),
    3: (failing_calls,),
    4: (bait_first, worse_within_a_minute),
    5: (counted_during_the_mark,),
    6: (one_key_among_a_thousand, one_key_among_long_ones),
    7: (many_identities, many_critical, many_expected_deletes),
    8: (slow_topics, long_sweep),
    9: (counted_while_calls_fail,),
}


def plans(make: Make, seeds: int) -> Iterator[Plan]:
    """The plans of a scenario for the first seeds, which differ in latencies, order and what is random."""
    return (make(seed) for seed in range(seeds))
