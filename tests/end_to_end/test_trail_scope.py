"""TrailScope=prefixes, deployed: what the trail records of a bucket with a sensitive folder; who is told."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from s3watch_cli.samconfig import write_parameters

from local.cloud import Keys
from local.demo.callers import DELETE, READ, WRITE, Callers
from local.demo.deploy import Application
from local.demo.scenario import BUCKET, OBJECT
from tests.support.local_aws import ADDRESS, Deployment, eventually, start_with_buckets
from tests.support.user_project import copy_project

pytestmark = pytest.mark.local_aws
SAVE = (sys.executable, "-m", "s3watch_cli.main", "trail-scope", "--write")
OUTSIDE = "handbook/welcome.pdf"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's copy of this project, deployed by prefixes."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    write_parameters(folder / "samconfig.toml", {"TrailScope": "prefixes", "AlertEmail": ADDRESS})
    subprocess.run(SAVE, cwd=folder, capture_output=True, check=True)
    return folder


@pytest.fixture(scope="module")
def narrowed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch with a trail by prefixes."""
    with start_with_buckets(tmp_path_factory.mktemp("narrowed")) as cloud:
        application = Application(project, "s3watch")
        application.build(cloud)
        outputs = application.deploy_as_configured(cloud, project / "samconfig.toml")
        yield Deployment(cloud, outputs, "s3watch")


@pytest.fixture
def callers(narrowed: Deployment) -> Callers:
    return Callers(narrowed.cloud)


def recorded(narrowed: Deployment, name: str) -> list[tuple[str, str]]:
    """What the trail's log files have of a user: event and key, or prefix."""
    s3, bucket = narrowed.cloud.client("s3"), narrowed.outputs["LogBucket"]
    files = s3.list_objects_v2(Bucket=bucket, Prefix="AWSLogs/").get("Contents", [])
    bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()) for each in files]
    records = [record for body in bodies for record in json.loads(body)["Records"]]
    return [
        (record["eventName"], asked.get("key") or asked.get("prefix") or "")
        for record in records
        if record["userIdentity"].get("userName") == name and (asked := record["requestParameters"])
    ]


def s3_of(narrowed: Deployment, keys: Keys) -> Any:
    return narrowed.cloud.client("s3", keys, ip="203.0.113.7")


def test_what_is_sensitive_is_recorded_and_alerted_and_what_is_not_is_not(narrowed, callers: Callers):
    s3 = s3_of(narrowed, callers.user("reader", READ))
    s3.get_object(Bucket=BUCKET, Key=OUTSIDE)
    s3.get_object(Bucket=BUCKET, Key=OBJECT)  # after it, so that its record shows that the other has none

    assert eventually(lambda: recorded(narrowed, "reader")) == [("GetObject", OBJECT)]
    assert eventually(lambda: narrowed.mails("reader", "read", OBJECT))
    assert not narrowed.mails("reader", OUTSIDE)


def test_listings_of_the_bucket_are_recorded_whatever_they_list(narrowed, callers: Callers):
    s3 = s3_of(narrowed, callers.user("lister", READ))
    s3.list_objects_v2(Bucket=BUCKET)
    s3.list_objects_v2(Bucket=BUCKET, Prefix="handbook/")

    events = eventually(lambda: len(found := recorded(narrowed, "lister")) == 2 and found)
    assert sorted(events) == [("ListObjects", ""), ("ListObjects", "handbook/")]


def test_a_listing_that_was_denied_is_told_to_machines_at_once(narrowed, callers: Callers):
    with pytest.raises(ClientError, match="AccessDenied"):
        s3_of(narrowed, callers.user("prowler", ())).list_objects_v2(Bucket=BUCKET)

    topic = narrowed.outputs["MachineTopic"]
    assert eventually(
        lambda: [one for one in narrowed.cloud.inbox() if one.topic == topic and "prowler" in one.body]
    )


def test_batch_deletes_are_recorded_and_of_their_objects_the_sensitive_ones(narrowed, callers: Callers):
    s3 = s3_of(narrowed, callers.user("cleaner", DELETE))
    objects = [{"Key": key} for key in ("handbook/old.pdf", "payroll/2025/q1.csv")]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})

    events = eventually(lambda: len(found := recorded(narrowed, "cleaner")) >= 2 and found)
    assert sorted(events) == [("DeleteObject", "payroll/2025/q1.csv"), ("DeleteObjects", "")]
    [mail] = eventually(lambda: narrowed.mails("cleaner"), within=90)
    assert "payroll/2025/q1.csv" in mail.body


def test_a_copy_to_a_folder_that_is_not_sensitive_is_no_way_out(narrowed, callers: Callers):
    s3 = s3_of(narrowed, callers.user("copier", (*READ, *WRITE)))
    s3.copy_object(Bucket=BUCKET, Key="handbook/q3.csv", CopySource={"Bucket": BUCKET, "Key": OBJECT})

    assert eventually(lambda: recorded(narrowed, "copier")) == [("CopyObject", "handbook/q3.csv")]
    assert eventually(lambda: narrowed.mails("copier", OBJECT))


def test_a_bucket_that_is_sensitive_as_a_whole_is_recorded_as_a_whole(narrowed, callers: Callers):
    s3 = s3_of(narrowed, callers.user("auditor", READ))
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="finance-exports", Key="nothing/here")

    assert eventually(lambda: recorded(narrowed, "auditor")) == [("GetObject", "nothing/here")]
