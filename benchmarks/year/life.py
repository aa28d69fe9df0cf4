"""An ordinary year: applications, people, builds, backups, auditors, new hires and two migrations.

A call that a careful owner would want to hear of says why; nobody has to hear of any other. `pace` is how much
the applications do: 1.0 is a million calls a year, and what people and builds do stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from random import Random

from benchmarks.year import company
from benchmarks.year.administration import Administration
from benchmarks.year.calls import DAY, Call, Caller
from benchmarks.year.company import app
from benchmarks.year.people import People

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MIGRATIONS = (("2026-03-14", "clinical"), ("2026-09-19", "contracts"))


class Life:
    """The ordinary calls of a day, in the order of their times."""

    def __init__(self, seed: int = 1, pace: float = 1.0) -> None:
        self._random, self._pace = Random(seed), pace
        self._parts = (People(self._random), Administration(self._random))

    def calls_of(self, number: int) -> list[Call]:
        """Return the calls of a day, counted from 0."""
        day = BEGIN + timedelta(days=number)
        parts = (each.calls_of(day, number) for each in self._parts)
        calls = chain(
            self._applications(day), self._nightly(day), self._services(day), _migrations(day), *parts
        )
        return sorted(calls, key=lambda call: call.time)

    def _applications(self, day: datetime) -> Iterator[Call]:
        is_busy = day.weekday() < 5
        for times, event, by, bucket, prefix, suffix in (
            (420, "PutObject", company.UPLOADS, "customer-uploads", "passports/", ".jpg"),
            (300, "GetObject", company.UPLOADS, "customer-uploads", "passports/", ".jpg"),
            (420, "GetObject", company.SCANNER, "customer-uploads", "passports/", ".jpg"),
            (180, "PutObject", company.LEDGER, "finance-exports", f"{day:%Y/%m}/", ".csv"),
            (40, "GetObject", company.LEDGER, "finance-exports", f"{day:%Y/%m}/", ".csv"),
            (20, "DeleteObject", company.LEDGER, "finance-exports", f"{day:%Y/%m}/part-", ".part"),
            (300 if day.day >= 27 else 40, "GetObject", company.PAYROLL, "hr-data", "payroll/", ".csv"),
            (60 if day.day >= 27 else 4, "PutObject", company.PAYROLL, "hr-data", "payroll/", ".csv"),
            (24, "GetObject", company.UPLOADS, "app-secrets", "uploads/config", ".json"),
            (24, "GetObject", company.PAYROLL, "app-secrets", "payroll/config", ".json"),
            (160, "GetObject", Caller("service/cloudfront.amazonaws.com", address="cloudfront.amazonaws.com",
                                      agent="cloudfront.amazonaws.com"), "web-assets", "img/", ".png"),
            (120, "PutObject", company.DEPLOY, "ci-artifacts", "builds/", ".zip"),
            (100, "GetObject", company.DEPLOY, "ci-artifacts", "builds/", ".zip"),
            (120, "GetObject", app("web", "10.0.6.4"), "app-cache", "pages/", ".html"),
        ):  # fmt: skip
            for _ in range(self._some(times if is_busy else times / 3)):
                key = f"{prefix}{self._random.randrange(10**6):06}{suffix}"
                missing = "NoSuchKey" if event == "GetObject" and self._random.random() < 0.01 else ""
                yield Call(self._at(day), event, by, bucket, key, missing)

    def _nightly(self, day: datetime) -> Iterator[Call]:
        """Yield what runs at night: Spark writes and renames, backups read all that changed, a test restores."""
        begin = day.timestamp() + 2 * 3600
        for number in range(self._some(110)):
            raw, part = f"raw/{day:%Y/%m/%d}/{number}.json", f"{day:%Y/%m/%d}/part-{number:05}.parquet"
            temporary = f"curated/_temporary/0/{part}"
            copied = {"requestParameters.x-amz-copy-source": f"clinical-lake/{temporary}"}
            time = begin + number * 3
            yield Call(time, "GetObject", company.ETL, "clinical-lake", raw)
            yield Call(time + 1, "PutObject", company.ETL, "clinical-lake", temporary)
            yield Call(time + 2, "CopyObject", company.ETL, "clinical-lake", f"curated/{part}", more=copied)
            yield Call(time + 2, "DeleteObject", company.ETL, "clinical-lake", temporary)
        for bucket, prefix in (("hr-data", "payroll/"), ("hr-data", "contracts/"), ("finance-exports", ""),
                               ("customer-uploads", "passports/"), ("clinical-lake", "curated/")):  # fmt: skip
            for _ in range(self._some(40)):
                key = f"{prefix}{self._random.randrange(10**6):06}"
                yield Call(
                    begin + 3600 + self._random.random() * 3600, "GetObject", company.BACKUP, bucket, key
                )
        for hour in range(0, 24, 6):
            yield Call(
                begin + hour * 3600,
                "PutObject",
                company.BACKUP,
                "db-backups",
                f"orders/{day:%Y%m%d}{hour}.dump",
            )
        if day.day == 2:
            for number in range(40):
                key = f"orders/{day:%Y%m}0118.dump.{number}"
                yield Call(begin + 7200 + number, "GetObject", company.RESTORE, "db-backups", key)

    def _services(self, day: datetime) -> Iterator[Call]:
        """Yield what AWS's services do: deliver logs, list and inspect buckets, and sample what is in them."""
        buckets = (*company.SENSITIVE, *company.ORDINARY)
        delivery = _service("cloudtrail")
        for hour in range(24):
            key = f"AWSLogs/111122223333/CloudTrail/eu-west-1/{day:%Y/%m/%d}/{hour:02}.json.gz"
            yield Call(day.timestamp() + hour * 3600 + 300, "PutObject", delivery, company.LOGS, key)
        yield Call(self._at(day), "PutObject", _service("logging.s3"), "team-share", f"access/{day:%Y-%m-%d}")
        yield Call(
            self._at(day), "PutObject", _service("s3"), "team-share", f"inventory/{day:%Y-%m-%d}.csv.gz"
        )
        for by, events in (
            (company.CONFIG, ("GetBucketAcl", "GetBucketPolicy", "GetBucketVersioning", "GetBucketLogging")),
            (company.ANALYZER, ("GetBucketPolicy", "GetBucketAcl")),
            (company.HUB, ("GetBucketEncryption", "GetBucketPublicAccessBlock")),
            (company.ADVISOR, ("GetBucketAcl", "GetBucketVersioning")),
        ):
            yield Call(self._at(day), "ListBuckets", by)
            yield from self._inspect(day, by, events, buckets)
        if day.weekday() == 6:
            begin = self._at(day)
            for number in range(60):
                bucket, prefix = self._random.choice(SAMPLED)
                key = f"{prefix}{self._random.randrange(10**6):06}"
                yield Call(begin + number, "GetObject", company.MACIE, bucket, key)
        if day.day == 15:
            begin = self._at(day)
            for number in range(30):
                key = f"payroll/{self._random.randrange(10**6):06}"
                yield Call(begin + number, "GetObject", company.AWS_BACKUP, "hr-data", key)
        for scanner in self._random.sample(company.SCANNERS, 3):
            event = self._random.choice(("ListObjects", "GetObject"))
            key = self._random.choice(GUESSES) if event == "GetObject" else ""
            yield Call(self._at(day), event, scanner, "customer-uploads", key, "AccessDenied")

    def _inspect(
        self, day: datetime, by: Caller, events: Sequence[str], buckets: Sequence[str]
    ) -> Iterator[Call]:
        begin = self._at(day)
        for place, bucket in enumerate(buckets):
            for event in events:
                missing = "NoSuchBucketPolicy" if event == "GetBucketPolicy" and bucket in UNSHARED else ""
                yield Call(begin + place, event, by, bucket, error=missing)

    def _at(self, day: datetime) -> float:
        return day.timestamp() + self._random.randrange(DAY)

    def _some(self, times: float) -> int:
        """Return about so many times, by the pace, more on some days than on others."""
        exact = times * self._pace * self._random.uniform(0.8, 1.2)
        return int(exact) + (self._random.random() < exact % 1)


