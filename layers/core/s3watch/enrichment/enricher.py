"""Adds to the evidence of a message whether its bucket keeps versions, if objects may have been lost."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from s3watch.alerts.alert import BucketFacts, Evidence, Versioning
from s3watch.enrichment.source import Source

# Calls that replace an object, if there is one of that name.
OVERWRITING = frozenset({"PutObject", "PostObject", "CopyObject", "CompleteMultipartUpload", "RenameObject"})


class Enricher:
    """Enriches the evidence of messages about buckets that are watched: the others may not be read."""

    def __init__(self, versioning: Source[Versioning], buckets: Iterable[str]) -> None:
        self._versioning = versioning
        self._buckets = frozenset(buckets)

    def __call__(self, evidence: Evidence, now: float) -> Evidence:
        """Return the evidence with what is known besides its record; the same one if there is nothing."""
        if evidence.bucket not in self._buckets or not _may_lose_data(evidence):
            return evidence
        answer = self._versioning.ask(evidence.bucket, now)
        return replace(evidence, bucket_facts=BucketFacts(answer.found or "", answer.reason))


def _may_lose_data(evidence: Evidence) -> bool:
    """Return whether objects were deleted or replaced; of a named version nothing has to be asked."""
    deletes = evidence.operation == "delete" and evidence.scope != "bucket" and not evidence.version
    return evidence.outcome == "success" and (deletes or evidence.event_name in OVERWRITING)
