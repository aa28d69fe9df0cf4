"""What `sam local invoke` makes of template.yaml: it resolves less than CloudFormation does.

The functions run here as processes with the variables that SAM would set in the container, and no others.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from s3watch.ruleset import dump
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.samconfig import PARAMETER
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

from local.settings import ACCOUNT, REGION, ROOT_SECRET
from tests.support.cloudformation import deploy
from tests.support.ledger_table import TABLE, make_table
from tests.support.project import ROOT

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
README = (ROOT / "events/README.md").read_text(encoding="utf-8")
DEPLOYED = deploy("template.yaml", WatchedBuckets="hr-data").of("AWS::Lambda::Function")


@cache
def functions(command: str, env: str = "default") -> SamFunctionProvider:
    """The functions that a command of `sam local` finds, with samconfig.toml's parameters."""
    given = dict(PARAMETER.findall(CONFIG[env][command]["parameters"]["parameter_overrides"]))
    stacks, _ = SamLocalStackProvider.get_stacks(str(ROOT / "template.yaml"), parameter_overrides=given)
    return SamFunctionProvider(stacks)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # sam's own
@pytest.mark.parametrize("command", ["local_invoke", "local_start_lambda"], ids=str)
@pytest.mark.parametrize("name", DEPLOYED, ids=str)
def test_a_function_is_found_with_its_layers_and_none_of_its_variables_is_empty(name: str, command: str):
    function = functions(command).get(name)
    assert function
    variables = EnvironmentVariables(variables=function.environment["Variables"]).resolve()

    assert [layer.name for layer in function.layers] == ["CoreLayer", "RulesLayer"]
    assert DEPLOYED[name]["Environment"]["Variables"].keys() <= {key for key in variables if variables[key]}


INVOKED = re.findall(r"sam local invoke (\w+) -e (\S+)", README)
PROGRAM = """
import json, sys, time, types, functions.{}.app as app
until = time.monotonic() + 60
context = types.SimpleNamespace(
    function_name="", memory_limit_in_mb=512, invoked_function_arn="", aws_request_id="",
    get_remaining_time_in_millis=lambda: int(1000 * (until - time.monotonic())),
)
json.dump(app.handler(json.load(open(sys.argv[1])), context), sys.stderr)
"""


@pytest.fixture
def invoke(tmp_path: Path):
    """Run a function with the variables of SAM, some from the shell; returns the last line it says."""
    rules = tmp_path / "rules.json"
    rules.write_bytes(dump(compile_folder(ROOT / "rules", date(2026, 11, 20), Diagnostics()).ruleset))

    def run(name: str, event: str, shell: Mapping[str, str]) -> str:
        function = functions("local_invoke").get(name)
        assert function
        variables = EnvironmentVariables(
            name, 512, 60, "app.handler", variables=function.environment["Variables"], shell_env_values=shell,
            aws_creds={"key": ACCOUNT, "secret": ROOT_SECRET, "region": REGION},
        ).resolve()  # fmt: skip
        here = {"S3WATCH_RULES": str(rules), "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"}
        program = PROGRAM.format(Path(function.codeuri).name)
        done = subprocess.run(
            [sys.executable, "-c", program, ROOT / event],
            env=variables | here, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        return done.stderr.strip().splitlines()[-1]

    return run


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("env", ["default", "x86_64"], ids=str)
def test_each_documented_command_names_a_function_and_an_event_on_either_architecture(env: str):
    found = functions("local_invoke", env)

    assert INVOKED
    assert [name for name, event in INVOKED if not found.get(name) or not (ROOT / event).is_file()] == []
    assert {str(one.architectures) for one in found.get_all()} == {
        str(["x86_64" if env == "x86_64" else "arm64"])
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "event"), INVOKED, ids=str)
def test_without_a_ledger_a_function_fails_at_once_and_says_what_to_set(name: str, event: str, invoke):
    began = time.monotonic()
    said = invoke(name, event, {})

    assert said.startswith(
        "s3watch.errors.SettingError: `sam local invoke` has no ledger: `export S3WATCH_LEDGER"
    )
    assert time.monotonic() - began < 20  # seconds, most of them to start Python on a busy machine


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_without_an_endpoint_a_function_fails_within_seconds_and_says_whom_it_did_not_reach(invoke):
    began = time.monotonic()
    shell = {"S3WATCH_LEDGER_TABLE": "s3watch-ledger", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    said = invoke("Detect", "events/unexpected-read.json", shell)

    assert said == (
        "s3watch.errors.UnavailableError: not recorded: DynamoDB:"
        ' Could not connect to the endpoint URL: "http://127.0.0.1:1/"'
    )
    assert time.monotonic() - began < 20


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_with_the_documented_variables_it_records_in_the_ledger_that_they_name(invoke, cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.settings.endpoint)
    client = make_table()
    shell = {"S3WATCH_LEDGER_TABLE": TABLE, "AWS_ENDPOINT_URL": cloud.settings.endpoint}
    said = invoke("Detect", "events/unexpected-read.json", shell)

    assert json.loads(said)["hit"] == 1
    assert client.scan(TableName=TABLE)["Items"]
    client.delete_table(TableName=TABLE)
