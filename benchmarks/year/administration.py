"""What builds and auditors do: plan and apply infrastructure, make and destroy what is for trying out, inspect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from benchmarks.year import company
from benchmarks.year.calls import ACCOUNT, Call
from benchmarks.year.company import person

PLANNED = ("GetBucketPolicy", "GetBucketAcl", "GetBucketVersioning", "GetBucketLogging", "GetBucketEncryption",
           "GetBucketPublicAccessBlock", "GetBucketLocation", "GetBucketTagging")  # fmt: skip
BUCKETS = (*company.SENSITIVE, *company.ORDINARY)
AUDITS = (20, 110, 200, 290)  # the days on which they begin
RARE = {
    95: "the pages of the web site are made public",
    148: "a bucket of the team that left is deleted",
    205: "clinical-lake is shared with the partner of a study",
}
XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


class Administration:
    """The calls that manage buckets."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def calls_of(self, day: datetime, number: int) -> Iterator[Call]:
        """Yield the calls of a day, counted from 0."""
        yield from self._rare(day, number)
        if any(begin <= number < begin + 5 for begin in AUDITS):
            yield from self._audit(day)
        if day.weekday() >= 5:
            return
        for _ in range(self._random.randrange(1, 4)):
            yield from self._plan(day)
        if day.weekday() in (1, 3):
            yield from self._apply(day)
        if day.weekday() == 2:
            yield from self._try_out(day, number)

    def _plan(self, day: datetime) -> Iterator[Call]:
        time = self._at(day)
        yield Call(time, "ListBuckets", company.BUILD)
        for place, bucket in enumerate(BUCKETS):
            for event in PLANNED:
                yield Call(time + place, event, company.BUILD, bucket)

    def _apply(self, day: datetime) -> Iterator[Call]:
        """Yield changes of the infrastructure, which keep what is sensitive as safe as it was."""
        time, bucket = self._at(day), self._random.choice(BUCKETS)
        event, more = self._random.choice(
            [
                ("PutBucketPolicy", {"requestParameters.bucketPolicy": policy(bucket, "role/payroll-app")}),
                ("PutBucketTagging", {}),
                ("PutBucketVersioning", {}),
                ("PutBucketLogging", {}),
                ("PutBucketLifecycle", {}),
                ("PutBucketNotification", {}),
                ("PutBucketPublicAccessBlock", {}),
                ("PutBucketEncryption", {}),
                ("PutBucketCors", {}),
            ]
        )
        yield Call(time, event, company.BUILD, bucket, more=more)

    def _try_out(self, day: datetime, number: int) -> Iterator[Call]:
        """Yield an environment for tests: made, used and destroyed within the hour, by one build."""
        time = self._at(day)
        buckets = [
            f"preview-{number}-{name}" for name in ("assets", "uploads", "exports", "logs", "cache", "state")
        ]
        for place, bucket in enumerate(buckets):
            yield Call(time + place, "CreateBucket", company.BUILD, bucket)
            yield Call(time + place + 10, "PutBucketVersioning", company.BUILD, bucket)
            yield Call(time + place + 1800, "PutBucketVersioning", company.BUILD, bucket, more=SUSPENDED)
            yield Call(time + place + 1805, "PutBucketLifecycle", company.BUILD, bucket, more=expiring(1))
            yield Call(time + place + 1810, "DeleteBucketPolicy", company.BUILD, bucket)
            yield Call(time + place + 1820, "DeleteBucket", company.BUILD, bucket)

    def _audit(self, day: datetime) -> Iterator[Call]:
        time = self._at(day)
        yield Call(time, "ListBuckets", company.AUDIT)
        for place, bucket in enumerate(BUCKETS):
            for event in PLANNED[:5]:
                yield Call(time + place, event, company.AUDIT, bucket)
        for number in range(8):
            key = f"2026/{day:%m}/{self._random.randrange(10**6):06}.csv"
            yield Call(time + 600 + number * 30, "GetObject", company.AUDIT, "finance-exports", key)

    def _rare(self, day: datetime, number: int) -> Iterator[Call]:
        reason, time, owner = RARE.get(number, ""), self._at(day), person("Platform", "paula")
        if number == 95:
            public = {"requestParameters.bucketPolicy": policy("web-assets", "*")}
            yield Call(time, "PutBucketPolicy", owner, "web-assets", more=public, why=reason)
        if number == 148:
            yield Call(time, "DeleteBucket", owner, "team-left", why=reason)
        if number == 205:
            shared = {
                "requestParameters.bucketPolicy": policy("clinical-lake", f"{company.PARTNER}:role/study")
            }
            yield Call(time, "PutBucketPolicy", owner, "clinical-lake", more=shared, why=reason)

    def _at(self, day: datetime) -> float:
        return day.timestamp() + self._random.randrange(8 * 3600, 18 * 3600)


SUSPENDED = {"requestParameters.VersioningConfiguration": {"xmlns": XMLNS, "Status": "Suspended"}}


def expiring(days: int) -> dict[str, Any]:
    """Return a lifecycle that deletes everything after some days."""
    rule = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}}
    return {"requestParameters.LifecycleConfiguration": {"xmlns": XMLNS, "Rule": rule}}


def policy(bucket: str, principal: str, action: str = "s3:GetObject") -> dict[str, Any]:
    """Return a bucket policy with one statement."""
    account, _, name = principal.rpartition(":")
    who = "*" if principal == "*" else {"AWS": f"arn:aws:iam::{account or ACCOUNT}:{name}"}
    statement = {
        "Effect": "Allow",
        "Principal": who,
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
