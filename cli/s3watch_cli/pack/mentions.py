"""Finds the lines of rule files that name a detection: of exceptions, trials and correlations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from s3watch_cli.pack.folder import Files


def find_mentions(files: Files, names: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Yield where files name detections: the path, the line from 1, and the name.

    Knows `rule: NAME`, `rules: [NAME]` and `- NAME` on a line of its own; prose that has such a word is none.
    """
    either = "|".join(map(re.escape, sorted(names)))
    named = re.compile(
        rf"\brules?:[^#]*?(?<![\w-])({either})(?![\w-])|^\s*- *[\"']?({either})[\"']?\s*(?:#|$)"
    )
    for path, content in files.items() if either else ():
        for number, line in enumerate(content.decode(errors="replace").split("\n"), 1):
            if found := named.search(line):
                yield path, number, found[1] or found[2]
