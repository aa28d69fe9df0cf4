"""What is new about a real call: a stack that has learned from history says it in its mails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.demo.callers import READ, Callers
from local.demo.scenario import BUCKET
from tests.support.cloudtrail import make_record, make_user
from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws
DAY = 86400
KEY = "payroll/2026/q1.csv"


def read_by(name: str, days: int) -> dict[str, Any]:
    """A read by a user so many days ago."""
    when = datetime.fromtimestamp(time.time() - days * DAY, UTC)
    return make_record(
        bucket=BUCKET, key=KEY, userIdentity=make_user(name), eventTime=f"{when:%Y-%m-%dT%H:%M:%SZ}"
    )


def test_a_stack_that_has_learned_says_who_is_new_and_who_came_before(
    existing: Deployment, run: Callable[..., Any], tmp_path: Path
):
    history = tmp_path / "history.json"
    history.write_text(json.dumps({"Records": [read_by("regular", 40)]}), encoding="utf-8")
    run("learn", str(history), "--write")

    for name in ("regular", "newcomer"):
        s3 = existing.cloud.client("s3", Callers(existing.cloud).user(name, READ), ip="203.0.113.7")
        s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    (known,) = eventually(lambda: existing.mails("user/regular"), within=60)
    (new,) = eventually(lambda: existing.mails("user/newcomer"), within=60)

    last = "the last access to payroll by user/regular that a detection matched was"
    assert f"{last} 40 days before" in known.body or f"{last} 39 days before" in known.body  # by six hours
    first = "New: yes; first access to payroll by user/newcomer in 90 days that a detection matched"
    assert first in new.body
