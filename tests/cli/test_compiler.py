from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from s3watch.posture import review_rules
from s3watch.ruleset import AwsRanges, Deployed, Label, Patterns, dump, load
from s3watch_cli.compiler import Compiled, compile_folder
from s3watch_cli.deployment import Deployment
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.asn_databases import asn_database
from tests.support.project import GOLDEN, ROOT
from tests.support.rule_folders import CATALOGUE, RULE, write_folder

BROKEN = GOLDEN / "compile"
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("case", sorted(path.name for path in BROKEN.iterdir() if path.is_dir()), ids=str)
def test_all_that_is_wrong_with_a_folder_is_reported_at_once(case, golden_text, monkeypatch):
    monkeypatch.chdir(BROKEN / case)
    diagnostics = Diagnostics()

    compile_folder(Path("rules"), TODAY, diagnostics)

    mistakes = sorted(diagnostics.mistakes, key=lambda mistake: (mistake.path, mistake.line))
    lines = [f"mistake {mistake}" for mistake in mistakes]
    lines += [f"warning {warning}" for warning in diagnostics.sorted_warnings()]
    text = "".join(f"{line}\n" for line in lines)

    assert text == golden_text(f"compile/{case}.txt", text)


def compile_(folder: Path, **options) -> tuple[Compiled, Diagnostics]:
    diagnostics = Diagnostics()
    return compile_folder(folder, TODAY, diagnostics, **options), diagnostics


def test_a_folder_becomes_rules_that_the_functions_read(tmp_path):
    folder = write_folder(tmp_path, catalogue=CATALOGUE, detections__b=RULE, detections__aws__a=RULE)

    compiled, diagnostics = compile_(folder)

    ruleset = load(dump(compiled.ruleset))
    assert ruleset == compiled.ruleset
    assert [detection.rule for detection in ruleset.detections] == ["a", "b"]
    assert (ruleset.buckets, diagnostics.mistakes, diagnostics.warnings) == (("hr-data",), [], [])


def test_the_same_folder_gives_the_same_bytes_wherever_it_lies(tmp_path):
    first = write_folder(tmp_path / "one", catalogue=CATALOGUE, detections__b=RULE, detections__a=RULE)
    second = write_folder(tmp_path / "two", detections__a=RULE, detections__b=RULE, catalogue=CATALOGUE)

    assert dump(compile_(first)[0].ruleset) == dump(compile_(second)[0].ruleset)


@pytest.mark.parametrize(
    "change",
    [{"detections__a": RULE + "# more\n"}, {"detections__c": RULE}, {"exceptions": "# none\n"}],
    ids=["a comment", "a rule", "a file"],
)
def test_the_digest_is_of_all_sources(tmp_path, change):
    folder = write_folder(tmp_path, catalogue=CATALOGUE, detections__a=RULE)
    before = compile_(folder)[0].ruleset.digest

    write_folder(folder, **change)

    assert compile_(folder)[0].ruleset.digest != before


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (asn_database(), []),
        (asn_database({"198.51.100.0/24": {"country": "NL"}}), ["it does not name autonomous systems"]),
        (b"version https://git-lfs.github.com/spec/v1", ["InvalidDatabaseError"]),
    ],
    ids=["whole", "another one", "a pointer to it"],
)
def test_a_database_of_autonomous_systems_is_looked_into(tmp_path, content, what):
    folder = write_folder(tmp_path, catalogue=CATALOGUE, detections__a=RULE)
    (folder / "asn.mmdb").write_bytes(content)
    _, diagnostics = compile_(folder)

    told = "this is no database of autonomous systems (MMDB): "
    assert [one.what.removeprefix(told).split(":")[0] for one in diagnostics.mistakes] == what
    assert [one.path for one in diagnostics.mistakes] == [str(folder / "asn.mmdb")] * len(what)


def test_another_catalogue_is_read_instead_of_the_folders_own(tmp_path):
    folder = write_folder(tmp_path / "rules", catalogue="[broken", detections__a=RULE)
    other = write_folder(tmp_path, other=CATALOGUE) / "other.yaml"

    compiled, diagnostics = compile_(folder, catalogue=other)

    assert ([label.name for label in compiled.ruleset.labels], diagnostics.mistakes) == (["payroll"], [])


def test_a_watched_bucket_without_an_entry_becomes_one_that_expects_nobody(tmp_path):
    folder = write_folder(tmp_path, catalogue=CATALOGUE + "- {name: logs, match: s3://log-*/x/*}\n")

    compiled, diagnostics = compile_(folder, deployments=[Deployment(("a-bucket", "hr-data", "log-1"))])

    ruleset = compiled.ruleset
    assert diagnostics.mistakes == []
    assert ruleset.buckets == ("a-bucket", "hr-data", "log-1")
    assert ruleset.labels[2:] == (Label("a-bucket", "medium"),)
    assert ruleset.patterns == (
        Patterns("a-bucket", prefixes=(("", 2),)),
        Patterns("hr-data", prefixes=(("payroll/", 0),)),
    )


