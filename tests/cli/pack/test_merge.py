from __future__ import annotations

import pytest
from s3watch_cli.pack.lock import know
from s3watch_cli.pack.merge import Outcome, decide

OLD = b"title: a\nlevel: low\n"
MINE = b"title: a\nlevel: high\n"
NEW = b"title: b\nlevel: low\n"
BOTH = b"title: b\nlevel: high\n"
OTHER = b"title: a\nlevel: medium\n"


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "outcome"),
    [
        (None, None, NEW, Outcome("new", NEW)),
        (None, NEW, NEW, Outcome("unchanged", NEW)),
        (None, MINE, NEW, Outcome("conflict", MINE)),
        (OLD, OLD, NEW, Outcome("updated", NEW)),
        (OLD, OLD.replace(b"\n", b"\r\n"), NEW, Outcome("updated", NEW)),
        (OLD, MINE, OLD, Outcome("kept", MINE, ("level",))),
        (OLD, MINE, NEW, Outcome("merged", BOTH, ("title",))),
        (OLD, BOTH, NEW, Outcome("kept", BOTH, ("title", "level"))),
        (OLD, MINE, OTHER, Outcome("conflict", MINE, ("level",))),
        (OLD, b"{title: a}", NEW, Outcome("conflict", b"{title: a}")),
        (OLD, None, NEW, Outcome("deleted", None)),
        (OLD, OLD, None, Outcome("removed", None)),
        (OLD, MINE, None, Outcome("kept", MINE)),
        (b"{title: a, level: low}", b"title: a\n", OLD, Outcome("conflict", b"title: a\n")),
        (b"a", b"b", b"c", Outcome("conflict", b"b")),
    ],
    ids=[
        "only the pack's", "alike without a base", "different without a base", "only the pack changed it",
        "newlines are no change", "only mine changed it", "different keys", "merged by hand before",
        "the same key", "cannot be split", "deleted here", "removed there", "changed here and removed there",
        "a base that cannot be split", "text",
    ],
)  # fmt: skip
def test_a_file_is_merged_by_who_changed_it(base, mine, theirs, outcome):
    assert decide(know("a.yml", base) if base else None, mine, theirs) == outcome
