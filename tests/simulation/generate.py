"""Random plans: one seed makes one plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import get_args

from tests.simulation.callers import SEEN_BY_ACCESS_LOGS, THIEVES
from tests.simulation.plan import Act, Arrival, Fault, Kind, Outage, Plan, Way, Workers

KINDS: tuple[Kind, ...] = get_args(Kind)
CALLS = {  # by role: services, and how many calls of each may fail
    "detect": (("store", 3000), ("queue", 50)),
    "scan": (("store", 1500), ("queue", 50), ("files", 50)),
    "notify": (("store", 1500), ("mail", 300), ("chat", 300), ("machines", 300)),
    "sweep": (("store", 6000), ("mail", 300), ("chat", 300), ("machines", 300)),
}
PREFIXES = ("payroll/", "payroll/", "board/", "contracts/", "public/")
EVENTS = (
    "GetObject", "GetObject", "GetObject", "GetObject", "ListObjects", "Denied", "PutObject", "PutObject",
    "DeleteObject", "CopyObject", "PutObjectAcl", "DeleteObjects", "DeleteObjects", "PutBucketPolicy",
    "PutBucketLifecycle", "PutBucketReplication", "PutBucketVersioning", "DeleteBucketPublicAccessBlock",
)  # fmt: skip
CALLERS = ("alice", "eve", "mallory", "stranger", "anonymous", "migration", "cleaner", "payroll-app")
IN_ACCESS_LOGS = ("GetObject", "PutObject", "DeleteObject")
FILES = 300.0  # seconds: CloudTrail writes a file about every five minutes


def random_plan(seed: int) -> Plan:
    """Make the plan of a seed."""
    random = Random(f"{seed} plan")
    acts = _acts(random)
    flood = frozenset[str]()
    if random.random() < 0.15:
        thieves = _thieves(random, len(acts))
        flood = frozenset(act.caller for act in thieves)
        acts += thieves
    arrivals = tuple(_arrivals(random, acts))
    last = max(arrival.at for arrival in arrivals)
    return Plan(
        seed,
        arrivals,
        tuple(_faults(random)),
        tuple(_outages(random, last, longest=600.0 if flood or len(acts) > 60 else 6 * 3600.0)),
        _workers(random),
        flood,
    )


def _acts(random: Random) -> list[Act]:
    """A few callers, each with habits: bursts, baits, worse and worse acts."""
    span = random.choice((60.0, 600.0, 3600.0, 4 * 3600.0, 9 * 3600.0))
    callers = random.sample(CALLERS, random.randint(1, 4))
    number = random.choice((1, 5, 20, 40, 80, 120)) if random.random() < 0.95 else 400
    start = random.choice((0.0, 3600.0, 5.9 * 3600.0))
    times = sorted(start + random.random() * span for _ in range(number))
    favourite = random.choice((None, "GetObject", "GetObject", "DeleteObject"))
    return [_act(random, index, at, random.choice(callers), favourite) for index, at in enumerate(times)]


def _act(random: Random, number: int, at: float, caller: str, favourite: str | None) -> Act:
    event = favourite if favourite and random.random() < 0.8 else random.choice(EVENTS)
    if caller == "anonymous" and event == "DeleteObjects":  # its objects have no caller to tell apart from it
        event = "DeleteObject"
    bucket = "hr-data" if random.random() < 0.8 else "finance-exports"
    if "Bucket" in event or event == "ListObjects":
        return Act(number, at, caller, event, bucket)
    prefix = random.choice(PREFIXES) if bucket == "hr-data" else ""
    if event != "DeleteObjects":
        return Act(number, at, caller, event, bucket, f"{prefix}{random.randrange(200)}.csv")
    count = random.choice((1, 2, 5, 20, 60)) if random.random() < 0.98 else 999
    keys = [f"{prefix}{index}.csv" for index in range(count)]
    if random.random() < 0.5:
        keys[random.randrange(count)] = "board/minutes.pdf"
    return Act(number, at, caller, event, bucket, keys=tuple(keys))


def _thieves(random: Random, start: int) -> list[Act]:
    """One credential under many source identities, all within a few minutes."""
    count = random.choice((20, 60, 150))
    began, prefix = random.random() * 3600, random.choice(("payroll/", "contracts/", "board/"))
    return [
        Act(start + n, began + random.random() * 120, f"{THIEVES}{n}", "GetObject", "hr-data", f"{prefix}{n}")
        for n in range(count)
    ]


def _arrivals(random: Random, acts: Sequence[Act]) -> Iterator[Arrival]:
    """By which ways the records of each act arrive, and when; each arrives by one at least."""
    dropped = random.choice((0.0, 0.0, 0.1, 0.5, 1.0))
    filed = random.choice((1.0, 1.0, 0.5, 0.0)) if dropped < 1 else 1.0
    late = random.choice((0.0, 0.0, 900.0, 5 * 3600.0))
    for act in acts:
        some = [*_events(random, act, dropped)]
        if random.random() < filed or (dropped and len(some) < 1 + bool(act.keys)):
            wait = random.uniform(60, 400) + (random.random() * late)
            at = ((act.at + wait) // FILES + 1) * FILES
            some.append(Arrival(at, "log_files", act, 0, len(act.keys)))
        if random.random() < 0.3 and act.caller in SEEN_BY_ACCESS_LOGS and act.event in IN_ACCESS_LOGS:
            at = ((act.at + random.uniform(600, 7200)) // FILES + 1) * FILES
            some.append(Arrival(at, "access_logs", act))
        yield from some or [_by(random, act, "events", 0, len(act.keys))]


def _events(random: Random, act: Act, dropped: float) -> Iterator[Arrival]:
    """What EventBridge brings: the call, and the objects of a batch delete in some lots, some lots twice."""
    pieces = [(0, 0)]
    if act.keys:
        size = random.choice((1, 10, 100)) if len(act.keys) < 100 else 100
        pieces += [
            (first, min(first + size - 1, len(act.keys))) for first in range(1, len(act.keys) + 1, size)
        ]
    for first, last in pieces:
        for _ in range(2 if random.random() < 0.05 else 1):
            if random.random() >= dropped:
                yield _by(random, act, "events", first, last)


def _by(random: Random, act: Act, way: Way, first: int, last: int) -> Arrival:
    wait = random.expovariate(1 / 20) if random.random() < 0.9 else random.uniform(0, 600)
    return Arrival(act.at + 1 + wait, way, act, first, last)


def _faults(random: Random) -> Iterator[Fault]:
    """Calls that fail at one rate, of some kinds only, so that plans differ in what they have."""
    rate = random.choice((0.0, 0.0, 0.0, 0.002, 0.01, 0.03))
    kinds = random.sample(KINDS, random.randint(1, len(KINDS)))
    for role, services in CALLS.items():
        for service, most in services:
            for number in calls_at(random, rate, most):
                kind = random.choice(kinds)
                if kind.startswith("killed") and random.random() < 0.75:
                    continue  # a death costs a whole sweep: with many, nothing would ever be told
                seconds = round(random.uniform(1, 25), 1) if kind.startswith("slow") else 0.0
                yield Fault(role, service, number, kind, seconds)


def calls_at(random: Random, rate: float, most: int) -> Iterator[int]:
    """Yield numbers of calls below a limit, one in so many."""
    number = 0
    while rate and (number := number + 1 + int(random.expovariate(rate))) < most:
        yield number


def _outages(random: Random, last: float, longest: float) -> Iterator[Outage]:
    for service in ("store", "mail", "chat", "machines"):
        if random.random() < 0.12:
            start = random.random() * last
            long = random.choice((30.0, 600.0, 600.0, 3600.0, 3600.0, 6 * 3600.0))
            yield Outage(service, start, start + min(long, longest))


def _workers(random: Random) -> Workers:
    return Workers(
        detect=random.randint(1, 4),
        scan=random.randint(1, 3),
        shards=random.randint(1, 4),
        sweeps=2 if random.random() < 0.1 else 1,
        batch=random.choice((1, 10, 100)),
        exact=random.choice((8, 24, 256)),
        index_lag=random.choice((0.0, 0.0, 0.5, 2.0)),
    )
