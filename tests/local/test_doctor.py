"""`make doctor` and `make setup` on machines that lack something."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

TOOLS = ("sh", "make", "dirname", "df", "awk", "touch", "rm", "cat")
HAS_PYTHON = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
IS_A_SHIM = "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n"
HAS_NO_VENV = f'#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This checkout as far as `make setup` reads it before it needs Python, at a path with a blank."""
    folder = tmp_path / "my checkouts"
    (folder / "local").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "local/doctor.sh", folder / "local")
    for name in ("requirements/dev.txt", "pyproject.toml", ".python-version"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return folder


def make(checkout: Path, target: str, python: str = "", **environment: str) -> tuple[int, list[str]]:
    """Run a target on a machine with the plainest tools and that `python3.13`; its exit code and lines."""
    tools = checkout.parent / "bin"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name, path=os.defpath) or name)
    if python:
        (tools / "python3.13").write_text(python, encoding="utf-8")
        (tools / "python3.13").chmod(0o755)
    done = subprocess.run(
        ["make", "--silent", target], cwd=checkout, env={"PATH": str(tools), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.splitlines()


def test_with_all_there_is_to_have_the_doctor_finds_nothing_missing(checkout):
    code, lines = make(checkout, "doctor", HAS_PYTHON)

    assert code == 0
    assert [line.split()[0] for line in lines] == ["ok"] * 5 + ["optional"] * 2


@pytest.mark.parametrize("python", ["", IS_A_SHIM], ids=["none", "a shim without a version"])
@pytest.mark.parametrize("target", ["doctor", "setup"], ids=["doctor", "setup"])
def test_without_python_the_first_line_says_where_to_get_it(checkout, target, python):
    code, lines = make(checkout, target, python)

    assert code != 0
    assert lines[0].startswith(
        "missing   python3.13: get it from https://www.python.org/downloads/, or by `apt"
    )


def test_a_python_that_debian_split_is_told_with_the_package_to_add(checkout):
    code, lines = make(checkout, "setup", HAS_NO_VENV)

    assert code != 0
    assert lines[0].endswith("Debian and Ubuntu ship it apart: `apt install python3.13-venv`")


def test_a_port_that_is_taken_is_told_with_the_way_out(checkout):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, lines = make(checkout, "doctor", HAS_PYTHON, LOCAL_AWS_PORT=str(port))

    assert code != 0
    assert [line for line in lines if line.startswith("missing")] == [
        (
            f"missing   port {port} of 127.0.0.1: something listens there:"
            " unset LOCAL_AWS_PORT to have a free one chosen"
        )
    ]
