"""`sam deploy --guided`, answered by return but for two questions, and an upgrade after it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from s3watch_cli.generate import parameter_defaults
from samcli.yamlhelper import yaml_dump, yaml_parse

from local.cloud import ROOT, Cloud
from local.demo.deploy import SAM, Application
from local.settings import REGION
from tests.support.local_aws import ADDRESS, built, example_samconfig, start_with_buckets

pytestmark = pytest.mark.local_aws
ANSWERS = {"AlertEmail": ADDRESS, "TimeZone": "Europe/Berlin"}


@dataclass(frozen=True, slots=True)
class Project:
    """A user's folder, whose stack an earlier version has deployed."""

    folder: Path
    cloud: Cloud
    application: Application
    said: str  # by `sam deploy --guided`

    def deployed(self) -> dict[str, str]:
        """The parameters of the stack."""
        [stack] = self.cloud.client("cloudformation").describe_stacks(StackName="s3watch")["Stacks"]
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}

    def deploy(self) -> dict[str, str]:
        """Run `sam deploy` without any option; the parameters of the stack after it."""
        self.application.deploy_as_configured(self.cloud, self.folder / "samconfig.toml")
        return self.deployed()

    def parameters(self, *arguments: str) -> None:
        """Run `s3watch parameters`."""
        command = [sys.executable, "-m", "s3watch_cli.main", "parameters", *arguments]
        subprocess.run(command, cwd=self.folder, capture_output=True, check=True)


def guide(cloud: Cloud, template: Path, config: Path) -> str:
    """Run `sam deploy --guided`: return at each question but those with an answer, and no confirmation."""
    names = yaml_parse(template.read_text(encoding="utf-8"))["Parameters"]
    answers = ["", REGION, *(ANSWERS.get(name, "") for name in names), "n", "", "", "", "", ""]
    done = subprocess.run(
        [*SAM, "deploy", "--guided", "--template", str(template), "--config-file", str(config)],
        cwd=config.parent, env=cloud.environment(),
        input="\n".join([*answers, ""]), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def make_earlier(template: Path) -> None:
    """Make of a template an earlier version: another default, and a parameter that is gone since."""
    document = yaml_parse(template.read_text(encoding="utf-8"))
    document["Parameters"]["SilenceHours"]["Default"] = 5
    document["Parameters"]["RecorderExists"] = {"Type": "String", "Default": "false"}
    template.write_text(yaml_dump(document), encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "template.yaml", folder)
    (folder / "samconfig.toml").write_text(example_samconfig(), encoding="utf-8")
    (folder / "stacks").symlink_to(ROOT / "stacks")
    with start_with_buckets(folder / "aws") as cloud, built(cloud, "s3watch") as application:
        earlier = folder / "earlier" / "template.yaml"
        shutil.copytree(application.built.parent, earlier.parent)
        make_earlier(earlier)
        make_earlier(folder / "template.yaml")
        parameter_defaults.write(folder / "template.yaml", folder / "defaults.yaml")
        said = guide(cloud, earlier, folder / "samconfig.toml")
        yield Project(folder, cloud, application, said)


def test_guided_asks_as_many_questions_as_the_docs_say(project: Project):
    asked = re.findall(r"\t([A-Z][\w ]+) \[[^]\n]*\]: ", project.said)
    parameters = sum(question.startswith("Parameter ") for question in asked) - 1  # the one that is gone
    docs = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")

    assert f"{len(asked) - 1} questions" in docs
    assert f"{parameters} parameters" in docs


def test_after_it_an_upgrade_has_the_defaults_of_the_new_version_and_the_answers(project: Project):
    before = project.deployed()
    project.parameters("--drop-defaults")
    shutil.copy(ROOT / "template.yaml", project.folder)  # as `git pull` does
    after = project.deploy()

    assert (before["SilenceHours"], before["RecorderExists"]) == ("5", "false")
    assert (after["SilenceHours"], after.get("RecorderExists")) == ("0", None)
    assert {name: after[name] for name in ANSWERS} == ANSWERS
    assert after["WatchedBuckets"] == before["WatchedBuckets"]


def test_what_is_deleted_in_samconfig_has_its_default_again(project: Project):
    project.parameters("SilenceHours=7", "--write")
    before = project.deploy()
    config = project.folder / "samconfig.toml"
    config.write_text(re.sub("SilenceHours.*\n", "", config.read_text(encoding="utf-8")), encoding="utf-8")

    assert (before["SilenceHours"], project.deploy()["SilenceHours"]) == ("7", "0")
