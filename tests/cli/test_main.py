from __future__ import annotations

import subprocess
import sys

import pytest
from s3watch.version import __version__

from tests.support.project import ROOT
from tests.support.rule_folders import RULE


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

    assert (code, err) == (1, "s3watch: no/such/folder/rules.json: No such file or directory\n")


def test_the_version_is_the_one_that_findings_carry(s3watch):
    assert s3watch("--version") == (0, f"s3watch {__version__}\n", "")


DEEP = b"[" * 100_000
RULE_WITH = RULE.partition("detection:")[0].encode() + b"detection:\n  a: {eventName: %b}\n  condition: %b\n"


@pytest.mark.parametrize(
    ("name", "content", "arguments"),
    [
        ("rules/catalogue.yaml", DEEP, "compile"),
        ("rules/catalogue.yaml", b"\xff\xfe\x00", "compile"),
        ("rules/catalogue.yaml", b"- &a [x, x]\n- &b [*a, *a]\n- [*b, *b]\n", "compile"),
        ("rules/exceptions.yaml", b"- {until: 0000-00-00, actor: %b}" % (b"9" * 5000), "compile"),
        ("rules/detections/reads.yml", RULE_WITH % (b"x", b"not " * 300 + b"a"), "compile"),
        ("rules/detections/reads.yml", RULE_WITH % (b"9" * 5000, b"a"), "compile"),
        ("rules/tests/reads.yml", b"cases:\n- events: [{base: GetObject, remove: [[a]]}]", "test"),
        ("rules/tests/reads.yml", b"cases: {a: b}", "test"),
        ("samconfig.toml", b"default = 1", "compile --config samconfig.toml"),
        ("samconfig.toml", b"a = " + DEEP, "buckets --write"),
        ("samconfig.toml", b"default = 1", "parameters"),
        ("template.yaml", DEEP, "parameters"),
        ("template.yaml", b"Parameters: {A: 1}", "parameters"),
        ("template.yaml", b"Parameters: {AlertEmail: {}}", "parameters AlertEmail=a@example.com"),
        ("a.json", DEEP, "replay a.json"),
        ("a.json", b'{"Records":[' + DEEP, "replay a.json --messages"),
        ("a.json", b"\x1f\x8b\x08", "replay a.json"),
        ("rules/detections/\x1b[31m.yml", b"", "compile"),
    ],
    ids=[
        "deep YAML", "not UTF-8", "aliases of aliases", "a date and a number that are none", "300 times not",
        "a long number", "a path that is a list", "cases that are no list", "no table", "deep TOML",
        "no table to show", "a deep template", "no parameter", "a parameter of no type",
        "deep JSON", "a deep record", "half a gzip header", "a name that colours",
    ],
)  # fmt: skip
def test_no_file_ends_in_a_traceback(project, s3watch, name, content, arguments):
    (project / name).write_bytes(content)
    code, _, err = s3watch(*arguments.split())

    assert code == 1
    assert "internal error" not in err
    assert err.replace("\n", "").isprintable()


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
