"""What our part adds to a cold start: run in a fresh process, prints CPU milliseconds as JSON.

Powertools and boto3 are there already, as the design's figure wants; then everything `detect` imports of
ours is imported, the rules are loaded and the matcher is made. What the first record costs is told beside
it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import aws_lambda_powertools
import boto3

assert boto3
assert aws_lambda_powertools
assert aws_lambda_powertools.Logger
assert aws_lambda_powertools.Metrics


def measure(folder: Path) -> dict[str, float]:
    """Import, load, make, and match one record."""
    times = [time.process_time()]
    from s3watch.ledger.ledger import Ledger  # what is measured
    from s3watch.pipelines.detect import Pipeline  # what is measured
    from s3watch.ruleset import load  # what is measured
    from s3watch.sources.cloudtrail import decode  # what is measured

    times.append(time.process_time())
    ledger = Ledger(None)  # type: ignore[arg-type]  # nothing is recorded
    matcher = Pipeline(load((folder / "rules.json").read_bytes()), ledger)._matcher  # noqa: SLF001
    times.append(time.process_time())
    raw = (folder / "records.ndjson").open("rb").readline()
    matcher.match(decode(raw), raw)
    times.append(time.process_time())
    names = ("import", "load", "first record")
    return {name: (end - start) * 1000 for name, start, end in zip(names, times, times[1:], strict=False)}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
