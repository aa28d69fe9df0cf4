from __future__ import annotations

import shutil

import pytest
import tomlkit
from s3watch.errors import SettingError
from s3watch_cli.samconfig import add_environment, read_environments, replace_parameters, write_watched
from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.config.samconfig import SamConfig

from tests.support.project import ROOT

HEAD = '# ours\nversion = 0.1\n\n[default.deploy.parameters]\nstack_name = "s3watch" # the name\n'


def config(tmp_path, overrides=""):
    path = tmp_path / "samconfig.toml"
    path.write_text(HEAD + overrides, encoding="utf-8")
    return path


def parameters_of(path, env="default"):
    [found] = [one.parameters for one in read_environments(path) if one.name == env]
    return dict(found)


@pytest.mark.parametrize(
    ("written", "parameters"),
    [
        ("", {}),
        ('parameter_overrides = "WatchedBuckets=a,b A=c"', {"WatchedBuckets": "a,b", "A": "c"}),
        (r'parameter_overrides = "A=\"b,c\" Empty=\"\" D=e"', {"A": "b,c", "Empty": "", "D": "e"}),
        (r'''parameter_overrides = "A='b c' D=\"e \\\"f\\\"\""''', {"A": "b c", "D": 'e "f"'}),
        ('parameter_overrides = ["WatchedBuckets=a,b", "A=c"]', {"WatchedBuckets": "a,b", "A": "c"}),
        ('[default.deploy.parameters.parameter_overrides]\nA = ["b", "c"]\nD = 1', {"A": "b,c", "D": "1"}),
    ],
    ids=["none", "plain", "as SAM writes them", "quoted", "a list", "a table"],
)  # fmt: skip
def test_parameters_are_read_in_every_form_that_sam_takes(tmp_path, written, parameters):
    assert parameters_of(config(tmp_path, written)) == parameters


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'parameter_overrides = "WatchedBuckets=a,b"\n'),
        ('parameter_overrides = "WatchedBuckets=x AlertEmail=me@example.com"\n',
         'parameter_overrides = "WatchedBuckets=a,b AlertEmail=me@example.com"\n'),
        ('parameter_overrides = "Note=\\"two words\\""\n',
         'parameter_overrides = "Note=\\"two words\\" WatchedBuckets=a,b"\n'),
        ('parameter_overrides = ["A=c"]\nregion = "eu-west-1"\n',
         'parameter_overrides = ["A=c", "WatchedBuckets=a,b"]\nregion = "eu-west-1"\n'),
        ('[default.deploy.parameters.parameter_overrides]\nA = "c" # why\n',
         '[default.deploy.parameters.parameter_overrides]\nA = "c" # why\nWatchedBuckets = "a,b"\n'),
        ('[default.deploy.parameters.parameter_overrides]\nA = "c"\n\n# x\n[x]\n',
         '[default.deploy.parameters.parameter_overrides]\nA = "c"\nWatchedBuckets = "a,b"\n\n# x\n[x]\n'),
    ],
    ids=["none", "there", "others", "a list", "a table", "a table before comments on the next"],
)  # fmt: skip
def test_the_watched_buckets_are_written_and_nothing_else_is_touched(tmp_path, before, after):
    path = config(tmp_path, before)

    write_watched(path, ["a", "b"])

    assert path.read_text(encoding="utf-8") == HEAD + after


def test_the_line_that_includes_the_defaults_comes_back_into_its_table(tmp_path):
    table = "[default.deploy.parameters.parameter_overrides]\n"
    path = config(tmp_path, f'{table}A = "c"\n\n# of x\n[x]\ny = 1\n')

    replace_parameters(path, {"B": "d"})

    written = path.read_text(encoding="utf-8")
    assert written == f'{HEAD}{table}"$include" = "file://defaults.yaml"\nB = "d"\n\n# of x\n[x]\ny = 1\n'


@pytest.mark.parametrize(
    ("for_all", "for_deploy", "command"),
    [
        ('parameter_overrides = "WatchedBuckets=x A=y"', None, "global"),
        ('parameter_overrides = "WatchedBuckets=x A=y"', 'region = "eu-west-1"', "global"),
        ('parameter_overrides = "WatchedBuckets=x A=y"', 'parameter_overrides = "B=z"', "deploy"),
        ('region = "eu-west-1"', None, "deploy"),
    ],
    ids=["of all commands", "of all, beside other options of deploy", "of both", "of neither"],
)
def test_the_watched_buckets_are_written_beside_the_parameters_that_sam_reads(
    tmp_path, for_all, for_deploy, command
):
    path = tmp_path / "samconfig.toml"
    deploy = f"[default.deploy.parameters]\n{for_deploy}\n" if for_deploy else ""
    path.write_text(f"version = 0.1\n[default.global.parameters]\n{for_all}\n{deploy}", encoding="utf-8")
    before = parameters_of(path)

    write_watched(path, ["a"])

    sam = SamConfig(tmp_path)
    assert parameters_of(path) == before | {"WatchedBuckets": "a"}
    assert "WatchedBuckets=a" in sam.document["default"][command]["parameters"]["parameter_overrides"]


