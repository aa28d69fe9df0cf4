"""The real `sam build`, `sam deploy` and `sam delete`, pointed to the local AWS."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from local.cloud import Cloud
from local.demo.rules import CATALOGUE, write_example_rules
from local.settings import REGION

# sam runs `python3.13` and `make`: Cloud.environment puts the interpreter's own folder first on PATH
SAM = (sys.executable, "-P", str(Path(__file__).with_name("sam.py")))  # -P: imports nothing from beside it


class DeployError(Exception):
    """sam failed; the message holds its last lines."""


@dataclass(frozen=True, slots=True)
class Application:
    """A SAM application in a folder, deployed as one stack.

    With `example` it is built with the rules of the demo, apart from what the user builds and deploys.
    """

    folder: Path
    stack: str
    example: bool = False

    @property
    def built(self) -> Path:
        """The template that `sam build` writes."""
        return self.folder / ".aws-sam" / ("example" if self.example else "build") / "template.yaml"

    def fresh(self) -> bool:
        """Tell whether the build is newer than every source file of the application."""
        if not self.built.exists():
            return False
        at = self.built.stat().st_mtime
        sources = chain(self._sources(), [CATALOGUE] if self.example else [])
        return all(path.stat().st_mtime <= at for path in sources)

    def _sources(self) -> Iterator[Path]:
        """Yield the files that a build reads: no hidden folders, caches or tests."""
        for folder, folders, files in self.folder.walk():
            folders[:] = [name for name in folders if not _foreign(name)]
            yield from (folder / name for name in files if not name.startswith("."))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lock the build folder against other demos and tests, until the deployment is done."""
        folder = self.folder / ".aws-sam"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def build(self, cloud: Cloud) -> None:
        """Run `sam build`; raises DeployError if it fails, so that no half-built template is deployed."""
        if self.example:
            write_example_rules(_example_rules(cloud))
        self._sam(cloud, "build", "--build-dir", str(self.built.parent))

    def deploy(self, cloud: Cloud, parameters: Mapping[str, str]) -> dict[str, str]:
        """Run `sam deploy` with these template parameters; returns the stack's outputs."""
        overrides = [f"{name}={value}" for name, value in parameters.items()]
        self._sam(
            cloud, "deploy", "--template", str(self.built), "--stack-name", self.stack, "--region", REGION,
            "--resolve-s3", "--no-confirm-changeset", "--no-fail-on-empty-changeset",
            "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND",
            *(["--parameter-overrides", *overrides] if overrides else []),
        )  # fmt: skip
        return self.outputs(cloud)

    def deploy_as_configured(self, cloud: Cloud, samconfig: Path) -> dict[str, str]:
        """Run `sam deploy` with a samconfig.toml and no other settings; returns the stack's outputs."""
        self._sam(cloud, "deploy", "--config-file", str(samconfig), "--no-confirm-changeset")
        return self.outputs(cloud)

    def delete(self, cloud: Cloud) -> None:
        """Run `sam delete`, which asks nothing."""
        self._sam(cloud, "delete", "--no-prompts", "--stack-name", self.stack, "--region", REGION)

    def outputs(self, cloud: Cloud) -> dict[str, str]:
        """Return the outputs of the deployed stack by name."""
        stack = cloud.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}

    def _sam(self, cloud: Cloud, *arguments: str) -> None:
        log = cloud.settings.folder / f"sam-{arguments[0]}.log"
        environment = cloud.environment() | {
            "__SAM_CLI_APP_DIR": str(cloud.settings.folder / "sam"),  # nothing of ours in the user's home
            "S3WATCH_RULES_FOLDER": str(_example_rules(cloud)) if self.example else "",
        }
        with log.open("wb") as out:
            code = run([*SAM, *arguments], self.folder, environment, out)
        if code:
            said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
            raise DeployError(f"sam {arguments[0]} failed: {' / '.join(said[-3:])} (see {log})")


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], out: BinaryIO) -> int:
    """Run a command; returns its exit code. If interrupted, its children (make, pip) are ended too."""
    process = subprocess.Popen(  # noqa: S603 - sam with our own arguments
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        process_group=0,
    )
    try:
        return process.wait()
    except BaseException:  # a signal that ends the demo
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise


def _example_rules(cloud: Cloud) -> Path:
    return cloud.settings.folder / "rules"


def _foreign(name: str) -> bool:
    unread = ("__pycache__", "benchmarks", "docs", "events", "local", "tests")
    return name.startswith(".") or name in unread or name.endswith(".egg-info")
