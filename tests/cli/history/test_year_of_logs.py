from __future__ import annotations

from pathlib import Path

from s3watch_cli.history.files import LogFiles, read_chunks
from s3watch_cli.replay import Replayer

from tests.support.sensitive import RULESET
from tests.support.year_of_logs import BROKEN, HOSTILE, make_year

RECORDS = 1600


def test_a_year_of_logs_is_replayed_every_record_counted_and_every_broken_file_named(tmp_path: Path):
    make_year(tmp_path, RECORDS)
    replayer = Replayer(RULESET)
    files = LogFiles([str(tmp_path)], replayer.result.failures)
    for path in files:
        replayer.feed(path, read_chunks(path))
    counts, failures = replayer.result.counts, list(replayer.result.failures.lines())

    assert (counts.balanced, counts.received, counts.failed) == (True, RECORDS + HOSTILE, HOSTILE)
    assert counts.hit == RECORDS * 15 // 16 // 40 + 1 + RECORDS // 16
    named = [line.partition(":")[0].partition(",")[0] for line in failures if "/access/" not in line]
    assert named == [str(tmp_path / name) for name in BROKEN]
    assert len(list(files.notes())) == 2
