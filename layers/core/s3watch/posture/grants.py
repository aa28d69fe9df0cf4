"""What somebody outside may do with a bucket, and how it is said in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from s3watch.posture import permissions
from s3watch.posture.statements.statement import PolicyStatements
from s3watch.text import quoted_name

EVERYBODY = "*"

_NAME = r'("[^"]*"|[^\s()"]+)'  # as text.quoted_name writes it
# By the shape of their names; others are ids of principals, or what somebody wrote in the place of one.
_NAMES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\d{12}", "account {}"),
        (r"o-[a-z0-9]+", "organization {}"),
        (r"[0-9a-f]{64}", "canonical user {}"),
        (r"A[A-Z]{3}[A-Z0-9]{12,}", "principal {} of unknown account"),
        (rf"vpce?-[0-9a-f]+|VPC (endpoints? )?(of (account|organization) )?{_NAME}", "anyone from {}"),
        (r"[0-9a-fA-F.:]+(/\d+)?", "anyone from {}"),
        (r"any AWS service|[a-z0-9.-]+\.amazonaws\.com(\.cn)?", "{} on behalf of anyone"),
        (rf"KMS key {_NAME}", "whoever may use {}"),
        (rf"(account|organization|service|user id|CloudFront Origin Access Identity) {_NAME}", "{}"),
        (r"further grantees, by [\d,]+ grants|whoever AWS's policy status means", "{}"),
        (r's3://[^\s()"]+( of account \d{12})?|[^\s()"@]+@[^\s()"@]+', "{}"),
    )
)


class Grant(Struct, frozen=True, order=True, omit_defaults=True):
    """One thing that a grantee outside the owner's account may do."""

    grantee: str  # EVERYBODY, an account, an organization, ... (policy.find_grantees), a network or a bucket
    verb: str  # of permissions.py
    granted_by: str  # the setting: bucket policy, ACL, access point NAME, replication
    places: str = ""  # the objects, if only some
    claimed: bool = False  # named by a condition: S3 checks principals only, so the name may be made up
    terms: bytes = b""  # the mark of the statement that grants; not kept


class Posture(Struct, frozen=True, omit_defaults=True):
    """Who has access to a bucket from outside its account; each tuple is sorted."""

    grants: tuple[Grant, ...] = ()
    ineffective: tuple[Grant, ...] = ()  # granted, but blocked by other settings
    unread: tuple[str, ...] = ()  # settings that could not be read
    unresolved: tuple[str, ...] = ()  # ids of principals in policies: deleted, or not visible yet
    denials: tuple[PolicyStatements, ...] = ()  # of each policy that was read, once
    allowances: tuple[PolicyStatements, ...] = ()  # of policies that were read: what lets somebody in

    @property
    def public(self) -> bool:
        """Whether everybody has access."""
        return any(grant.grantee == EVERYBODY for grant in self.grants)


def describe(grants: Iterable[Grant], remark: str = "") -> list[str]:
    """Describe grants in words, in the order of their rank: `everyone may read and list (bucket policy)`."""
    verbs: dict[tuple[tuple[bool, bool], str, str], set[str]] = {}
    for grant in grants:
        by = f"{grant.granted_by}, {grant.places}" if grant.places else grant.granted_by
        key = (rank(grant), grant.grantee, by)
        verbs.setdefault(key, set()).add(grant.verb)
    return [
        f"{describe_grantee(grantee)} may {join_verbs(may)} ({by}{remark})"
        for (_, grantee, by), may in sorted(verbs.items())
    ]


def rank(grant: Grant) -> tuple[bool, bool]:
    """Return what sorts grants: those to everybody, then to principals, then to whom conditions name.

    Where there is no room for all, no made-up values of conditions hide a principal, who exists.
    """
    return grant.grantee != EVERYBODY, grant.claimed


def join_verbs(verbs: set[str]) -> str:
    """Join verbs, the most common first: `read, list and delete`."""
    words = permissions.sort_verbs(verbs)
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def describe_grantee(grantee: str) -> str:
    """Describe a grantee in words: `account 111122223333`."""
    if grantee == EVERYBODY:
        return "everyone"
    for pattern, words in _NAMES:
        if pattern.fullmatch(grantee):
            return words.format(grantee)
    return f"principal {quoted_name(grantee)}"