def test_an_environment_has_its_own_parameters(tmp_path):
    path = config(tmp_path, 'parameter_overrides = "WatchedBuckets=x"\n')

    write_watched(path, ["a"], "prod")

    assert parameters_of(path) == {"WatchedBuckets": "x"}
    assert parameters_of(path, "prod") == {"WatchedBuckets": "a"}


def test_region_and_stack_are_those_that_sam_reads(tmp_path):
    path = tmp_path / "samconfig.toml"
    path.write_text(
        'version = 0.1\n[default.global.parameters]\nstack_name = "s3watch"\nregion = "eu-west-1"\n'
        '[default.deploy.parameters]\n[us.deploy.parameters]\nstack_name = "us"\n'
        '[eu.global.parameters]\nstack_name = "eu"\n[ci.validate.parameters]\nregion = "eu-west-2"\n',
        encoding="utf-8",
    )

    found = {one.name: (one.region, one.stack) for one in read_environments(path)}

    sam = SamConfig(tmp_path)
    read = {env: sam.get_all(["deploy"], "parameters", env) for env in ("default", "us", "eu")}
    assert found == {env: (table.get("region", ""), table["stack_name"]) for env, table in read.items()}
    assert found == {"default": ("eu-west-1", "s3watch"), "us": ("", "us"), "eu": ("", "eu")}


def test_an_added_environment_has_all_that_sam_reads_of_the_default_one(tmp_path):
    path = tmp_path / "samconfig.toml"
    shutil.copy(ROOT / "samconfig.toml", path)

    add_environment(path, "us-east-1", "us-east-1")

    sam = SamConfig(tmp_path)
    before, added = (sam.get_all(["deploy"], "parameters", env) for env in ("default", "us-east-1"))
    assert added == before | {"region": "us-east-1"}
    assert path.read_text(encoding="utf-8").startswith((ROOT / "samconfig.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('parameter_overrides = "ParameterKey=A,ParameterValue=b"', "must be written as `Name=value"),
        ('parameter_overrides = "file://parameters.yaml"', "must be written as `Name=value"),
        ("parameter_overrides = ", "is not TOML"),
    ],
    ids=["the long form", "a file", "no TOML"],
)
def test_what_cannot_be_read_is_reported_with_the_file(tmp_path, written, said):
    with pytest.raises(SettingError, match=said):
        read_environments(config(tmp_path, written))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"default = 1", "`default` is not a table"),
        (b"[default]\ndeploy = [1]", "`deploy` is not a table"),
        (b"[[default.deploy.parameters]]\na = 1", "`parameters` is not a table"),
        (b"a = '\xff'", "is not TOML"),
        (b"a = 2026-13-40", "is not TOML"),
        (b"a = " + b"1" * 5000, "is not TOML"),
        (b"a = " + b"[" * 5000, "is not TOML: .*nested"),
    ],
    ids=["no table", "a list", "several tables", "not UTF-8", "no date", "a long number", "deep"],
)
def test_a_file_of_another_shape_is_reported_by_reading_and_by_writing(tmp_path, content, said):
    path = tmp_path / "samconfig.toml"
    path.write_bytes(content)

    for use in (read_environments, lambda path: write_watched(path, ["a"])):
        with pytest.raises(SettingError, match=said):
            use(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("written", "dropped"),
    [
        ('"WatchedBuckets=hr-data, finance-exports"', "finance-exports"),
        ('"WatchedBuckets=hr-data AlertEmail= a@example.com"', "a@example.com"),
        ('["WatchedBuckets=hr-data", "QueryResults=s3://a b/"]', "b/"),
    ],
    ids=["a blank after a comma", "blanks around =", "a blank in a list"],
)
def test_what_sam_drops_is_refused_with_its_line(tmp_path, written, dropped):
    path = config(tmp_path, f"parameter_overrides = {written}\n")
    given = tomlkit.parse(path.read_text(encoding="utf-8"))["default"]["deploy"]["parameters"]
    read_by_sam = CfnParameterOverridesType().convert(given["parameter_overrides"], None, None)

    with pytest.raises(SettingError) as refused:
        read_environments(path)

    assert dropped not in str(read_by_sam)
    assert str(refused.value).startswith(
        f"{path}:6: SAM would drop `{dropped}` of parameter_overrides; write"
    )


def test_a_value_with_blanks_in_a_list_stays_one_value(tmp_path):
    path = config(tmp_path, """parameter_overrides = ["Note='two words'"]\n""")

    write_watched(path, ["a"])

    [note, _] = tomlkit.parse(path.read_text(encoding="utf-8"))["default"]["deploy"]["parameters"][
        "parameter_overrides"
    ]
    assert (note, parameters_of(path)) == ('Note="two words"', {"Note": "two words", "WatchedBuckets": "a"})


def test_a_missing_file_is_reported_with_what_to_do(tmp_path):
    with pytest.raises(SettingError, match="name it with --config"):
        read_environments(tmp_path / "samconfig.toml")
