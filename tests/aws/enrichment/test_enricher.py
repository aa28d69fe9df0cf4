from __future__ import annotations

import json
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from botocore.stub import Stubber
from s3watch.alerts.alert import Assumed, BucketFacts
from s3watch.aws import clients
from s3watch.aws.enrichment.enricher import make_enricher, own_data
from s3watch.enrichment.patience import MOST_WAITED
from s3watch.ruleset import Ruleset

from tests.support.aws_answers import answer, refuse
from tests.support.reviewed_bucket import ACCOUNT, BUCKET
from tests.support.sample_alerts import OWNER, make_evidence
from tests.support.sensitive import NOW


@pytest.mark.usefixtures("s3")
def test_a_source_that_fails_is_logged_and_counted(capsys: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "s3watch")
    clients.brief_client.cache_clear()
    refuse(clients.brief_client("s3"), "GetBucketVersioning", "AccessDenied")
    delete = make_evidence(event_name="DeleteObject", operation="delete", bucket=BUCKET)

    enriched = make_enricher([BUCKET], OWNER, "eu-west-1")(delete, NOW)
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


@pytest.mark.usefixtures("s3")
def test_iam_that_refuses_is_logged_and_raises_no_alarm(capsys: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "of-this-test")  # whose logger writes to its output
    clients.brief_client.cache_clear()
    refuse(clients.brief_client("iam"), "ListUserTags", "AccessDenied")
    read = make_evidence(principal="user/bob", caller_account=ACCOUNT, bucket="unwatched")

    enriched = make_enricher([BUCKET], ACCOUNT, "eu-west-1")(read, NOW)
    clients.brief_client.cache_clear()

    assert (enriched, Metrics(namespace="S3Watch").provider.metric_set) == (read, {})
    [logged] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (logged["level"], logged["source"]) == ("WARNING", "the caller's tags")


ROLE = {"principal": "role/payroll-app", "principal_type": "role", "caller_account": ACCOUNT}
OURS = ROLE | {"bucket": BUCKET, "bucket_account": ACCOUNT}
UPLOAD = {"event_name": "PutObject", "operation": "write", "act": "write"}
ANONYMOUS = {"principal": "anonymous", "principal_type": "anonymous", "caller_account": ""}
OPENED = "GetPublicAccessBlock GetBucketPolicyStatus GetBucketAcl GetPublicAccessBlock"


@pytest.mark.parametrize(
    ("facts", "calls"),
    [
        ({}, "GetBucketTagging ListRoleTags"),
        (
            {"event_name": "DeleteObject", "operation": "delete"},
            "GetBucketVersioning GetBucketTagging ListRoleTags",
        ),
        (UPLOAD, f"GetBucketVersioning GetBucketTagging {OPENED} ListRoleTags"),
        (ANONYMOUS, f"GetBucketTagging {OPENED}"),
    ],
    ids=["a read", "a delete", "an upload", "without credentials"],
)
def test_a_hit_that_is_told_costs_so_many_calls_and_the_next_one_none(s3: Any, facts: Any, calls: str):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    clients.brief_client.cache_clear()
    asked = list[str]()
    for name in ("s3", "s3control", "iam"):
        events = clients.brief_client(name).meta.events  # type: ignore[call-overload]  # one of them each
        events.register("before-send", lambda event_name, **_: asked.append(event_name.rpartition(".")[2]))
    answer(
        clients.brief_client("s3"),
        "GetBucketPolicyStatus",
        "<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>",
    )
    enrich = make_enricher([BUCKET], ACCOUNT, "eu-west-1")
    for later in (0, 1):
        enrich(make_evidence(**OURS | facts), NOW + later)
    clients.brief_client.cache_clear()

    assert asked == calls.split()


@pytest.mark.usefixtures("s3")
def test_all_sources_together_are_waited_for_only_so_long(caplog: Any):
    clients.brief_client.cache_clear()
    clock = count(step=MOST_WAITED).__next__  # as long as that for each call
    delete = make_evidence(event_name="DeleteObject", operation="delete", **OURS)

    enriched = make_enricher([BUCKET], ACCOUNT, "eu-west-1", clock=clock)(delete, NOW)
    clients.brief_client.cache_clear()
    Metrics(namespace="S3Watch").clear_metrics()

    assert enriched.bucket_facts == BucketFacts("never")
    assert [record.source for record in caplog.records] == ["tags", "the caller's tags"]


@pytest.mark.parametrize(
    ("refused", "code", "alarms", "why"),
    [
        ("eu-west-1", "AccessDeniedException", {"EnrichmentFailures"}, "refused"),
        ("us-east-1", "AccessDeniedException", set(), "not here"),
        ("eu-west-1", "ThrottlingException", set(), "busy"),
    ],
    ids=["ours refuses", "another refuses", "ours is busy"],
)
def test_a_look_up_that_fails_is_logged_and_a_refusal_is_an_alarm_in_our_region(
    refused: str, code: str, alarms: set[str], why: str, caplog: Any
):
    role = make_evidence(
        bucket="elsewhere", principal="role/Analyst", access_key="ASIAEXAMPLE", session_began=NOW - 900
    )
    clients.brief_client.cache_clear()
    with ExitStack() as stubs:
        iam = stubs.enter_context(Stubber(clients.brief_client("iam")))
        iam.add_response("list_role_tags", {"Tags": []})
        for region in ("eu-west-1", "us-east-1"):
            stub = stubs.enter_context(Stubber(clients.brief_client("cloudtrail", region)))
            if region == refused:
                stub.add_client_error("lookup_events", code, http_status_code=400)
            else:
                stub.add_response("lookup_events", {"Events": []})
        enriched = make_enricher([BUCKET], OWNER, "eu-west-1")(role, NOW)
    clients.brief_client.cache_clear()
    metrics = Metrics(namespace="S3Watch")
    counted = set(metrics.metric_set)
    metrics.clear_metrics()

    assert (enriched.assumed, counted) == (Assumed(unread=why), alarms)
    assert [record.source for record in caplog.records] == [f"event history of {refused}"]