SAMPLED = (("hr-data", "payroll/"), ("customer-uploads", "passports/"), ("clinical-lake", "raw/"))
UNSHARED = ("data-scratch", "app-cache", "team-share")
GUESSES = ("backup.zip", "index.html", ".env", "passports/1.jpg", "dump.sql", "robots.txt")


def _service(name: str) -> Caller:
    host = f"{name}.amazonaws.com"
    return Caller(f"service/{host}", address=host, agent=host)


def _migrations(day: datetime) -> Iterator[Call]:
    """Yield the two moves of data, each over a weekend, by a role that its owners have put into the catalogue."""
    for begin, name in MIGRATIONS:
        since = (day - datetime.fromisoformat(begin).replace(tzinfo=UTC)).days
        if since in (0, 1):
            yield from _MOVES[name](day.timestamp() + 6 * 3600)


def _move_clinical(time: float) -> Iterator[Call]:
    by = Caller("role/datasync-clinical", "DataSync", "datasync.amazonaws.com", agent="datasync.amazonaws.com",
                invoked_by="datasync.amazonaws.com")  # fmt: skip
    for number in range(1500):
        yield Call(time + number * 20, "PutObject", by, "clinical-lake", f"raw/archive/{number:05}.dcm")


def _move_contracts(time: float) -> Iterator[Call]:
    by = Caller("role/migration-contracts", "move", "10.0.9.9", company.ENDPOINT)
    for number in range(600):
        key = f"contracts/2019/{number:04}.pdf"
        copied = {"requestParameters.x-amz-copy-source": f"hr-data/{key}"}
        yield Call(
            time + number * 4, "CopyObject", by, "hr-data", f"contracts/archive/{number:04}.pdf", more=copied
        )
        yield Call(time + number * 4 + 1, "DeleteObject", by, "hr-data", key)


_MOVES = {"clinical": _move_clinical, "contracts": _move_contracts}
