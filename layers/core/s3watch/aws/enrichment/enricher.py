"""Puts the enricher together, and tells of its sources that fail: by a line in the log and a metric."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from s3watch.aws.enrichment import public_sources
from s3watch.aws.enrichment.bucket_sources import read_tags, read_versioning
from s3watch.aws.enrichment.caller_sources import read_caller_tags
from s3watch.aws.enrichment.event_history import look_up, regions_of
from s3watch.enrichment import sessions
from s3watch.enrichment.caller_tags import MOST as MOST_CALLERS
from s3watch.enrichment.caller_tags import CallerTagsEnricher
from s3watch.enrichment.enricher import Enricher
from s3watch.enrichment.in_turn import Enrich, in_turn
from s3watch.enrichment.own_data import OwnData
from s3watch.enrichment.patience import Patience
from s3watch.enrichment.public_access import KEPT, MOST, PublicAccessEnricher, PublicSources
from s3watch.enrichment.source import Source
from s3watch.ruleset import Ruleset

type Tell = Callable[[str, str], None]


def log_failure(source: str, reason: str) -> None:
    """Log a failure."""
    Logger().warning("source of enrichment failed", extra={"source": source, "reason": reason})


def own_data(ruleset: Ruleset) -> OwnData:
    """Return what completes evidence by the data that the rules bring along."""
    return OwnData(ruleset, partial(tell_failure, "autonomous systems"))


def tell_failure(source: str, reason: str) -> None:
    """Log a failure, and add it to the metrics of the function that runs."""
    log_failure(source, reason)
    Metrics(namespace="S3Watch").add_metric(name="EnrichmentFailures", unit=MetricUnit.Count, value=1)


def make_enricher(
    buckets: Iterable[str],
    account: str,
    region: str,
    tell: Tell = tell_failure,
    log: Tell = log_failure,
    clock: Callable[[], float] = time.monotonic,
) -> Enrich:
    """Return the enricher of messages about these buckets, in the account and Region that s3watch runs in.

    What a VPC without a way to IAM or to another Region, or a permissions boundary, keeps from us for good is
    only logged. All sources share the time that a batch waits, by `clock`.
    """
    watched, patience = frozenset(buckets), Patience(clock)
    source = partial(Source, patience=patience)
    histories = (
        _make_history(account, each, tell if each == region else log, log, patience)
        for each in regions_of(region)
    )
    briefly = partial(source, tell=tell, kept=KEPT, most=MOST)
    public = PublicSources(
        briefly("Block Public Access", public_sources.read_bucket_block),
        briefly("policy status", public_sources.read_policy_status),
        briefly("ACL", public_sources.read_acl),
        briefly("the account's Block Public Access", public_sources.read_account_block),
    )
    of_caller = source("the caller's tags", read_caller_tags, log, most=MOST_CALLERS)
    behind = sessions.Sessions(account, *histories)
    return in_turn(
        Enricher(
            source("versioning", read_versioning, tell), source("tags", read_tags, tell), watched, behind
        ),
        PublicAccessEnricher(public, account, watched),
        CallerTagsEnricher(of_caller, account),
    )


def _make_history(account: str, region: str, tell: Tell, log: Tell, patience: Patience) -> sessions.History:
    """Make the source of a Region's events."""
    name, read = f"event history of {region}", partial(look_up, region, account)
    return Source(name, read, tell, note=log, patience=patience, kept=sessions.KEPT, most=sessions.MOST_ASKED)
