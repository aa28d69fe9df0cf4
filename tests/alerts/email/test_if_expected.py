from __future__ import annotations

import pytest
from s3watch.alerts.email.if_expected import if_expected

from tests.support.sample_alerts import DETECTIONS, STORIES


@pytest.mark.parametrize(
    ("story", "line"),
    [
        ("anonymous", "This covers everyone without credentials."),
        ("presigned", "This covers whoever has a link that alice@example.com signed."),
        ("public-policy", "This covers the bucket and everything in it."),
    ],
    ids=str,
)
def test_it_says_whom_an_exception_covers_besides(story, line):
    assert if_expected(STORIES[story], DETECTIONS)[-1] == line


@pytest.mark.parametrize(("story", "permanently"), [("first", True), ("denied", False)], ids=str)
def test_the_catalogue_is_offered_only_where_it_ends_such_alerts(story, permanently):
    begun = [line[:32] for line in if_expected(STORIES[story], DETECTIONS) if line.startswith("If this")]

    assert begun == ["If this is expected permanently,"] * permanently + ["If this is expected temporarily,"]
