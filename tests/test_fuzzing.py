from __future__ import annotations

import os
import subprocess
import sys

from tests.support.project import ROOT

LAWS = [
    "tests/test_globs.py::test_compiled_patterns_agree_with_a_step_by_step_matcher",
    "tests/test_readers.py::test_no_bytes_raise_anything_but_what_a_reader_documents[parse]",
]


def test_fuzzing_says_with_how_many_inputs_each_law_was_tried():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-p",
        "no:cacheprovider",
        "--hypothesis-profile",
        "fuzz",
    ]
    done = subprocess.run(
        [*command, *LAWS], capture_output=True, text=True, check=True, cwd=ROOT,
        env=os.environ | {"EXAMPLES": "23"},
    )  # fmt: skip

    assert done.stdout.partition(" inputs ")[2].splitlines()[2:5] == [
        f"          23  {LAWS[0]}", f"         230  {LAWS[1]}", "         253  inputs of 2 laws",
    ]  # fmt: skip
