"""Two Regions as docs/deploying.md has a user deploy them: by samconfig.toml, each as an environment."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud, root
from local.demo.deploy import SAM
from local.demo.scenario import OBJECT
from local.settings import ACCOUNT, REGION, STRANGER
from tests.support.local_aws import ADDRESS, eventually, start_with_buckets
from tests.support.user_project import copy_project

pytestmark = pytest.mark.local_aws
ELSEWHERE, RESEARCH = "us-east-1", "research-data"
STACKS = {REGION: "s3watch", ELSEWHERE: "s3watch-research"}
S3WATCH = (sys.executable, "-m", "s3watch_cli.main")
ENTRY = f"\n  - name: research\n    match: s3://{RESEARCH}\n    region: {ELSEWHERE}\n"


def client(cloud: Cloud, service: str, region: str, account: str = ACCOUNT) -> Any:
    who = root(account)
    session: Any = boto3.Session(who.access_key, who.secret, region_name=region)
    return session.client(service, endpoint_url=cloud.settings.endpoint)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's copy of this project, with a sensitive bucket in a second Region."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    with (folder / "rules/catalogue.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write(ENTRY)
    config = folder / "samconfig.toml"
    named = config.read_text(encoding="utf-8").replace('# region = "eu-west-1"', f'region = "{REGION}"', 1)
    config.write_text(named.replace('AlertEmail = ""', f'AlertEmail = "{ADDRESS}"', 1), encoding="utf-8")
    return folder


def run(cloud: Cloud, project: Path, *command: str) -> None:
    """Run a command as the user does, on the local AWS."""
    environment = cloud.environment()
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def name_apart(config: Path) -> None:
    """Give the second stack another name: the local AWS names roles, which have no Region, after it alone."""
    before, section, added = config.read_text(encoding="utf-8").partition(
        f"\n[{ELSEWHERE}.deploy.parameters]"
    )
    config.write_text(
        before + section + added.replace('"s3watch"', f'"{STACKS[ELSEWHERE]}"'), encoding="utf-8"
    )


@pytest.fixture(scope="module")
def both(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local AWS after the commands of docs/deploying.md."""
    with start_with_buckets(tmp_path_factory.mktemp("regions")) as cloud:
        client(cloud, "s3", ELSEWHERE).create_bucket(Bucket=RESEARCH)
        run(cloud, project, *S3WATCH, "buckets", "--write")
        run(cloud, project, *S3WATCH, "buckets", "--write", "--env", ELSEWHERE)
        name_apart(project / "samconfig.toml")
        run(cloud, project, *SAM, "build")
        run(cloud, project, *SAM, "deploy", "--no-confirm-changeset")
        run(cloud, project, *SAM, "deploy", "--no-confirm-changeset", "--config-env", ELSEWHERE)
        yield cloud


@pytest.mark.parametrize(
    ("region", "watched"), [(REGION, "finance-exports,hr-data"), (ELSEWHERE, RESEARCH)], ids=str
)
def test_each_region_has_a_stack_that_watches_its_own_buckets(both: Cloud, region: str, watched: str):
    stack = client(both, "cloudformation", region).describe_stacks(StackName=STACKS[region])["Stacks"][0]

    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert (stack["StackStatus"], parameters["WatchedBuckets"]) == ("CREATE_COMPLETE", watched)


@pytest.mark.parametrize(("region", "bucket"), [(REGION, "hr-data"), (ELSEWHERE, RESEARCH)], ids=str)
def test_an_access_is_alerted_in_its_region(both: Cloud, region: str, bucket: str):
    with pytest.raises(ClientError, match="AccessDenied"):
        client(both, "s3", region, STRANGER).get_object(Bucket=bucket, Key=OBJECT)

    def topics() -> list[str]:
        mails = [one for one in both.inbox("email") if f"{STRANGER}" in (one.subject or "")]
        return [one.topic for one in mails if f":{region}:" in one.topic and bucket in one.body]

    assert eventually(topics, within=90)


def test_no_stack_misses_the_buckets_of_the_other(both: Cloud):
    def reported() -> list[str]:
        log = both.settings.log.read_text(errors="replace")
        return re.findall(r'"BucketsUnwatched":\[([0-9.]+)\]', log)

    assert set(eventually(lambda: reported()[10:], within=90)) == {"0.0"}
