"""The Makefile that makes the rules layer, as SAM runs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from s3watch.ruleset import load

from local.demo.rules import write_example_rules
from tests.support.asn_databases import asn_database
from tests.support.user_project import copy_project

pytestmark = pytest.mark.build


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project with its environment, at a path as people have them: with a blank."""
    folder = tmp_path / "my checkouts"
    folder.mkdir()
    return copy_project(folder)


def build(
    project: Path, cwd: Path, path: str = os.defpath, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the target in a folder, as SAM does: ours, or a copy of it elsewhere."""
    artifacts = project / "artifacts"
    artifacts.mkdir(exist_ok=True)
    return subprocess.run(
        ["make", "--makefile", project / "rules/Makefile", "build-RulesLayer"],
        cwd=cwd,
        env={"PATH": path, "ARTIFACTS_DIR": str(artifacts)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("where", ["rules", "elsewhere"], ids=["in source", "in a copy"])
def test_the_layer_holds_the_compiled_rules_at_its_root(project, where):
    (project / "elsewhere").mkdir()

    done = build(project, project / where)

    assert (done.returncode, done.stderr) == (0, "")
    assert load((project / "artifacts/rules.json").read_bytes()).buckets == ("finance-exports", "hr-data")


def test_a_database_of_autonomous_systems_lies_beside_them(project):
    (project / "rules/asn.mmdb").write_bytes(asn_database())
    done = build(project, project / "rules")

    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (project / "artifacts").iterdir()} == {"asn.mmdb", "rules.json"}
    assert (project / "artifacts/asn.mmdb").read_bytes() == asn_database()


def test_a_broken_database_of_autonomous_systems_stops_the_build(project):
    (project / "rules/asn.mmdb").write_bytes(asn_database()[:-30])
    done = build(project, project / "rules")

    told = "rules/asn.mmdb:1: this is no database of autonomous systems (MMDB): InvalidDatabaseError"
    assert done.returncode == 2
    assert told in done.stderr


def test_one_build_is_for_the_deployments_of_all_regions(project):
    with (project / "rules/catalogue.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write("\n  - {name: research, match: s3://research-data, region: us-east-1}\n")
    refused = build(project, project / "rules")
    with (project / "samconfig.toml").open("a", encoding="utf-8") as config:
        config.write(
            '\n[us-east-1.deploy.parameters]\nregion = "us-east-1"\n'
            'parameter_overrides = "WatchedBuckets=research-data"\n'
        )

    done = build(project, project / "rules")

    assert "`research-data` is not watched in us-east-1; run `s3watch buckets --write --env us-east-1`" in (
        refused.stderr
    )
    assert (done.returncode, done.stderr) == (0, "")
    deployments = load((project / "artifacts/rules.json").read_bytes()).deployments
    assert [(one.region, one.buckets) for one in deployments] == [
        ("", ("finance-exports", "hr-data")),
        ("us-east-1", ("research-data",)),
    ]


def test_the_demo_builds_its_own_rules_although_those_of_the_user_name_other_buckets(project):
    (project / "rules/catalogue.yaml").write_text("- {name: claims, match: s3://insurance-claims}\n")
    example = write_example_rules(project / "an example")

    done = build(project, project / "rules", S3WATCH_RULES_FOLDER=str(example))

    assert (done.returncode, done.stderr) == (0, "")
    assert load((project / "artifacts/rules.json").read_bytes()).buckets == ("finance-exports", "hr-data")


def test_a_mistake_stops_the_build_with_its_path_and_line(project):
    with (project / "rules/catalogue.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write("  - {name: more, match: more-data/*}\n")
    line = (project / "rules/catalogue.yaml").read_text(encoding="utf-8").count("\n")

    done = build(project, project / "rules")

    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        f"rules/catalogue.yaml:{line}: `more-data/*` is not s3://bucket/key; write s3://more-data/*"
    )
    assert not (project / "artifacts/rules.json").exists()


def test_without_the_environment_the_build_says_how_to_make_it(project):
    (project / ".venv").unlink()
    python = project / "bin/python3"  # one that has nothing of what is needed
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)

    done = build(project, project / "rules", f"{python.parent}:{os.defpath}")

    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        f"The environment that compiles rules is missing: run `make setup` in {project}"
    )
