from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest
from s3watch.ruleset import load
from s3watch_cli import main
from s3watch_cli.rule_tests.example_records import make_record

from tests.support.project import ROOT
from tests.support.rule_folders import CATALOGUE, RULE, write_folder

CASES = """\
cases:
- {name: a, expect: hit, events: [{base: GetObject}]}
- {name: b, expect: miss, events: [{base: PutObject}]}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a rules folder in order, as the current folder."""
    write_folder(tmp_path / "rules", catalogue=CATALOGUE, detections__reads=RULE, tests__reads=CASES)
    (tmp_path / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nparameter_overrides = "WatchedBuckets=hr-data"\n', encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def s3watch(monkeypatch, capfd):
    """Run a command line: its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int | str | None, str, str]:
        monkeypatch.setattr(sys, "argv", ["s3watch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        return ended.value.code, *capfd.readouterr()

    return run


def test_compile_writes_what_the_functions_load(project, s3watch):
    code, out, err = s3watch("compile")

    assert (code, out) == (0, '{"rule":"reads","level":"high","lookup":"event"}\n')
    assert err == "1 detections, 1 catalogue entries in 1 buckets, 0 exceptions: rules/rules.json\n"
    assert load((project / "rules/rules.json").read_bytes()).buckets == ("hr-data",)


def test_compile_says_which_rules_nothing_narrows_down(project, s3watch):
    write_folder(project / "rules", detections__reads=RULE.replace("eventName: GetObject", "s3.key: a"))

    _, out, err = s3watch("compile")

    assert out == '{"rule":"reads","level":"high","lookup":"always"}\n'
    assert err.splitlines()[1] == "tried on every access, as nothing narrows them down: reads"


def test_compile_to_standard_output_is_the_artefact_alone(project, s3watch):
    code, out, err = s3watch("compile", "-o", "-", "--config", "samconfig.toml")

    assert (code, err) == (0, "")
    assert load(out.encode()).detections[0].rule == "reads"
    assert not (project / "rules/rules.json").exists()


def test_a_mistake_is_one_line_and_nothing_is_written(project, s3watch):
    write_folder(project / "rules", detections__reads=RULE.replace("high", "hihg"))

    code, out, err = s3watch("compile")

    assert (code, out) == (1, "")
    assert err == (
        "rules/detections/reads.yml:8: 'hihg' is not a valid Sigma rule level;"
        " write one of informational, low, medium, high, critical\n"
    )
    assert not (project / "rules/rules.json").exists()


def test_warnings_let_the_build_go_on_unless_it_is_strict(project, s3watch):
    write_folder(project / "rules", detections__reads=RULE.replace("tags: [attack.t1530]\n", ""))
    warning = "rules/detections/reads.yml:1: {}no tags; who gets the alert needs them\n"

    lax, strict = s3watch("compile"), s3watch("compile", "--strict")

    assert (lax[0], lax[2].splitlines(keepends=True)[0]) == (0, warning.format("warning: "))
    assert (strict[0], strict[2]) == (1, warning.format(""))


def test_test_shows_every_case_and_fails_with_the_first(project, s3watch):
    passed = s3watch("test")
    write_folder(project / "rules", tests__reads=CASES.replace("GetObject", "HeadObject"))
    failed = s3watch("test", "--rule", "reads", "--format", "json")

    assert (passed[0], passed[2]) == (0, "2 passed, 0 failed, of 1 detections\n")
    assert (failed[0], failed[2]) == (1, "1 passed, 1 failed, of 1 detections\n")
    assert msgspec.json.decode(failed[1])[0] == {
        "result": "failed",
        "rule": "reads",
        "case": "a",
        "expect": "hit",
        "got": "miss",
        "where": "rules/tests/reads.yml:2",
        "why": "",
    }


def test_a_rule_that_is_not_there_is_told_with_the_nearest(project, s3watch):
    assert s3watch("test", "--rule", "raeds") == (1, "", "no detection is called raeds; write `reads`\n")


def test_buckets_lists_what_the_catalogue_names(project, s3watch):
    assert s3watch("buckets") == (0, '{"bucket":"hr-data","labels":["payroll"]}\n', "")


def test_buckets_mends_what_compile_found(project, s3watch):
    write_folder(project / "rules", catalogue=CATALOGUE + "- {name: b, match: s3://b-data}\n")
    arguments = ("compile", "-o", "-", "--config", "samconfig.toml")

    before, mended, after = s3watch(*arguments), s3watch("buckets", "--write"), s3watch(*arguments)

    assert (before[0], mended[0], after[0]) == (1, 0, 0)
    assert "run `s3watch buckets --write`" in before[2]
    assert mended[2] == "WatchedBuckets is b-data,hr-data in samconfig.toml; build and deploy to watch them\n"


def test_buckets_of_a_broken_catalogue_are_not_written(project, s3watch):
    before = (project / "samconfig.toml").read_text(encoding="utf-8")
    write_folder(project / "rules", catalogue="- {name: a, match: hr-data}\n")

    code, out, err = s3watch("buckets", "--write")

    assert (code, out) == (1, "")
    assert err == "rules/catalogue.yaml:1: `hr-data` is not s3://bucket/key; write s3://hr-data\n"
    assert (project / "samconfig.toml").read_text(encoding="utf-8") == before


def test_replay_prints_one_alert_a_line(project, s3watch):
    records = [make_record({"base": "GetObject"}, number) for number in range(2)]
    (project / "log.json").write_bytes(msgspec.json.encode({"Records": records}))

    code, out, err = s3watch("replay", "log.json")

    assert (code, err) == (0, "2 records: 0 clean, 0 excluded, 2 hit, 0 failed\n")
    assert msgspec.json.decode(out) | {"alert": "..."} == {
        "alert": "...",
        "rule": "reads",
        "rules": ["reads"],
        "title": "Somebody reads payroll",
        "level": "high",
        "actor": "role/analyst",
        "principal": "role/analyst",
        "bucket": "hr-data",
        "label": "payroll",
        "first": "2026-11-20T08:14:03Z",
        "last": "2026-11-20T08:14:03Z",
        "count": 2,
        "events": [record["eventID"] for record in records],
    }


def test_replay_fails_where_a_file_can_not_be_read(project, s3watch):
    (project / "broken.json").write_text("{", encoding="utf-8")

    code, out, err = s3watch("replay", "broken.json")

    assert (code, out) == (1, "")
    assert err.splitlines()[0].startswith("broken.json")


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("compile", "--nonsense"), ("compile", "no-such-folder"), ("replay",)],
    ids=" ".join,
)
def test_wrong_use_is_told_with_where_to_find_help(project, s3watch, arguments):
    code, out, err = s3watch(*arguments)

    assert (code, out) == (2, "")
    assert "-h' for help" in err


def test_a_file_that_can_not_be_written_is_one_line(project, s3watch):
    code, _, err = s3watch("compile", "-o", "no/such/folder/rules.json")

    assert (code, err) == (1, "s3watch: no/such/folder/.rules.json.part: No such file or directory\n")


def test_a_traceback_is_shown_to_those_who_ask(project, s3watch):
    quiet = s3watch("compile", "-o", "no/such/folder/rules.json")[2]
    loud = s3watch("compile", "-o", "no/such/folder/rules.json", "--debug")[2]

    assert loud.startswith("Traceback")
    assert loud.endswith(quiet)


@pytest.mark.parametrize("command", ["compile", "test", "buckets", "replay"], ids=str)
def test_every_command_has_help(s3watch, command):
    code, out, _ = s3watch(command, "--help")

    assert code == 0
    assert f"Usage: s3watch {command}" in out


def test_help_needs_neither_pysigma_nor_yaml():
    program = "import sys; import s3watch_cli.main; print({'sigma', 'yaml', 'boto3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={
        "PYTHONPATH": f"{ROOT / 'cli'}:{ROOT / 'layers/core'}"
    })  # fmt: skip

    assert done.stdout == "set()\n"
