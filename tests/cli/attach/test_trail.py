"""attach and an existing trail: whether it records what is watched, and its files are read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from s3watch.errors import RefusedError
from s3watch_cli.attach.attach import attach
from s3watch_cli.attach.desired_settings import Options

from local.settings import REGION, STRANGER
from tests.support.attached_buckets import HERE, notifications

TRAIL_BUCKET = Options(trail_bucket="trail-logs")


@pytest.mark.parametrize(
    ("named", "needed"),
    [("", "arn:aws:s3:::trail-logs"), ("arn:aws:s3:::a", "arn:aws:s3:::a,arn:aws:s3:::trail-logs")],
    ids=["none", "another"],
)
def test_a_bucket_whose_files_are_not_read_is_not_attached(trail, make_stack, tmp_path, named, needed):
    account, *_ = trail
    make_stack(LogBuckets=named)

    with pytest.raises(RefusedError) as refused:
        attach(account, [], TRAIL_BUCKET, tmp_path, at="", yes=True)

    assert str(refused.value) == (
        "trail-logs: the stack s3watch reads no files in it; deploy s3watch with"
        f" LogBuckets={needed} first\nnothing was changed"
    )
    assert notifications(account.client("s3"), "trail-logs") == {}


@pytest.mark.parametrize("bucket", ["trail-logs", "own-logs"], ids=["named", "the stack's own"])
def test_a_bucket_whose_files_are_read_is_attached(trail, make_stack, tmp_path, bucket, capfd):
    account, *_ = trail
    make_stack(LogBuckets="arn:aws:s3:::a, arn:aws:s3:::trail-logs", ExistingTrail="")
    if bucket == "own-logs":
        account.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=HERE)

    attach(account, [], replace(TRAIL_BUCKET, trail_bucket=bucket), tmp_path, at="", yes=False)

    out, err = capfd.readouterr()
    assert out.startswith(f"{bucket}: event notifications\n")
    assert err == "nothing was changed; use --yes to make these changes\n"


def test_without_the_stack_of_the_queue_nothing_is_attached(trail, tmp_path):
    account, *_ = trail

    with pytest.raises(RefusedError, match="the stack s3watch: no such stack in"):
        attach(account, [], TRAIL_BUCKET, tmp_path, at="", yes=True)


def test_the_queue_of_another_account_is_its_owners_matter(trail, tmp_path, capfd):
    account, *_ = trail
    queue = f"arn:aws:sqs:{REGION}:{STRANGER}:s3watch-log-files"

    attach(account, [], replace(TRAIL_BUCKET, queue=queue), tmp_path, at="", yes=False)

    assert capfd.readouterr().out.startswith("trail-logs: event notifications\n")


@pytest.mark.parametrize(
    ("of_stack", "options", "said"),
    [
        (
            "nope",
            TRAIL_BUCKET,
            "nope: this account has no such trail in eu-west-1, so nothing is recorded, unless",
        ),
        (
            "old",
            TRAIL_BUCKET,
            "old: does not record all reads and writes in hr-data, finance-exports; unless",
        ),
        (
            "nope",
            Options(trail="old"),
            "old: does not record all reads and writes in hr-data, finance-exports;",
        ),
    ],
    ids=["no such trail", "of no watched bucket", "the one that is named"],
)
def test_a_trail_that_does_not_record_what_is_watched_is_told(
    trail, make_stack, tmp_path, capfd, of_stack, options, said
):
    account, *_ = trail
    logs = "arn:aws:s3:::trail-logs"
    make_stack(ExistingTrail=of_stack, WatchedBuckets="hr-data,finance-exports", LogBuckets=logs)

    attach(account, [], options, tmp_path, at="", yes=False)

    assert capfd.readouterr().err.startswith(said)


def test_of_a_trail_that_records_what_is_watched_nothing_is_said(trail, make_stack, tmp_path, capfd):
    account, *_ = trail
    make_stack(ExistingTrail="old", WatchedBuckets="hr-data", LogBuckets="arn:aws:s3:::trail-logs")
    data = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::hr-data/"]}
    account.client("cloudtrail").put_event_selectors(
        TrailName="old", EventSelectors=[{"ReadWriteType": "All", "DataResources": [data]}]
    )

    attach(account, [], TRAIL_BUCKET, tmp_path, at="", yes=False)

    assert capfd.readouterr().err == "nothing was changed; use --yes to make these changes\n"


def test_what_could_not_be_checked_of_a_trail_is_said(trail, tmp_path, capfd):
    account, *_ = trail

    attach(account, [], Options(trail="old"), tmp_path, at="", yes=False)

    assert capfd.readouterr().err.startswith(
        "old: whether it records what is watched was not checked: the stack s3watch: no such stack"
    )
