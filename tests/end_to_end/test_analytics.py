"""The analytics as they are deployed with every option on: stacks, metric filters, tables."""

from __future__ import annotations

import pytest
from s3watch_cli.generate.query_files import read_queries
from s3watch_cli.generate.query_template import FOLDER

from tests.support.local_aws import Deployment
from tests.support.project import ROOT

pytestmark = pytest.mark.local_aws


def test_it_deploys_with_every_option_on(complete: Deployment):
    made = complete.cloud.client("cloudformation").list_stacks()["StackSummaries"]
    parts = {
        stack["StackName"].split("-")[1]: stack["StackStatus"]
        for stack in made
        if f"{complete.stack}-" in stack["StackName"]
    }

    assert {parts[name] for name in ("Trail", "Analysis", "Searches")} == {"CREATE_COMPLETE"}


def test_each_sensitive_object_has_its_filters_in_the_trails_log_group(complete: Deployment):
    filters = complete.cloud.client("logs").describe_metric_filters(
        logGroupName=f"/s3watch/{complete.stack}/trail"
    )["metricFilters"]

    assert sorted(one["metricTransformations"][0]["metricName"] for one in filters) == [
        "Accesses of sensitive object 1",
        "Accesses of sensitive object 2",
        "Denials of sensitive object 1",
        "Denials of sensitive object 2",
        "PresignedReads",
    ]


def test_the_tables_of_both_logs_are_there(complete: Deployment):
    glue = complete.cloud.client("glue")

    assert [table["Name"] for table in glue.get_tables(DatabaseName=complete.stack)["TableList"]] == [
        "s3_access_logs",
        "cloudtrail_logs",
    ]


def test_access_logs_of_another_bucket_get_their_table_and_searches(existing: Deployment):
    table = existing.cloud.client("glue").get_table(DatabaseName="s3watch", Name="s3_access_logs")["Table"]
    searches = existing.cloud.client("athena").list_named_queries(WorkGroup="s3watch")["NamedQueryIds"]

    assert table["StorageDescriptor"]["Location"].startswith("s3://access-logs/s3/")
    assert len(searches) == len(read_queries(ROOT / FOLDER))
