from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.project import ROOT


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("compile", "--nonsense"), ("compile", "no-such-folder"), ("replay",)],
    ids=" ".join,
)
def test_wrong_use_is_reported_with_where_to_find_help(project, s3watch, arguments):
    code, out, err = s3watch(*arguments)

    assert (code, out) == (2, "")
    assert "-h' for help" in err


def test_a_file_that_cannot_be_written_is_one_line(project, s3watch):
    code, _, err = s3watch("compile", "-o", "no/such/folder/rules.json")

    assert (code, err) == (1, "s3watch: no/such/folder/.rules.json.part: No such file or directory\n")


def test_a_traceback_is_shown_to_those_who_ask(project, s3watch):
    quiet = s3watch("compile", "-o", "no/such/folder/rules.json")[2]
    loud = s3watch("compile", "-o", "no/such/folder/rules.json", "--debug")[2]

    assert loud.startswith("Traceback")
    assert loud.endswith(quiet)


def test_help_needs_neither_pysigma_nor_yaml():
    program = "import sys; import s3watch_cli.main; print({'sigma', 'yaml', 'boto3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={
        "PYTHONPATH": f"{ROOT / 'cli'}:{ROOT / 'layers/core'}"
    })  # fmt: skip

    assert done.stdout == "set()\n"
