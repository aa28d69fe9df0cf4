"""Recognizes the files in a log bucket by the object keys that AWS gives them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html#server-log-keyname-format
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import NamedTuple

ACCESS_LOG = "access-log"
TRAIL = "CloudTrail"
UNKNOWN = ""

# [prefix/]AWSLogs/[o-id/]account/service/...; the service is CloudTrail, CloudTrail-Digest, Config, ...
_AWS_LOGS = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]{10,32}/)?\d{12}/([^/]+)/", re.ASCII)
# [prefix]YYYY-mm-DD-HH-MM-SS-unique, or with [prefix]account/Region/source-bucket/YYYY/MM/DD/ before it
_SOURCE = r"(?:^|/)(\d{12})/[a-z0-9-]+/[^/]+/\d{4}/\d\d/\d\d/"
_ACCESS_LOG = re.compile(rf"(?:{_SOURCE})?\d{{4}}(?:-\d\d){{5}}-[0-9A-F]{{16}}(?:\.gz)?$", re.ASCII)


class LogFile(NamedTuple):
    """What a file holds: ACCESS_LOG, the name of a service under AWSLogs/, `folder` or UNKNOWN.

    `account` is what the key names as the owner of the buckets in an access log. Whoever turns on logging
    chooses how keys begin: see Owners.
    """

    kind: str
    account: str | None = None

    @property
    def holds_accesses(self) -> bool:
        """Whether it may hold accesses, unlike digests, Insights, aggregates and other services' logs."""
        return self.kind in (ACCESS_LOG, TRAIL, UNKNOWN)


class Owners(NamedTuple):
    """Who owns the buckets that access logs are about: the stack's account, but for copies of others' logs.

    S3 logs only to buckets of the source bucket's account; copies keep their keys.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """

    account: str | None
    others: AbstractSet[str] = frozenset()  # accounts of which there are copies
    own_buckets: AbstractSet[str] = frozenset()  # to which S3 alone logs

    def owner_of(self, bucket: str, key: str) -> str | None:
        """Return the owner of the buckets in an access log: named by its key only where there are copies."""
        named = classify_key(key).account
        return named if named in self.others and bucket not in self.own_buckets else self.account


def classify_key(key: str) -> LogFile:
    """Return what a file holds, by its key alone."""
    if key.endswith("/"):  # the empty object by which the console shows a folder
        return LogFile("folder")
    access_log = _ACCESS_LOG.search(key)
    if access_log:
        return LogFile(ACCESS_LOG, access_log[1])
    service = _AWS_LOGS.search(key)
    return LogFile(service[1] if service else UNKNOWN)
