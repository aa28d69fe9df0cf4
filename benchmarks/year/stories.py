"""Twelve attacks on the company, each modelled on a public report of one.

A story says at which level it has to be told at least, in which order its acts have to be named, and which call
does the damage: the first alert has to come before that one, where the attacker does anything before it that a
record shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.year import company
from benchmarks.year.administration import SUSPENDED, expiring, policy
from benchmarks.year.calls import Call, Caller
from benchmarks.year.company import at, person

TOR, CLOUD, HOME = "192.0.2.66", "203.0.113.99", "198.51.100.77"
KEY = Caller("user/ci-legacy", address=CLOUD, agent="[aws-cli/2.15.0 md/command#s3.ls]")
S3_BROWSER = "[S3 Browser/11.6.7 (https://s3browser.com)]"
RCLONE = "[rclone/v1.68.2]"


@dataclass(frozen=True, slots=True)
class Story:
    """An attack: the day of the year on which it begins, what is called, and what has to be told."""

    name: str
    after: str  # the public report that it is modelled on
    day: int
    level: str
    calls: Callable[[float], Iterator[Call]]
    damage: str = ""  # the event of the first call that does damage
    warned: bool = True  # whether anything before it can be told


def _metadata(time: float) -> Iterator[Call]:
    """An instance's role, taken by way of its web server, is used from elsewhere."""
    thief = at(company.UPLOADS, TOR, "[aws-cli/1.16.90 Python/3.7.0 Linux/4.14]")
    yield Call(time, "ListBuckets", thief)
    yield Call(time + 40, "ListObjects", thief, "customer-uploads", more=_under("passports/"))
    for number in range(200):
        yield Call(
            time + 120 + number * 2, "GetObject", thief, "customer-uploads", f"passports/{number:06}.jpg"
        )


def _ransom_by_customer_keys(time: float) -> Iterator[Call]:
    """A leaked key encrypts everything with a key of the attacker's own, and leaves a note."""
    yield Call(time, "ListBuckets", KEY)
    yield Call(time + 30, "GetBucketVersioning", KEY, "finance-exports")
    yield Call(time + 60, "ListObjects", KEY, "finance-exports", more=_under(""))
    encrypted = {
        "requestParameters.x-amz-server-side-encryption-customer-algorithm": "AES256",
        "additionalEventData.SSEApplied": "SSE_C",
    }
    for number in range(150):
        key = f"2026/02/{number:06}.csv"
        copied = {"requestParameters.x-amz-copy-source": f"finance-exports/{key}"}
        yield Call(
            time + 300 + number * 3, "CopyObject", KEY, "finance-exports", key, more=encrypted | copied
        )
    yield Call(time + 900, "PutBucketLifecycle", KEY, "finance-exports", more=expiring(7))
    yield Call(time + 930, "PutObject", KEY, "finance-exports", "HOW_TO_DECRYPT_FILES.txt")


def _key_in_a_repository(time: float) -> Iterator[Call]:
    """A key found in a repository fetches one backup of everything."""
    yield Call(time, "ListObjects", KEY, "db-backups", more=_under(""))
    yield Call(time + 90, "GetObject", KEY, "db-backups", "orders/202604016.dump", size=9_000_000_000)


def _destroyed_in_the_console(time: float) -> Iterator[Call]:
    """Whoever holds the console's password destroys data, and the backups with it."""
    thief = person("Platform", "paula", TOR)
    yield Call(time, "ListBuckets", thief)
    yield Call(time + 60, "PutBucketVersioning", thief, "db-backups", more=SUSPENDED)
    for number in range(80):
        yield Call(time + 120 + number, "DeleteObject", thief, "db-backups", f"orders/{number}.dump")
    for place, bucket in enumerate(("db-backups", "team-share", "data-scratch")):
        yield Call(time + 300 + place * 20, "DeleteBucket", thief, bucket)


def _before_leaving(time: float) -> Iterator[Call]:
    """Somebody who may read the data takes all of it before they leave."""
    who = person("Analyst", "anton", HOME, RCLONE)
    for number in range(1200):
        key = f"curated/2026/part-{number:05}.parquet"
        yield Call(time + number * 4, "GetObject", who, "clinical-lake", key, size=40_000_000)


def _identity_provider(time: float) -> Iterator[Call]:
    """A stolen single sign-on looks around, blinds the trail and takes what it may read."""
    thief = person("HR", "henry", TOR, S3_BROWSER)
    yield Call(time, "ListBuckets", thief)
    for place, bucket in enumerate(company.SENSITIVE):
        for event in ("GetBucketPolicy", "GetBucketAcl", "GetBucketPublicAccessBlock"):
            yield Call(time + 20 + place * 2, event, thief, bucket, error="AccessDenied")
    yield Call(
        time + 120,
        "StopLogging",
        thief,
        error="AccessDenied",
        more={"requestParameters.name": "organization"},
    )
    for number in range(300):
        yield Call(time + 400 + number * 2, "GetObject", thief, "hr-data", f"payroll/{number:06}.csv")


def _extortion_note(time: float) -> Iterator[Call]:
    """A leaked key is used with tools for people, deletes buckets, and leaves a bucket named for the contact."""
    thief = replace(KEY, agent=S3_BROWSER, address=TOR)
    yield Call(time, "ListBuckets", thief)
    for number in range(120):
        yield Call(time + 60 + number, "GetObject", thief, "finance-exports", f"2026/06/{number:06}.csv")
    for number in range(120):
        yield Call(time + 300 + number, "DeleteObject", thief, "finance-exports", f"2026/06/{number:06}.csv")
    yield Call(time + 600, "DeleteBucket", thief, "finance-exports")
    yield Call(time + 660, "CreateBucket", thief, "contact-shinycorp-tutanota-com")


