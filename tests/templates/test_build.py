"""What `sam build` leaves behind when it fails, and that `sam deploy` then has nothing to deploy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

pytestmark = pytest.mark.build
SAM = Path(sys.executable).with_name("sam")
PARTS = ("template.yaml", "samconfig.toml", "defaults.yaml", ".python-version", "stacks", "functions")
WORKS = 'build-%:\n\tmkdir -p "$(ARTIFACTS_DIR)/python"\n'
FAILS = "build-%:\n\t@echo 'rules/catalogue.yaml:3: no such operation' >&2; exit 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """This project with layers that build without looking anything up."""
    for part in PARTS:
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / part)
    for layer in ("rules", "layers/core"):
        (tmp_path / layer).mkdir(parents=True)
        (tmp_path / layer / "Makefile").write_text(WORKS, encoding="utf-8")
    return tmp_path


def sam(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run SAM as somebody with credentials, which nothing would accept."""
    credentials = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    environment = (
        os.environ | credentials | {"SAM_CLI_TELEMETRY": "0", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    )
    command = [SAM, *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_a_mistake_in_the_rules_stops_the_build_and_is_shown(project):
    (project / "rules/Makefile").write_text(FAILS, encoding="utf-8")

    result = sam(project, "build")

    assert result.returncode == 1
    assert "rules/catalogue.yaml:3: no such operation" in result.stderr


def test_after_a_failed_build_nothing_can_be_deployed(project):
    built = sam(project, "build")
    (project / "rules/Makefile").write_text(FAILS, encoding="utf-8")
    failed = sam(project, "build")

    deployed = sam(project, "deploy", "--no-confirm-changeset")

    assert (built.returncode, failed.returncode) == (0, 1)
    assert "Template file not found" in deployed.stderr
