from __future__ import annotations

import pytest
from s3watch.alerts.verbs import verbs


@pytest.mark.parametrize(
    ("event", "operation", "change", "done"),
    [
        ("PutBucketVersioning", "protection", "Status Suspended", "suspended versioning of"),
        ("PutBucketVersioning", "protection", "Status Enabled", "changed versioning of"),
        ("PutBucketLogging", "configuration", "LoggingEnabled off", "turned off logging of"),
        ("PutBucketLogging", "configuration", "TargetBucket logs", "changed logging of"),
        ("PutObject", "write", "SSE-C AES256", "put an encryption key of its own on"),
    ],
    ids=["versioning suspended", "versioning enabled", "logging off", "logging on", "customer key"],
)
def test_what_is_turned_off_or_locked_has_words_of_its_own(event, operation, change, done):
    assert verbs(event, operation, [change])[0] == done


@pytest.mark.parametrize(
    ("event", "operation", "words"),
    [
        ("GetObject", "read", ("read", "read")),
        ("StopLogging", "other", ("stopped trail", "stop trail")),
        ("PutBucketTagging", "configuration", ("changed settings of", "change settings of")),
        ("CreateSession", "other", None),
    ],
    ids=["by its operation", "by its event", "an event without words of its own", "unknown"],
)
def test_an_access_has_words_for_what_it_did_and_for_what_it_tried(event, operation, words):
    assert verbs(event, operation) == words