def _left_open(time: float) -> Iterator[Call]:
    """A bucket is opened to everybody by mistake, and strangers find it, for three months."""
    public = {"requestParameters.bucketPolicy": policy("customer-uploads", "*")}
    yield Call(time, "DeleteBucketPublicAccessBlock", person("Platform", "paul"), "customer-uploads")
    yield Call(time + 60, "PutBucketPolicy", person("Platform", "paul"), "customer-uploads", more=public)
    for number in range(360):
        stranger = Caller("anonymous", address=f"192.0.2.{100 + number % 90}", agent="[python-requests/2.32]")
        yield Call(time + 6 * 3600 + number * 21_600, "GetObject", stranger, "customer-uploads",
                   f"passports/{number:06}.jpg")  # fmt: skip


def _other_account(time: float) -> Iterator[Call]:
    """A back door for another account is put into a bucket's policy, and used from there."""
    thief = person("Platform", "paula", TOR)
    shared = {"requestParameters.bucketPolicy": policy("hr-data", f"{company.STRANGER}:root")}
    yield Call(time, "PutBucketPolicy", thief, "hr-data", more=shared)
    stranger = Caller(f"account/{company.STRANGER}", address=TOR)
    for number in range(100):
        yield Call(time + 7200 + number, "GetObject", stranger, "hr-data", f"payroll/{number:06}.csv")


def _own_rights(time: float) -> Iterator[Call]:
    """A key without rights gives itself those to S3, and reads."""
    granted = _of_iam({"userName": "ci-legacy", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"})
    yield Call(time, "ListBuckets", KEY, error="AccessDenied")
    yield Call(time + 60, "AttachRolePolicy", KEY, more=granted)
    yield Call(time + 120, "ListBuckets", KEY)
    for number in range(50):
        yield Call(time + 200 + number, "GetObject", KEY, "hr-data", f"payroll/{number:06}.csv")


def _trail_forgets(time: float) -> Iterator[Call]:
    """The trail's own bucket is told to forget, before anything else is done."""
    thief = Caller("role/ops-automation", "i-0a1b2c3d4e5f60718", TOR)
    yield Call(time, "PutBucketLifecycle", thief, company.LOGS, more=expiring(1))
    for number in range(60):
        yield Call(time + 600 + number, "GetObject", thief, "finance-exports", f"2026/10/{number:06}.csv")


def _build_runs_it(time: float) -> Iterator[Call]:
    """A build of a foreign branch runs with the deployment's role, and copies the credentials out."""
    thief = at(company.DEPLOY, "203.0.113.150", "[aws-cli/2.17.0 md/command#s3.sync]")
    yield Call(time, "ListObjects", thief, "app-secrets", more=_under(""))
    for place, name in enumerate(("uploads/config.json", "payroll/config.json", "deploy/id_rsa")):
        yield Call(time + 30 + place, "GetObject", thief, "app-secrets", name)
    copied = {"requestParameters.x-amz-copy-source": "app-secrets/deploy/id_rsa"}
    yield Call(time + 60, "CopyObject", thief, "ci-artifacts", "x/y", more=copied)


def _under(prefix: str) -> dict[str, Any]:
    return {"requestParameters.prefix": prefix}


def _of_iam(parameters: dict[str, str]) -> dict[str, Any]:
    return {
        "eventSource": "iam.amazonaws.com", "awsRegion": "us-east-1", "eventName": "AttachUserPolicy",
        "requestParameters": parameters,
    }  # fmt: skip


STORIES = (
    Story("an instance's credentials elsewhere", "Capital One, 2019", 50, "high", _metadata, "GetObject"),
    Story("encrypted with the attacker's keys", "Codefinger, 2025", 61, "critical", _ransom_by_customer_keys, "CopyObject"),
    Story("a backup by a key from a repository", "Uber, 2016", 92, "high", _key_in_a_repository, "GetObject"),
    Story("data and backups destroyed", "Code Spaces, 2014", 122, "critical", _destroyed_in_the_console, "DeleteObject"),
    Story("taken before leaving", "insiders, by CERT's reports", 145, "medium", _before_leaving, warned=False),
    Story("a stolen single sign-on", "LUCR-3 (Scattered Spider), 2023", 163, "high", _identity_provider, "GetObject"),
    Story("deleted, with a bucket for the contact", "Bling Libra, 2024", 181, "critical", _extortion_note, "DeleteObject"),
    Story("left open for three months", "open buckets, 2017 to 2025", 195, "critical", _left_open, "GetObject"),
    Story("a back door for another account", "Stratus Red Team, backdoor-s3-bucket-policy", 236, "high", _other_account, "GetObject"),
    Story("rights that a key gave itself", "Pacu, iam__privesc_scan", 253, "high", _own_rights, "GetObject"),
    Story("a trail that forgets", "Stratus Red Team, cloudtrail-lifecycle-rule", 283, "high", _trail_forgets, "GetObject"),
    Story("credentials taken by a build", "CI/CD attacks, 2021 to 2025", 330, "high", _build_runs_it, "GetObject", warned=False),
)  # fmt: skip
