"""What decides who gets into a bucket, as the account's configuration holds it at one moment."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

# The parts a state is read in, by the words that people read of them.
POLICY, ACL, REPLICATION = "bucket policy", "ACL", "replication"
BLOCK, OWNERSHIP = "Block Public Access", "object ownership"
ACCOUNT_BLOCK, ACCESS_POINTS = "the account's Block Public Access", "access points"
ACCOUNT_WIDE = frozenset({ACCOUNT_BLOCK, ACCESS_POINTS})  # asked of S3's control plane, not of the bucket

ENFORCED = "BucketOwnerEnforced"  # of ownership controls: access control lists count for nothing


class Block(Struct, frozen=True, rename="pascal"):
    """Block Public Access, of a bucket, an account or an access point.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False

    def __or__(self, other: Block) -> Block:
        """Put settings of two levels together: the stricter one counts."""
        return Block(
            self.block_public_acls or other.block_public_acls,
            self.ignore_public_acls or other.ignore_public_acls,
            self.block_public_policy or other.block_public_policy,
            self.restrict_public_buckets or other.restrict_public_buckets,
        )


CLOSED = Block(
    block_public_acls=True, ignore_public_acls=True, block_public_policy=True, restrict_public_buckets=True
)


class AccessPoint(Struct, frozen=True, omit_defaults=True):
    """An access point of the bucket, of the same account."""

    name: str
    policy: str = ""  # JSON
    only_from_vpc: bool = False
    block: Block = Block()


class Copies(Struct, frozen=True):
    """Where enabled replication sends what is written."""

    bucket: str
    account: str = ""  # known only where the copies change hands


class State(Struct, frozen=True, omit_defaults=True):
    """A bucket's settings; what is not set has its default."""

    bucket: str
    account: str  # the owner's
    policy: str = ""  # JSON
    policy_public: bool | None = None  # AWS's own word on the policy, where it gave one
    acl: dict[str, Any] = {}  # GetBucketAcl's answer
    ownership: str = ""
    block: Block | None = None
    account_block: Block | None = None
    access_points: tuple[AccessPoint, ...] = ()
    copies: tuple[Copies, ...] = ()
    unread: tuple[str, ...] = ()  # what could not be read, in words

    @property
    def blocked(self) -> Block:
        """What Block Public Access amounts to."""
        return (self.block or Block()) | (self.account_block or Block())

    def private(self) -> State:
        """The same with the access control list `private`."""
        return replace(self, acl={**self.acl, "Grants": []})

    def closed(self) -> State:
        """The same with Block Public Access on."""
        return replace(self, block=CLOSED)
