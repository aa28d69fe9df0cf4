"""docs/architecture.md names what is there: every path exists, every function is where it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import ROOT

LIBRARY = ROOT / "layers/core/s3watch"
WORKBENCH = ROOT / "cli/s3watch_cli"
TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PATH = r"`([A-Za-z_./]+(?:\.(?:py|toml|yaml|md)|/))`"
PATHS = sorted({path for path in re.findall(PATH, TEXT) if "NAME" not in path and path != "/"})
# `facts/extraction.py` `extract`, or `ledger/ledger.py` `Ledger.record`
NAMES = sorted(set(re.findall(r"`([a-z_/]+\.py)`,?\s+`(?!\w+\.py)([A-Za-z_.]+)`", TEXT)))


def places(path: str) -> list[Path]:
    """Where a path may lie: as written, below the library or the command line, or a module's own name."""
    name = path.removesuffix("/")
    written = [folder / name for folder in (ROOT, LIBRARY, WORKBENCH) if (folder / name).exists()]
    return written or [found for folder in (LIBRARY, ROOT / "tests") for found in folder.rglob(name)]


def defined(tree: ast.AST, within: str = "") -> Iterator[str]:
    """Every function and class of a module, methods as Class.method."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield f"{within}{node.name}"
            yield from defined(node, f"{node.name}.")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path):
    assert places(path)


@pytest.mark.parametrize(("path", "name"), NAMES, ids=[f"{path}:{name}" for path, name in NAMES])
def test_a_name_is_defined_where_it_says(path, name):
    module = places(path)[0]

    assert name in set(defined(ast.parse(module.read_text(encoding="utf-8"))))


def test_every_package_of_the_library_is_on_the_page():
    packages = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}

    assert {name for name in packages if f"`{name}`" not in TEXT} == set()
