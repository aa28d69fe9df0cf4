"""What the README says is true: its e-mail, its catalogue entry, its links, and each of its commands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import CATALOGUE, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.partition("#")[0].strip()
    for kind, text in BLOCKS
    if kind == "console"
    for line in text.splitlines()
    if line.strip()
]
# These are executed as a whole by CI, by the demo that a test runs, or ask a person.
ELSEWHERE = {
    "make demo": "tests/local/demo/test_run.py runs what it calls",
    "make test": "this is it",
    "make setup": ".ci/run begins with it",
    "$EDITOR rules/catalogue.yaml": "asks a person",
    ".venv/bin/sam build": "tests/templates/test_build.py",
    ".venv/bin/sam deploy": "tests/end_to_end/test_deployments.py",
}
RUN_HERE = [command for command in COMMANDS if command not in ELSEWHERE]


def test_the_readme_is_short():
    assert README.count("\n") <= 150


def test_the_e_mail_is_the_one_that_the_event_makes():
    command = ["replay", "events/unexpected-read.json", "--catalogue", str(CATALOGUE), "--messages"]
    done = subprocess.run(
        [sys.executable, "-m", "s3watch_cli.main", *command], cwd=ROOT, capture_output=True, check=True
    )
    mail = json.loads(done.stdout)
    body, _, _ = mail["body"].partition("\n\nIf this is expected")

    assert f"```\nSubject: {mail['subject']}\n\n{body}\n```" in README


def test_the_catalogue_entry_compiles(tmp_path: Path):
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    entry = next(text for kind, text in BLOCKS if kind == "yaml")
    (tmp_path / "rules/catalogue.yaml").write_text(entry, encoding="utf-8")
    diagnostics = Diagnostics()
    compiled = compile_folder(tmp_path / "rules", date(2026, 11, 20), diagnostics)

    assert (diagnostics.mistakes, [label.name for label in compiled.ruleset.labels]) == ([], ["payroll"])


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)", README))), ids=str)
def test_a_link_leads_somewhere(link: str):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("target", [command for command in COMMANDS if command.startswith("make ")], ids=str)
def test_a_make_target_is_there(target: str):
    shown = subprocess.run(
        ["make", "--dry-run", *target.split()[1:]], cwd=ROOT, capture_output=True, check=False
    )

    assert shown.returncode == 0


def test_every_command_is_executed_somewhere():
    assert set(ELSEWHERE) <= set(COMMANDS)
    assert all(command.startswith(".venv/bin/s3watch ") for command in RUN_HERE)


@pytest.mark.parametrize("command", RUN_HERE, ids=str)
def test_a_command_works_as_written(command: str, tmp_path: Path):
    for name in ("rules", "events", "samconfig.toml", "stacks", "template.yaml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    arguments = command.replace("/tmp/", f"{tmp_path}/").split()[1:]
    done = subprocess.run(
        [sys.executable, "-m", "s3watch_cli.main", *arguments], cwd=tmp_path, capture_output=True, check=False
    )

    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
