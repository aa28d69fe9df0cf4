"""Adds to the evidence of a message what its record does not say: of the bucket, and who is behind a role."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from s3watch.alerts.alert import BucketFacts, Evidence, Versioning
from s3watch.enrichment.sessions import Sessions
from s3watch.enrichment.source import Answer, Source

# Calls that replace an object, if there is one of that name.
OVERWRITING = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload", "RenameObject"})
_NOTHING = Answer[Versioning]()


class Enricher:
    """Enriches the evidence of messages; of buckets, those that are watched: the others may not be read."""

    def __init__(
        self,
        versioning: Source[Versioning],
        tags: Source[tuple[str, ...]],
        buckets: Iterable[str],
        sessions: Sessions,
    ) -> None:
        self._versioning, self._tags, self._sessions = versioning, tags, sessions
        self._buckets = frozenset(buckets)

    def __call__(self, evidence: Evidence, now: float) -> Evidence:
        """Return the evidence with what is known besides its record; the same one if there is nothing.

        What was known when the access was told first is not asked again.
        """
        facts, assumed = evidence.bucket_facts, evidence.assumed
        if facts is None:
            facts = self._ask_bucket(evidence, now)
        if assumed is None or assumed.may_come:
            assumed = self._sessions.find(evidence, now)
        is_new = facts is not evidence.bucket_facts or assumed is not evidence.assumed
        return replace(evidence, bucket_facts=facts, assumed=assumed) if is_new else evidence

    def _ask_bucket(self, evidence: Evidence, now: float) -> BucketFacts | None:
        bucket = evidence.bucket
        if bucket not in self._buckets:
            return None
        kept = self._versioning.ask(bucket, now) if _may_lose_data(evidence) else _NOTHING
        # What is away for the one need not be waited for again.
        tags = self._tags.ask(bucket, now).found if kept.reason != "no answer" else None
        facts = BucketFacts(kept.found or "", kept.reason, tags or ())
        return None if facts == BucketFacts() else facts


def _may_lose_data(evidence: Evidence) -> bool:
    """Return whether objects were deleted or replaced; of a named version nothing has to be asked."""
    deletes = evidence.operation == "delete" and evidence.scope != "bucket" and not evidence.version
    return evidence.outcome == "success" and (deletes or evidence.event_name in OVERWRITING)
