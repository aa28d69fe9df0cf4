"""The calls of the demo: who does what to which object, from where, and the e-mail that each must cause."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.cloud import Cloud, root
from local.demo.callers import DELETE, READ, WRITE, Callers
from local.messaging.inbox import Message
from local.settings import REGION, STRANGER

BUCKET = "hr-data"
BUCKETS: Mapping[str, tuple[str, ...]] = {
    BUCKET: ("payroll/2026/q1.csv", "payroll/2026/q2.csv", "payroll/2026/q3.csv", "handbook/welcome.pdf"),
    "finance-exports": ("2026/ledger.parquet",),
}
OBJECT = "payroll/2026/q3.csv"
SIZE = 230_000  # bytes of each example object


@dataclass(frozen=True, slots=True)
class Act:
    """One call, and the words in the subject of the e-mail about it."""

    what: str
    do: Callable[[], Any]
    subject: tuple[str, ...]
    expected: bool = False  # an expected access: an e-mail about it would be wrong
    waits: bool = False  # it is low, and told in the digest of the morning

    @property
    def is_mailed(self) -> bool:
        """Tell whether an e-mail about it comes at once."""
        return not (self.expected or self.waits)

    def is_reported_by(self, message: Message) -> bool:
        """Tell whether a message is about this act."""
        return all(word in (message.subject or "") for word in self.subject)

    def play(self) -> None:
        """Make the call; being denied is part of the scenario."""
        try:
            self.do()
        except (ClientError, urllib.error.HTTPError) as refusal:
            if not _is_refusal(refusal):
                raise


def _is_refusal(error: ClientError | urllib.error.HTTPError) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code == 403
    return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 403)


def create_buckets(cloud: Cloud) -> None:
    """Create the example buckets and objects, before anything watches them."""
    s3 = cloud.client("s3")
    for bucket, keys in BUCKETS.items():
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=bytes(SIZE))


def acts(cloud: Cloud) -> Iterator[Act]:
    """Yield the acts; each actor acts once, so that each act opens a group and causes an e-mail."""
    callers = Callers(cloud)
    yield from _reads(cloud, callers)
    yield from _refusals(cloud, callers)
    yield from _changes(cloud, callers)


def _reads(cloud: Cloud, callers: Callers) -> Iterator[Act]:
    app = callers.role("payroll-app", (*READ, *WRITE), session="i-0a1b2c3d4e5f")
    alice = callers.analyst("alice@example.com", READ)
    mallory = callers.user("mallory", READ)
    yield Act(
        f"role/payroll-app reads {OBJECT}, as it is expected to",
        lambda: _read(cloud.client("s3", app, ip="192.0.2.10")),
        ("role/payroll-app",),
        expected=True,
    )
    yield Act(
        f"alice@example.com, over the analysts' SSO role, reads {OBJECT} from 203.0.113.7",
        lambda: _read(cloud.client("s3", alice, ip="203.0.113.7", agent="aws-cli/2.31.0")),
        ("alice@example.com", OBJECT),
    )
    yield Act(
        f"a link to {OBJECT} that user/mallory signed is opened with curl from 192.0.2.44",
        lambda: _open(_link(cloud.client("s3", mallory)), ip="192.0.2.44"),
        ("mallory", OBJECT),
    )


def _refusals(cloud: Cloud, callers: Callers) -> Iterator[Act]:
    intern = callers.user("intern", ())
    yield Act(
        f"user/intern tries to read {OBJECT} and is refused",
        lambda: _read(cloud.client("s3", intern, ip="203.0.113.21")),
        ("intern", OBJECT),
    )
    yield Act(
        f"someone without any credentials asks for {OBJECT} from 198.51.100.9",
        lambda: _read(cloud.anonymous(ip="198.51.100.9")),
        ("anonymous", OBJECT),
        waits=True,
    )
    yield Act(
        f"the root of account {STRANGER}, a stranger, asks for {OBJECT}",
        lambda: _read(cloud.client("s3", root(STRANGER), ip="198.51.100.77")),
        (STRANGER, OBJECT),
    )


def _changes(cloud: Cloud, callers: Callers) -> Iterator[Act]:
    reporting = callers.role("reporting", WRITE, session="weekly")
    cleanup = callers.role("cleanup", (*READ, *WRITE, *DELETE), session="nightly")
    yield Act(
        "role/reporting overwrites payroll/2026/q1.csv",
        lambda: _write(cloud.client("s3", reporting, ip="203.0.113.35"), "payroll/2026/q1.csv"),
        ("role/reporting", "payroll/2026/q1.csv"),
    )
    yield Act(
        "role/cleanup deletes two objects under payroll/ in one batch",
        lambda: _delete(cloud.client("s3", cleanup, ip="203.0.113.40"), OBJECT, "payroll/2026/q2.csv"),
        ("role/cleanup",),
    )


def _read(s3: Any) -> None:
    s3.get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()


def _write(s3: Any, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"overwritten")


def _delete(s3: Any, *keys: str) -> None:
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})


def _link(s3: Any) -> str:
    week = 7 * 24 * 3600
    return str(s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": OBJECT}, ExpiresIn=week))


def _open(url: str, *, ip: str) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "curl/8.9.1", "X-Forwarded-For": ip})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own endpoint
        answer.read()
