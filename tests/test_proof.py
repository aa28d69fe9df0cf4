"""docs/proof.md names the tests of each promise; they are there."""

from __future__ import annotations

import re

import pytest

from tests.support.project import ROOT

NAMED = re.findall(r"`((?:\w+/)*test_\w+\.py)(?:::(test_\w+))?`", (ROOT / "docs/proof.md").read_text("utf-8"))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=["::".join(filter(None, each)) for each in NAMED])
def test_a_test_that_is_named_is_there(path: str, name: str):
    assert re.search(rf"^def {name}\(", (ROOT / "tests" / path).read_text("utf-8"), re.MULTILINE) or not name


def test_every_promise_has_its_tests():
    _, promises = (ROOT / "docs/proof.md").read_text("utf-8").split("## What is promised", 1)
    rows = [line for line in promises.splitlines() if line.startswith("| ")][2:]

    assert [row for row in rows if "`" not in row] == []
