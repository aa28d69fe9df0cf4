"""What a call on an object must carry so that it could grant anything, or encrypt with somebody else's key.

The library reads the names of these parameters whatever their case, an event pattern names one. They are
those of headers, which recorded events have in lower case, also of clients that send them capitalised, such
as Go's. In a query S3 takes them in lower case only: https://github.com/aws/aws-sdk-ruby/pull/601. Both ways
of writing them are named here; a record with yet another is left to the log files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from s3watch_cli.event_scope.clauses import ABSENT, PRESENT, Clause, Clauses, Leaf

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and API_CreateMultipartUpload.html
_PERMISSIONS = ("full-control", "read", "read-acp", "write", "write-acp")
_GRANTS = ("x-amz-acl", *(f"x-amz-grant-{what}" for what in _PERMISSIONS))
_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
REQUEST, RESPONSE = "requestParameters", "responseElements"


class Home(NamedTuple):
    """Where the patterns are deployed; placeholders may stand for these, if they are no shorter."""

    account: str
    region: str
    partition: str = "aws"


def granting() -> Clauses:
    """Return what is true of every plain call that grants anything; some records nest the headers."""
    return tuple(
        Clause({f"{member}.{name}": frozenset({PRESENT})})
        for member in (REQUEST, f"{REQUEST}.accessControlList")
        for name in _spellings(_GRANTS)
    )


def encrypting_elsewhere(home: Home) -> Clauses:
    """Return what is true of every plain call that names a KMS key of another account than the bucket's.

    The answer names the key even if it is the bucket's default.
    """
    own = Leaf("but-prefix", f"arn:{home.partition}:kms:{home.region}:{home.account}:")
    keys = (f"{member}.{name}" for member in (REQUEST, RESPONSE) for name in _spellings((_KEY,)))
    return (*(Clause({key: frozenset({own})}) for key in keys), *of_other_owners(home.account))


def of_other_owners(account: str) -> Clauses:
    """Return what is true of every record whose bucket might be of another account.

    The resources name its account, or else it is the recipient of the record.
    """
    other = Leaf("but", (account,))
    return (
        Clause({"resources.accountId": frozenset({other})}),
        Clause({"recipientAccountId": frozenset({other, ABSENT})}),
    )


def _spellings(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(spelling for name in names for spelling in (name, name.title()))
