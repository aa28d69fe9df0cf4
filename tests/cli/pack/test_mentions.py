from __future__ import annotations

import pytest
from s3watch_cli.pack.mentions import find_mentions


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("- rule: reads", True),
        ("- {actor: role/a, rule: reads, reason: b}", True),
        ("  rules: [writes, 'reads']", True),
        ("    - reads  # those of people", True),
        ("- rule: reads-of-others", False),
        ("- {rule: writes} # not reads", False),
        ("title: reads", False),
        ("description: Somebody reads.", False),
    ],
    ids=["entry", "braces", "correlation", "list", "longer name", "comment", "title", "prose"],
)
def test_a_detection_is_named_where_it_is_meant(line, found):
    files = {"exceptions.yaml": f"# ours\n{line}\n".encode()}

    assert list(find_mentions(files, ["reads"])) == ([("exceptions.yaml", 2, "reads")] if found else [])


def test_no_names_are_found_nowhere():
    assert list(find_mentions({"exceptions.yaml": b"- rule: reads\n"}, [])) == []
