"""attach and detach by the command line, on real buckets of the local AWS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.cloud import root
from local.settings import ACCOUNT, STRANGER
from tests.support.attached_buckets import (
    make_bucket,
    notifications,
    notify,
)
from tests.support.bucket_settings import EVENT_BRIDGE, notifying


def test_it_only_shows_what_it_would_do(s3watch, s3, bucket):
    code, out, err = s3watch("attach", bucket, "--events")

    assert (code, err) == (0, "nothing was changed; use --yes to make these changes\n")
    assert out.splitlines()[:4] == [
        f"{bucket}: event notifications",
        "  +{",
        '  +  "EventBridgeConfiguration": {}',
        "  +}",
    ]
    assert notifications(s3, bucket) == {}
    assert not Path(".s3watch").exists()


def test_eventbridge_is_turned_on_beside_what_is_there_and_off_again(s3watch, s3, bucket, queue):
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")])
    before = notifications(s3, bucket)

    _, _, said = s3watch("attach", bucket, "--events", "--yes")
    between = notifications(s3, bucket)
    _, _, said_then = s3watch("detach", bucket, "--yes")

    assert (said, between) == (
        "done; the previous settings are saved in .s3watch/attached\n",
        before | EVENT_BRIDGE,
    )
    assert (said_then, notifications(s3, bucket)) == ("done\n", before)


def test_what_was_there_before_is_saved(s3watch, s3, bucket, queue):
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")])
    before = notifications(s3, bucket)

    s3watch("attach", bucket, "--events", "--yes")
    saved = json.loads(Path(f".s3watch/attached/{ACCOUNT}/{bucket}.json").read_text(encoding="utf-8"))

    assert saved["notifications"]["before"] == before
    assert saved["notifications"]["added"] == EVENT_BRIDGE


def test_attaching_twice_changes_nothing_more(s3watch, s3, bucket, log_bucket):
    arguments = ("attach", bucket, "--events", "--access-logs", "--log-bucket", log_bucket, "--yes")
    s3watch(*arguments)

    code, out, err = s3watch(*arguments)

    assert (code, out) == (0, "")
    assert err.splitlines() == [
        f"{bucket}: event notifications: already on",
        f"{bucket}: server access logging: already on",
        "nothing to do",
    ]


def test_what_was_on_before_attach_stays_on_after_detach(s3watch, s3, bucket):
    notify(s3, bucket, **EVENT_BRIDGE)

    s3watch("attach", bucket, "--events", "--yes")
    code, _, err = s3watch("detach", bucket, "--yes")

    assert (code, notifications(s3, bucket)) == (0, EVENT_BRIDGE)
    assert err.splitlines()[0] == f"{bucket}: no saved changes in .s3watch; use --state for another folder"


def test_detach_refuses_where_somebody_changed_it_since_and_shows_how(s3watch, s3, bucket, queue):
    s3watch("attach", bucket, "--events", "--yes")
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")], **EVENT_BRIDGE)

    code, out, err = s3watch("detach", bucket, "--yes")

    assert (code, out) == (1, "")
    assert err.startswith(f"{bucket}: its event notifications changed after attach; use --keep-changes")
    assert f'+      "QueueArn": "{queue}"' in err
    assert err.endswith("nothing was changed\n")
    assert "EventBridgeConfiguration" in notifications(s3, bucket)


def test_detach_can_take_out_ours_and_keep_theirs(s3watch, s3, bucket, queue):
    s3watch("attach", bucket, "--events", "--yes")
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")], **EVENT_BRIDGE)

    s3watch("detach", bucket, "--yes", "--keep-changes")

    assert list(notifications(s3, bucket)) == ["QueueConfigurations"]


def test_what_somebody_turned_off_by_hand_is_forgotten(s3watch, s3, bucket):
    s3watch("attach", bucket, "--events", "--yes")
    notify(s3, bucket)

    code, out, _ = s3watch("detach", bucket, "--yes")

    assert (code, out) == (0, f"{bucket}: event notifications\n  already as before\n")
    assert not list(Path(".s3watch").rglob("*.json"))


def test_one_refusal_and_no_bucket_is_changed(s3watch, s3, bucket):
    code, out, err = s3watch("attach", bucket, "no-such-bucket", "--events", "--yes")

    assert (code, out, notifications(s3, bucket)) == (1, "", {})
    assert err == (
        "no-such-bucket: no such bucket in this account and Region;"
        " check its name, --profile and --region (Not Found)\nnothing was changed\n"
    )


def test_a_name_that_no_bucket_can_have_is_one_line_too(s3watch):
    code, _, err = s3watch("attach", "hr data", "--events")

    assert code == 1
    assert err.startswith('hr data: Parameter validation failed: Invalid bucket name "hr data"')
    assert err.count("\n") == 2


def test_somebody_elses_bucket_is_reported_as_such(s3watch, cloud):
    theirs = make_bucket(cloud.client("s3", root(STRANGER)))

    code, _, err = s3watch("attach", theirs, "--events")

    assert code == 1
    assert err.startswith(f"{theirs}: does not belong to account {ACCOUNT}, or s3:ListBucket is missing;")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["attach", "hr-data"], "choose settings: --access-logs, --events, --metrics or --all"),
        (["attach", "--events"], "give the names of the buckets"),
        (["attach"], "give names of buckets, --trail-bucket or --trail"),
    ],
    ids=["nothing to attach", "no bucket", "nothing at all"],
)
def test_a_call_that_makes_no_sense_is_a_wrong_call(s3watch, arguments, said):
    code, _, err = s3watch(*arguments)

    assert code == 2
    assert said in " ".join(err.split())


def test_without_credentials_one_line_says_so(s3watch, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    code, _, err = s3watch("attach", "hr-data", "--events")

    assert (code, err.count("\n")) == (1, 1)
    assert "credentials" in err


def test_a_profile_that_is_not_there_is_reported(s3watch):
    assert s3watch("attach", "hr-data", "--events", "--profile", "nobody") == (
        1,
        "",
        "the account: The config profile (nobody) could not be found\n",
    )
