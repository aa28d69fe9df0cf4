"""Where the project's own files are that tests read."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
RULES = ROOT / "rules"
CATALOGUE = ROOT / "local" / "demo" / "catalogue.yaml"  # of the example buckets: that of rules/ is the user's
GOLDEN = ROOT / "tests" / "golden"
