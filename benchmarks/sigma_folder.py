"""Real Sigma rules in place of those made in their shape."""

from __future__ import annotations

import sys
from pathlib import Path

from s3watch.ruleset import Detection


def read_rules(folder: Path) -> list[Detection]:
    """Read every rule below a folder; what the compiler refuses is counted and left out."""
    from s3watch_cli.rules.diagnostics import Diagnostics  # the peers' environment has no pySigma
    from s3watch_cli.rules.located_yaml import read_yaml
    from s3watch_cli.rules.sigma_rules import read_rule

    detections: dict[str, Detection] = {}
    paths = sorted(folder.rglob("*.yml"))
    for path in paths:
        diagnostics = Diagnostics()
        document = read_yaml(str(path), path.read_bytes(), diagnostics)
        rule = read_rule(path.stem, document, diagnostics) if document else None
        if rule:
            detections[path.stem] = rule.detection
    print(f"{folder}: {len(detections)} of {len(paths)} files can be used", file=sys.stderr)
    return list(detections.values())
