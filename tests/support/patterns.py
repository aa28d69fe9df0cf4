"""The regular expressions of the library, with the methods by which its code uses each."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import s3watch

METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")

type Uses = dict[str, tuple[re.Pattern[Any], frozenset[str]]]  # by name: a pattern, and its methods


def find_uses() -> Uses:
    """Return the patterns that are fixed; those made of rules and of files are not among them."""
    return {
        f"{module.removeprefix('s3watch.')}.{name}": (pattern, methods)
        for module in (
            "s3watch",
            *(each.name for each in pkgutil.walk_packages(s3watch.__path__, "s3watch.")),
        )
        for name, pattern, methods in _uses_in(module)
    }


def _uses_in(name: str) -> Iterator[tuple[str, re.Pattern[Any], frozenset[str]]]:
    module = importlib.import_module(name)
    calls = _calls(Path(str(module.__file__)))
    here = {each: value for each, value in vars(module).items() if isinstance(value, re.Pattern)}
    for each, pattern in here.items():
        yield each, pattern, frozenset(calls[each])
    in_turn = frozenset(method for each, methods in calls.items() if each not in here for method in methods)
    for each, value in vars(module).items():
        for number, pattern in enumerate(_listed(value)):
            yield f"{each}[{number}]", pattern, in_turn
    for text, methods in calls.items():
        if text.startswith(("'", 'b"', "b'", '"')):  # of a call of the module `re` itself
            yield text, re.compile(ast.literal_eval(text)), frozenset(methods)


def _listed(value: Any) -> list[re.Pattern[Any]]:
    rows = value if isinstance(value, tuple) else ()
    return [each for row in rows if isinstance(row, tuple) for each in row if isinstance(each, re.Pattern)]


def _calls(path: Path) -> dict[str, set[str]]:
    """Return the methods used of each name, or of a text that `re` is given."""
    found = defaultdict[str, set[str]](set)
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(ast.Attribute(ast.Name("re"), method), [ast.Constant(text), *_]):
                found[repr(text)].add(method)
            case ast.Attribute(ast.Name(name), method) if name != "re":
                found[name].add(method)
    return defaultdict(
        set, {name: methods & {*METHODS} for name, methods in found.items() if methods & {*METHODS}}
    )
