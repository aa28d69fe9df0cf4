"""Adds to the evidence of a message the tags of its bucket, and of what may be lost the versioning."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from s3watch.alerts.alert import BucketFacts, Evidence, Versioning
from s3watch.enrichment.source import Answer, Source

# Calls that replace an object, if there is one of that name.
OVERWRITING = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload", "RenameObject"})
_NOTHING = Answer[Versioning]()


class Enricher:
    """Enriches the evidence of messages about buckets that are watched: the others may not be read."""

    def __init__(
        self, versioning: Source[Versioning], tags: Source[tuple[str, ...]], buckets: Iterable[str]
    ) -> None:
        self._versioning, self._tags = versioning, tags
        self._buckets = frozenset(buckets)

    def __call__(self, evidence: Evidence, now: float) -> Evidence:
        """Return the evidence with what is known besides its record; the same one if there is nothing."""
        bucket = evidence.bucket
        if bucket not in self._buckets:
            return evidence
        kept = self._versioning.ask(bucket, now) if _may_lose_data(evidence) else _NOTHING
        # What is away for the one need not be waited for again.
        tags = self._tags.ask(bucket, now).found if kept.reason != "no answer" else None
        facts = BucketFacts(kept.found or "", kept.reason, tags or ())
        return evidence if facts == BucketFacts() else replace(evidence, bucket_facts=facts)


def _may_lose_data(evidence: Evidence) -> bool:
    """Return whether objects were deleted or replaced; of a named version nothing has to be asked."""
    deletes = evidence.operation == "delete" and evidence.scope != "bucket" and not evidence.version
    return evidence.outcome == "success" and (deletes or evidence.event_name in OVERWRITING)
