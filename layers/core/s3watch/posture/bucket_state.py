"""A snapshot of the settings that decide who has access to a bucket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

# The parts that are read one by one, under their names in alerts.
POLICY, ACL, REPLICATION = "bucket policy", "ACL", "replication"
BLOCK, OWNERSHIP = "Block Public Access", "object ownership"
ACCOUNT_BLOCK, ACCESS_POINTS = "the account's Block Public Access", "access points"
FURTHER_ACCESS_POINTS = "further access points"  # more than a review reads
ACCESS_POINT, MULTI_REGION_ACCESS_POINT = "access point", "Multi-Region Access Point"  # followed by the name
MULTI_REGION_ACCESS_POINTS = "Multi-Region Access Points"
ACCESS_GRANTS, ACCESS_GRANTS_POLICY = "access grants", "policy of the Access Grants instance"
OF_BUCKET = frozenset({POLICY, ACL, REPLICATION, BLOCK, OWNERSHIP})  # read from S3, all else from S3 Control
OF_ACCOUNT = frozenset(  # the same for all buckets
    {ACCOUNT_BLOCK, ACCESS_POINTS, MULTI_REGION_ACCESS_POINTS, ACCESS_GRANTS, ACCESS_GRANTS_POLICY}
)

ENFORCED = "BucketOwnerEnforced"  # the Object Ownership setting that disables ACLs
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
_DIRECTORY = ("--x-s3", "--xa-s3")  # how the names of directory buckets and of their access points end


def is_directory(name: str) -> bool:
    """Return whether a bucket, or the bucket of an access point, is a directory bucket, by its name."""
    return name.endswith(_DIRECTORY)


class Block(Struct, frozen=True, rename="pascal"):
    """The four Block Public Access settings of a bucket, an account or an access point.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False

    def __or__(self, other: Block) -> Block:
        """Combine the settings of two levels: the stricter one applies."""
        return Block(
            self.block_public_acls or other.block_public_acls,
            self.ignore_public_acls or other.ignore_public_acls,
            self.block_public_policy or other.block_public_policy,
            self.restrict_public_buckets or other.restrict_public_buckets,
        )


BLOCK_ALL = Block(
    block_public_acls=True, ignore_public_acls=True, block_public_policy=True, restrict_public_buckets=True
)


class AccessPoint(Struct, frozen=True, omit_defaults=True):
    """An access point or a Multi-Region Access Point of the bucket, in the same account."""

    name: str
    policy: str = ""  # JSON
    vpc: str = ""  # the only network from which it is reached; empty, from the Internet
    block: Block = Block()
    policy_public: bool | None = None  # IsPublic of GetAccessPointPolicyStatus; None if it is not known


class AccessGrant(Struct, frozen=True):
    """A grant of S3 Access Grants on the bucket, a prefix of it or one object.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrantEntry.html
    """

    grantee_type: str  # IAM, DIRECTORY_USER or DIRECTORY_GROUP
    grantee: str  # the ARN of an IAM user or role, or an id of the identity directory
    permission: str  # READ, WRITE or READWRITE
    scope: str  # s3://BUCKET/PREFIX*


class ReplicationDestination(Struct, frozen=True):
    """A destination of an enabled replication rule."""

    bucket: str
    account: str = ""  # as the rule says, if it changes the owner of the replicas: else S3 does not verify it
    own: bool = False  # the account's list of its buckets has it


class State(Struct, frozen=True, omit_defaults=True):
    """A bucket's settings; what is not configured has its default."""

    bucket: str
    account: str  # the owner's
    policy: str = ""  # JSON
    policy_public: bool | None = None  # IsPublic of GetBucketPolicyStatus; None if it could not be read
    acl: dict[str, Any] = {}  # the GetBucketAcl response
    ownership: str = ""  # the Object Ownership setting
    block: Block | None = None
    account_block: Block | None = None
    access_points: tuple[AccessPoint, ...] = ()
    multi_region_access_points: tuple[AccessPoint, ...] = ()
    access_grants: tuple[AccessGrant, ...] = ()
    access_grants_policy: str = ""  # JSON: which other accounts may use the grants of the account's instance
    replicates_to: tuple[ReplicationDestination, ...] = ()
    unread: tuple[str, ...] = ()  # the parts that AWS refuses or nobody understands, by their names above
    failed: tuple[str, ...] = ()  # the parts that could not be read this time
    reasons: tuple[str, ...] = ()  # why, for the log

    @property
    def effective_block(self) -> Block:
        """The Block Public Access settings of bucket and account combined."""
        return (self.block or Block()) | (self.account_block or Block())

    def without_grants(self, removed: Sequence[dict[str, Any]]) -> State:
        """Return the state without these grants of the ACL."""
        left = [grant for grant in self.acl.get("Grants", ()) if grant not in removed]
        return replace(self, acl={**self.acl, "Grants": left})
