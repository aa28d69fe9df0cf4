"""How the parts are put together; tests/functions calls the functions as Lambda does."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from s3watch import application
from s3watch.errors import SettingError

OTHERS = ("s3watch.alerts.email", "s3watch.findings.events", "s3watch.pipelines.notify", "sigma", "yaml")


def test_a_function_pays_only_for_what_it_imports_itself():
    program = (
        f"import json, sys, s3watch.application; print(json.dumps([n for n in {OTHERS} if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("part", ["store", "pipeline", "relay", "reviewer", "delivery", "queues"])
def test_a_missing_setting_is_named_before_any_event_is_taken(monkeypatch, part):
    for name in ("S3WATCH_WATCHED_BUCKETS", "S3WATCH_ALERT_TOPIC", "S3WATCH_QUEUE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    with pytest.raises(SettingError, match=r"the environment variable S3WATCH_[A-Z_]+ is missing"):
        getattr(application, part).__wrapped__()


def test_new_messages_are_sent_by_queue_those_of_all_topics_that_are_critical_first(
    monkeypatch: pytest.MonkeyPatch,
):
    sent: list[str] = []
    delivery = SimpleNamespace(deliver=lambda identities, clock: sent.extend(identities))
    monkeypatch.setattr(application, "delivery", lambda _span: delivery)
    shards = {
        "chat#LOW#1": "chat#1",
        "mail#LOW#1": "mail#1",
        "mail#WORST#1": "mail#0",
        "chat#WORST#1": "chat#0",
    }
    records = [
        {"dynamodb": {"Keys": {"pk": {"S": f"message#{name}"}}, "NewImage": {"due_shard": {"S": shard}}}}
        for name, shard in shards.items()
    ]
    application.notify({"Records": records}, lambda: 0.0)

    assert sent == ["chat#WORST#1", "mail#WORST#1", "chat#LOW#1", "mail#LOW#1"]