def test_a_bucket_that_is_not_watched_is_a_mistake_with_its_fix(tmp_path):
    folder = write_folder(tmp_path, catalogue=CATALOGUE + "- {name: b, match: [s3://b-data, s3://c-*/x]}\n")

    _, diagnostics = compile_(folder, deployments=[Deployment(("hr-data",))])

    assert [(mistake.line, mistake.what, mistake.instead) for mistake in diagnostics.mistakes] == [
        (
            4,
            "the bucket `b-data` is not watched",
            "run `s3watch buckets --write`, which puts it into WatchedBuckets",
        )
    ]
    assert [warning.what for warning in diagnostics.warnings][1:] == ["no watched bucket matches `c-*`"]


@pytest.mark.parametrize(
    ("filtered", "mistakes"), [("true", 1), ("false", 0)], ids=["filtered", "not filtered"]
)
def test_more_buckets_than_an_event_pattern_holds_are_a_mistake(tmp_path, filtered, mistakes):
    buckets = tuple(f"bucket-number-{number:03d}" for number in range(60))
    deployment = Deployment(buckets, {"FilterByBucket": filtered}, ROOT / "template.yaml", region="eu-west-1")

    _, diagnostics = compile_(write_folder(tmp_path, catalogue=""), deployments=[deployment])

    assert [mistake.instead for mistake in diagnostics.mistakes] == [
        "deploy with FilterByBucket=false, or watch fewer buckets in this stack"
    ] * mistakes


def test_a_template_that_cannot_be_measured_is_a_warning(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {a: !ImportValue x}}}}",
        encoding="utf-8",
    )

    _, diagnostics = compile_(
        write_folder(tmp_path / "rules", catalogue=""), deployments=[Deployment(("a",), {}, template)]
    )

    (warning,) = (warning for warning in diagnostics.warnings if warning.path == str(template))
    assert warning.what.startswith(
        "its use of the deployment's parameters was not checked: the template uses Fn::ImportValue"
    )


def test_what_can_not_be_read_as_a_file_is_a_mistake(tmp_path):
    (tmp_path / "detections" / "folder.yml").mkdir(parents=True)
    (tmp_path / "detections" / "loop.yml").symlink_to("loop.yml")
    (tmp_path / "exceptions.yaml").symlink_to("exceptions.yaml")
    (tmp_path / "catalogue.yaml").mkdir()

    _, diagnostics = compile_(tmp_path)

    assert [(Path(mistake.path).name, mistake.what) for mistake in diagnostics.mistakes] == [
        ("folder.yml", "cannot be read: Is a directory"),
        ("loop.yml", "cannot be read: Too many levels of symbolic links"),
        ("catalogue.yaml", "cannot be read: Is a directory"),
        ("exceptions.yaml", "cannot be read: Too many levels of symbolic links"),
    ]


def test_a_file_name_that_is_not_utf_8_is_a_mistake(tmp_path):
    write_folder(tmp_path, **{"catalogue": "", "detections__\udcff": RULE})

    _, diagnostics = compile_(tmp_path)

    assert [mistake.what for mistake in diagnostics.mistakes] == [r"`\udcff` is not a valid rule name"]


SEVERAL = """\
- {name: payroll, match: s3://hr-data/payroll/*, region: eu-west-1}
- {name: research, match: s3://research-data, region: us-east-1}
- {name: exports, match: s3://finance-exports}
"""
EUROPE = Deployment(("finance-exports", "hr-data"), name="default", region="eu-west-1")
AMERICA = Deployment(("research-data",), name="us-east-1", region="us-east-1")


def test_a_bucket_is_watched_if_the_deployment_of_its_region_does(tmp_path):
    folder = write_folder(tmp_path, catalogue=SEVERAL)

    compiled, diagnostics = compile_(folder, deployments=[EUROPE, AMERICA])

    assert diagnostics.mistakes == []
    assert compiled.ruleset.regions == (("hr-data", "eu-west-1"), ("research-data", "us-east-1"))
    assert compiled.ruleset.deployments == (
        Deployed("eu-west-1", ("finance-exports", "hr-data")),
        Deployed("us-east-1", ("research-data",)),
    )
    assert compiled.ruleset.buckets == ("finance-exports", "hr-data", "research-data")


