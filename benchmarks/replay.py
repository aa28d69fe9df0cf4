"""A whole replay of a folder of log files, as `s3watch replay` runs it when its rules are compiled.

Run as `python -m benchmarks.replay RULES_JSON FOLDER JOBS`; prints the numbers of records and of hits.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from s3watch.ruleset import load
from s3watch_cli.history.archive import Archive
from s3watch_cli.history.batches import screen_by
from s3watch_cli.replay import Replayer


def main() -> None:
    """Replay, and forget the alerts."""
    ruleset = load(Path(sys.argv[1]).read_bytes())
    replayer = Replayer(ruleset)
    archive = Archive([sys.argv[2]], partial(screen_by, ruleset), jobs=int(sys.argv[3]), here=replayer.screen)
    archive.feed(replayer.take)
    replayer.finish()
    counts = replayer.result.counts
    print(counts.received, counts.hit)


if __name__ == "__main__":
    main()
