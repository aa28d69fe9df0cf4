"""Puts the enricher together, and tells of its sources that fail: by a line in the log and a metric."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from s3watch.aws.enrichment.bucket_sources import read_tags, read_versioning
from s3watch.enrichment.enricher import Enricher
from s3watch.enrichment.own_data import OwnData
from s3watch.enrichment.source import Source
from s3watch.ruleset import Ruleset


def make_enricher(buckets: Iterable[str]) -> Enricher:
    """Return the enricher of messages about these buckets."""
    versioning = Source("versioning", read_versioning, tell_failure)
    return Enricher(versioning, Source("tags", read_tags, tell_failure), buckets)


def own_data(ruleset: Ruleset) -> OwnData:
    """Return what completes evidence by the data that the rules bring along."""
    return OwnData(ruleset, partial(tell_failure, "autonomous systems"))


def tell_failure(source: str, reason: str) -> None:
    """Log a failure, and add it to the metrics of the function that runs."""
    Logger().warning("source of enrichment failed", extra={"source": source, "reason": reason})
    Metrics(namespace="S3Watch").add_metric(name="EnrichmentFailures", unit=MetricUnit.Count, value=1)
