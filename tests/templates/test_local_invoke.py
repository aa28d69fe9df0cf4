"""What `sam local invoke` makes of template.yaml: it resolves less than CloudFormation does."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
from s3watch_cli.samconfig import PARAMETER
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["default"]
DEPLOYED = deploy("template.yaml", WatchedBuckets="hr-data").of("AWS::Lambda::Function")


@cache
def functions(command: str) -> SamFunctionProvider:
    """The functions that a command of `sam local` finds, with samconfig.toml's parameters."""
    given = dict(PARAMETER.findall(CONFIG[command]["parameters"]["parameter_overrides"]))
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
