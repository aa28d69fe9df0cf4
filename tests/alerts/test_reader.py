from __future__ import annotations

from datetime import UTC

from s3watch.alerts.reader import UTC_READER, Reader


def test_a_reader_of_whom_nothing_is_known_has_utc_and_nothing_to_search_with():
    assert Reader() == UTC_READER
    assert (UTC_READER.zone, UTC_READER.analytics) == (UTC, "off")
