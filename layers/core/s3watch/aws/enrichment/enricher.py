"""Puts the enricher together, and tells of its sources that fail: by a line in the log and a metric."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from s3watch.alerts.alert import Versioning
from s3watch.aws.enrichment.bucket_sources import read_tags, read_versioning
from s3watch.aws.enrichment.event_history import look_up, regions_of
from s3watch.enrichment import sessions
from s3watch.enrichment.enricher import Enricher
from s3watch.enrichment.own_data import OwnData
from s3watch.enrichment.source import Source
from s3watch.ruleset import Ruleset


def make_enricher(buckets: Iterable[str], account: str, region: str) -> Enricher:
    """Return the enricher of messages about these buckets, and about roles of the account that it runs in."""
    versioning = Source[Versioning]("versioning", read_versioning, tell_failure)
    tags = Source("tags", read_tags, tell_failure)
    histories = (_make_history(account, each, home=each == region) for each in regions_of(region))
    return Enricher(versioning, tags, buckets, sessions.Sessions(account, *histories))


def _make_history(account: str, region: str, *, home: bool) -> sessions.History:
    """Make the source of a Region's events; there may be no way to another one, which raises no alarm."""
    return Source(
        f"event history of {region}",
        partial(look_up, region, account),
        tell_failure if home else log_failure,
        kept=sessions.KEPT,
        most=sessions.MOST_ASKED,
    )


def own_data(ruleset: Ruleset) -> OwnData:
    """Return what completes evidence by the data that the rules bring along."""
    return OwnData(ruleset, partial(tell_failure, "autonomous systems"))


def tell_failure(source: str, reason: str) -> None:
    """Log a failure, and add it to the metrics of the function that runs."""
    log_failure(source, reason)
    Metrics(namespace="S3Watch").add_metric(name="EnrichmentFailures", unit=MetricUnit.Count, value=1)


def log_failure(source: str, reason: str) -> None:
    """Log a failure."""
    Logger().warning("source of enrichment failed", extra={"source": source, "reason": reason})