@pytest.mark.parametrize(
    ("deployments", "told"),
    [
        ([EUROPE], ["the bucket `research-data` is not watched in us-east-1"]),
        ([replace(EUROPE, watched=("hr-data",)), AMERICA], ["the bucket `finance-exports` is not watched"]),
        (
            [EUROPE, replace(AMERICA, watched=("hr-data",)), replace(AMERICA, name="b", region="eu-west-1")],
            ["the bucket `research-data` is not watched in us-east-1"],
        ),
        ([replace(EUROPE, region=""), replace(AMERICA, region="")], []),
    ],
    ids=["nowhere", "of no named Region, nowhere", "in another Region only", "Regions unknown"],
)
def test_a_bucket_that_no_deployment_watches_where_it_is_is_a_mistake(tmp_path, deployments, told):
    _, diagnostics = compile_(write_folder(tmp_path, catalogue=SEVERAL), deployments=deployments)

    assert [mistake.what for mistake in diagnostics.mistakes] == told


def test_the_mend_names_the_environment(tmp_path):
    _, diagnostics = compile_(write_folder(tmp_path, catalogue=SEVERAL), deployments=[EUROPE])

    [mistake] = diagnostics.mistakes
    assert mistake.instead == (
        "run `s3watch buckets --write --env us-east-1`, which puts it into WatchedBuckets"
    )


OTHER_TRAIL = {"ExistingTrail": "organization"}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        (OTHER_TRAIL, ["no log file of the trail `organization` is read"]),
        ({**OTHER_TRAIL, "LogBuckets": "arn:aws:s3:::org-logs"}, []),
        ({**OTHER_TRAIL, "LogFileTopics": "arn:aws:sns:eu-west-1:111122223333:trail"}, []),
        ({**OTHER_TRAIL, "ScanLogFiles": "false"}, []),
        ({}, []),
    ],
    ids=["no bucket", "a bucket", "a topic", "no log files", "our own trail"],
)
def test_log_files_of_another_trail_that_nobody_would_read_are_a_warning(tmp_path, parameters, told):
    deployments = [replace(EUROPE, parameters=parameters), AMERICA]
    _, diagnostics = compile_(write_folder(tmp_path, catalogue=SEVERAL), deployments=deployments)

    assert [warning.what for warning in diagnostics.warnings if "log file" in warning.what] == told


def test_of_several_environments_each_should_name_its_region(tmp_path):
    several = [replace(EUROPE, region=""), AMERICA]

    _, diagnostics = compile_(write_folder(tmp_path, catalogue=SEVERAL), deployments=several)

    [_, warning] = diagnostics.warnings
    assert warning.what.startswith("the environment `default` of samconfig.toml names no region")


def test_a_folder_without_anything_is_reported_what_belongs_there(tmp_path):
    _, diagnostics = compile_(tmp_path)

    assert [warning.what for warning in diagnostics.warnings] == ["no detections"]


@pytest.mark.parametrize("rule", sorted(review_rules.DETECTIONS))
def test_an_exception_may_name_what_reviews_tell(tmp_path, rule):
    why = "owner: web@example.com, reason: a website, until: 2027-01-01"
    exception = f"- {{rule: {rule}, object: s3://www, {why}}}\n"
    folder = write_folder(tmp_path, catalogue=CATALOGUE, detections__a=RULE, exceptions=exception)
    diagnostics = Diagnostics()
    compiled = compile_folder(folder, date(2026, 11, 20), diagnostics)
    diagnostics.raise_if_any()

    assert [each.rule for each in compiled.ruleset.exceptions] == [rule]


RANGES = '{"createDate": "2026-11-20-08-00-00", "ipv4": ["192.0.2.0/24"], "own": ["198.51.100.0/24"]}'
ASKING = RULE.replace("eventName: GetObject", "s3.outside_aws: true")


def compile_with_ranges(folder: Path, content: str, rule: str = ASKING) -> tuple[Compiled, Diagnostics]:
    write_folder(folder, catalogue=CATALOGUE, detections__a=rule)
    (folder / "aws-ranges.json").write_text(content, encoding="utf-8")
    return compile_(folder)


def test_the_ranges_of_aws_become_part_of_rules_that_ask_for_them(tmp_path):
    compiled, diagnostics = compile_with_ranges(tmp_path, RANGES)
    ranges = AwsRanges("2026-11-20-08-00-00", ((0xC0000200, 0xC00002FF), (0xC6336400, 0xC63364FF)))

    assert (compiled.ruleset.aws_ranges, diagnostics.mistakes) == (ranges, [])
    changed, _ = compile_with_ranges(tmp_path, RANGES.replace("192", "193"))
    assert changed.ruleset.digest != compiled.ruleset.digest


def test_rules_that_ask_for_no_ranges_have_none(tmp_path):
    assert compile_with_ranges(tmp_path, RANGES, RULE)[0].ruleset.aws_ranges is None


def test_ranges_that_cannot_be_read_are_a_mistake(tmp_path):
    _, diagnostics = compile_with_ranges(tmp_path, '{"prefixes": []}')

    (mistake,) = diagnostics.mistakes
    assert (Path(mistake.path).name, mistake.line) == ("aws-ranges.json", 1)
    assert mistake.instead.endswith("| s3watch aws-ranges - --write")
