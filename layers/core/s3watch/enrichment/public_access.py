"""Adds to the evidence of a message whether everyone may use its bucket, where that changes what to do.

It asks for no more than decides it: of a bucket whose own Block Public Access is on, one call; of one that
its policy or ACL opens, four. Who else is let in, and by what else, a review evaluates (posture.exposure).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec.structs import replace

from s3watch.alerts import callers
from s3watch.alerts.alert import BucketFacts, Evidence, PublicAccess
from s3watch.enrichment.source import Answer, Source
from s3watch.posture.bucket_state import Block, State
from s3watch.posture.grants import EVERYBODY, describe

MOST = 2  # buckets in one batch: of each four calls
KEPT = 2.0  # seconds that an answer counts, for one batch: whoever opens a bucket may use it at once


class PublicSources(NamedTuple):
    """What decides whether everyone may use a bucket: each is asked for a bucket, the last for an account."""

    block: Source[Block]
    policy: Source[bool]
    acl: Source[dict[str, Any]]
    account_block: Source[Block]


class PublicAccessEnricher:
    """Enriches the evidence of messages about buckets that are watched."""

    def __init__(self, sources: PublicSources, account: str, buckets: Iterable[str]) -> None:
        """Prepare it. `account` is the one that s3watch runs in, which alone says what its block is."""
        self._sources, self._account = sources, account
        self._buckets = frozenset(buckets)

    def __call__(self, evidence: Evidence, now: float) -> Evidence:
        """Return the evidence with what is known of public access; the same one if that changes nothing."""
        if evidence.bucket not in self._buckets or not _matters(evidence):
            return evidence
        facts = evidence.bucket_facts or BucketFacts()
        if facts.public:  # an earlier message about the access has asked
            return evidence
        is_away = facts.unread == "no answer"  # S3 need not be waited for again
        found = PublicAccess("unknown", unread="no answer") if is_away else self._find(evidence, now)
        return replace(evidence, bucket_facts=replace(facts, public=found))

    def _find(self, evidence: Evidence, now: float) -> PublicAccess:
        sources, bucket = self._sources, evidence.bucket
        block = sources.block.ask(bucket, now)
        if block.found and _closes(block.found):
            return PublicAccess("no")
        policy = sources.policy.ask(bucket, now) if block.reason != "no answer" else _AWAY
        acl = sources.acl.ask(bucket, now) if policy.reason != "no answer" else _AWAY
        state = State(bucket, evidence.bucket_account, policy_public=policy.found, block=block.found)
        state = replace(state, acl=acl.found or {})
        blocked, account = "", Answer[Block]()  # of what nobody opens it need not be known what blocks it
        if _ways_in(state):
            account = self._ask_account(evidence.bucket_account, now)
            blocked = block.reason or account.reason
        if ways := _ways_in(replace(state, account_block=account.found)):
            return PublicAccess("perhaps" if blocked else "yes", tuple(ways), blocked)
        unread = next((each.reason for each in (block, policy, acl) if each.reason), "")
        return PublicAccess("unknown" if unread else "no", unread=unread)

    def _ask_account(self, owner: str, now: float) -> Answer[Block]:
        if owner not in ("", self._account):  # an access log names no owner: it is of our own account
            return Answer(reason="refused")  # as it would be
        return self._sources.account_block.ask(self._account, now)


_AWAY = Answer[Any](reason="no answer")


def _matters(evidence: Evidence) -> bool:
    """Return whether it changes what to do: of what somebody put there, or did without our credentials."""
    if evidence.outcome != "success" or evidence.review or evidence.finding:
        return False
    puts = evidence.operation == "write" and evidence.scope == "object"
    return (
        puts
        or evidence.principal_type == "anonymous"
        or (evidence.principal_type != "service" and callers.is_foreign(evidence, evidence.bucket_account))
    )


def _closes(block: Block) -> bool:
    """Return whether neither policy nor ACL lets everyone in, whatever they say."""
    return block.ignore_public_acls and block.restrict_public_buckets


def _ways_in(state: State) -> list[str]:
    """Say by what everyone gets in, as a review says it: `everyone may list (ACL)`."""
    from s3watch.posture.exposure import evaluate  # noqa: PLC0415  # for the few buckets that are not closed

    return describe(grant for grant in evaluate(state).grants if grant.grantee == EVERYBODY)
