"""What people do: read what they work with, in the console and by Athena, from the office, home and journeys.

Now and then they make a mistake, are new, or do for once what somebody should ask them about.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

from benchmarks.year import company
from benchmarks.year.calls import Call, Caller
from benchmarks.year.company import at, person

TEAMS = {"HR": ["hana", "henry", "hugo"], "Finance": ["fiona", "felix", "farid"],
         "Analyst": ["ada", "anton", "aylin", "asha", "alvaro"]}  # fmt: skip
HIRES = {40: ("HR", "helen"), 75: ("Analyst", "amir"), 130: ("Finance", "freya"), 190: ("Analyst", "anja"),
         220: ("HR", "hassan"), 300: ("Analyst", "aoife")}  # fmt: skip
PLACES = {
    "HR": ("hr-data", "payroll/"),
    "Finance": ("finance-exports", "2026/"),
    "Analyst": ("clinical-lake", "curated/"),
}
# Calls that somebody should be asked about: by day, what the owner would say of them
RARE = {
    33: "a database administrator restores a dump by hand, with a role that is not in the catalogue",
    68: "support reads a passport to help a customer",
    117: "an engineer reads credentials to find out why an application fails",
    170: "support reads a passport to help a customer",
    231: "a new application was deployed before the catalogue was changed",
    262: "a database administrator restores a dump by hand, with a role that is not in the catalogue",
    310: "support reads a passport to help a customer",
}


class People:
    """The calls of people."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._homes: dict[str, str] = {}

    def calls_of(self, day: datetime, number: int) -> Iterator[Call]:
        """Yield the calls of a day, counted from 0."""
        if reason := RARE.get(number):
            yield from self._rare(day, reason)
        if day.weekday() >= 5:
            return
        for team, names in TEAMS.items():
            hired = [name for since, (of, name) in HIRES.items() if of == team and number >= since]
            for name in (*names, *hired):
                if self._random.random() < 0.7:
                    yield from self._work(day, team, name)
        if self._random.random() < 0.3:
            yield from self._mistake(day)

    def _work(self, day: datetime, team: str, name: str) -> Iterator[Call]:
        time, (bucket, prefix) = self._at(day), PLACES[team]
        who = person(team, name, self._place(name))
        if team == "Analyst":
            yield from self._query(time, who)
            return
        yield Call(time, "ListBuckets", who)
        yield Call(time + 4, "ListObjects", who, bucket, more={"requestParameters.prefix": prefix})
        for place in range(self._random.randrange(1, 6)):
            key = f"{prefix}{self._random.randrange(10**6):06}.csv"
            yield Call(time + 20 * place + 9, "HeadObject", who, bucket, key)
            yield Call(time + 20 * place + 12, "GetObject", at(who, who.address, company.BROWSER), bucket, key,
                       more={"additionalEventData.AuthenticationMethod": "QueryString"})  # fmt: skip
        if team == "HR" and self._random.random() < 0.3:
            yield Call(time + 300, "PutObject", who, bucket, f"contracts/{name}-{day:%Y%m%d}.pdf")

    def _query(self, time: float, who: Caller) -> Iterator[Call]:
        """Yield what Athena reads for a person, in whose name it calls."""
        host = "athena.amazonaws.com"
        athena = Caller(who.principal, who.session, host, agent=host, invoked_by=host, path=who.path)
        for _ in range(self._random.randrange(2, 12)):
            key = f"curated/2026/part-{self._random.randrange(10**5):05}.parquet"
            yield Call(
                time + self._random.random() * 60, "GetObject", athena, "clinical-lake", key, size=4_000_000
            )
        yield Call(
            time + 70, "PutObject", athena, "data-scratch", f"athena/{self._random.randrange(10**9)}.csv"
        )

    def _mistake(self, day: datetime) -> Iterator[Call]:
        """Yield what is denied to somebody who clicked on the wrong bucket, which they do once."""
        name = self._random.choice(TEAMS["Analyst"])
        who, time = person("Analyst", name, self._place(name)), self._at(day)
        bucket, prefix = self._random.choice(
            (("hr-data", "payroll/"), ("finance-exports", ""), ("db-backups", ""))
        )
        yield Call(time, "ListBuckets", who)
        yield Call(
            time + 5,
            "ListObjects",
            who,
            bucket,
            error="AccessDenied",
            more={"requestParameters.prefix": prefix},
        )

    def _rare(self, day: datetime, reason: str) -> Iterator[Call]:
        time = self._at(day)
        if "passport" in reason:
            who, bucket, key = person("Support", "sara"), "customer-uploads", "passports/004711.jpg"
        elif "dump" in reason:
            who, bucket, key = person("Operations", "olga"), "db-backups", "orders/dump-0.dump"
        elif "credentials" in reason:
            who, bucket, key = person("Operations", "omar"), "app-secrets", "uploads/config.json"
        else:
            who, bucket, key = company.app("refunds-api", "10.0.7.3"), "finance-exports", "2026/refunds.csv"
        yield Call(time, "GetObject", who, bucket, key, why=reason)

    def _place(self, name: str) -> str:
        """Return an address: the office, home, or for some days elsewhere."""
        luck = self._random.random()
        home = self._homes.setdefault(name, f"203.0.113.{10 + len(self._homes)}")
        return (
            company.OFFICE
            if luck < 0.6
            else home
            if luck < 0.97
            else f"192.0.2.{200 + int(luck * 1000) % 30}"
        )

    def _at(self, day: datetime) -> float:
        return day.timestamp() + self._random.randrange(8 * 3600, 18 * 3600)
