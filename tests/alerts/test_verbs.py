from __future__ import annotations

import pytest
from s3watch.alerts.verbs import verbs


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
