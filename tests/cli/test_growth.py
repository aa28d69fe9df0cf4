"""The time that a build takes grows with the size of its files, not with the square of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rule_tests.runner import run_tests
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.growth import LINEAR, growth
from tests.support.rule_folders import CATALOGUE, RULE, write_folder

HEAD, _, _ = RULE.partition("detection:")


def lines(count: int, line: str) -> str:
    return "".join(line.format(number) for number in range(count))


def detection(searches: str, condition: str = "a") -> dict[str, str]:
    return {
        "detections__reads": f"{HEAD}detection:\n  a: {{eventName: GetObject}}\n{searches}"
        f"  condition: {condition}\n"
    }


def search(field: str, count: int, value: str) -> dict[str, str]:
    return detection(f"  b:\n    {field}:\n{lines(count, f'      - {value}\n')}", "a and b")


def catalogue(text: str) -> dict[str, str]:
    return {"catalogue": text}


ENTRY = "- {{name: e{0}, match: s3://b{0}-x/{0}/*, expected: [{{do: read, principal: role/r{0}}}]}}\n"
OF_SET = "- {{name: e{0}, match: s3://b-x/{0}/*, expected: [{{do: read, principal: set/unknown{0}}}]}}\n"
EXCEPTION = "- {{rule: reads, actor: user/x{0}, owner: o, reason: r, until: 2099-01-01}}\n"
CASE = "- {{name: c{0}, expect: hit, events: [{{base: GetObject}}], catalogue: [{{name: a, match: s3://b-x}}]}}\n"
FOLDERS: dict[str, tuple[int, Callable[[int], dict[str, str]]]] = {
    "values": (2500, lambda n: search("requestParameters.key", n, "k{0}/")),
    "values with wildcards": (2500, lambda n: search("requestParameters.key", n, "'k{0}*x?'")),
    "numbers": (2000, lambda n: search("additionalEventData.bytesTransferredOut", n, "{0}")),
    "unknown event names": (500, lambda n: search("eventName", n, "Get{0}")),
    "unknown event sources": (2000, lambda n: search("eventSource", n, "s{0}")),
    "unknown labels": (300, lambda n: search("s3.label", n, "l{0}") | catalogue(lines(n, ENTRY))),
    "searches": (500, lambda n: detection(lines(n, "  s{0}: {{s3.key: k{0}}}\n"), "1 of s*")),
    "searches by name": (
        500,
        lambda n: detection(lines(n, "  s{0}: {{s3.key: k{0}}}\n"), " or ".join(f"s{at}" for at in range(n))),
    ),
    "a search again and again": (500, lambda n: detection("", " or ".join(["a"] * n))),
    "keys that are unknown": (1000, lambda n: {"detections__reads": RULE + lines(n, "k{0}: x\n")}),
    "catalogue entries": (500, lambda n: catalogue(lines(n, ENTRY))),
    "patterns of an entry": (1500, lambda n: catalogue(f"- name: e\n  match:\n{lines(n, '  - s3://b-x/{0}*\n')}")),
    "unknown sets": (
        300,
        lambda n: catalogue(f"sets:\n{lines(n, '  s{0}: role/r{0}\n')}objects:\n{lines(n, OF_SET)}"),
    ),
    "names that are given twice": (1000, lambda n: catalogue("- {name: e, match: s3://b-x}\n" * n)),
    "exceptions": (500, lambda n: {"exceptions": lines(n, EXCEPTION)}),
    "aliases": (5000, lambda n: catalogue("- &a x\n" + "- *a\n" * n)),
    "cases": (250, lambda n: {"tests__reads": f"cases:\n{lines(n, CASE)}"}),
}  # fmt: skip


def build(folder: Path) -> None:
    diagnostics = Diagnostics()
    compiled = compile_folder(folder, date(2026, 11, 26), diagnostics)
    list(run_tests(folder, compiled.ruleset.detections, diagnostics))


@pytest.mark.parametrize(("size", "make"), FOLDERS.values(), ids=FOLDERS)
def test_four_times_as_many_take_no_more_than_linear_time(size, make, tmp_path):
    def write(size: int) -> Path:
        return write_folder(
            tmp_path / str(size), **{"catalogue": CATALOGUE, "detections__reads": RULE} | make(size)
        )

    assert growth(write, build, size) < LINEAR
