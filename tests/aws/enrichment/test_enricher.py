from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from s3watch.alerts.alert import BucketFacts
from s3watch.aws import clients
from s3watch.aws.enrichment.enricher import make_enricher, own_data
from s3watch.ruleset import Ruleset

from tests.support.aws_answers import refuse
from tests.support.reviewed_bucket import BUCKET
from tests.support.sample_alerts import make_evidence
from tests.support.sensitive import NOW


@pytest.mark.usefixtures("s3")
def test_a_source_that_fails_is_logged_and_counted(capsys: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "s3watch")
    clients.brief_client.cache_clear()
    refuse(clients.brief_client("s3"), "GetBucketVersioning", "AccessDenied")
    delete = make_evidence(event_name="DeleteObject", operation="delete", bucket=BUCKET)

    enriched = make_enricher([BUCKET])(delete, NOW)
    Metrics(namespace="S3Watch").flush_metrics()
    clients.brief_client.cache_clear()

    assert enriched.bucket_facts == BucketFacts(unread="refused")
    logged, metrics = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (logged["level"], logged["source"]) == ("WARNING", "versioning")
    assert "AccessDenied" in logged["reason"]
    assert metrics["EnrichmentFailures"] == [1.0]


def test_a_broken_database_of_autonomous_systems_is_logged_and_counted(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "another")  # the logger of one keeps its first output
    (tmp_path / "asn.mmdb").write_bytes(b"broken")
    complete = own_data(Ruleset(systems=str(tmp_path / "asn.mmdb")))

    found = [complete(make_evidence(ip=ip)).as_number for ip in ("198.51.100.7", "198.51.100.8")]
    Metrics(namespace="S3Watch").flush_metrics()
    logged, metrics = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (found, logged["source"]) == ([None, None], "autonomous systems")
    assert "asn.mmdb: InvalidDatabaseError" in logged["reason"]
    assert metrics["EnrichmentFailures"] == [1.0]
