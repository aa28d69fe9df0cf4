"""What a user writes into samconfig.toml, against the real templates: mistakes at their line, with a mend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from s3watch.errors import SettingError
from s3watch_cli.deployment import Deployment, read_deployments
from s3watch_cli.deployment_checks import check_deployments
from s3watch_cli.rules.catalogue_file import Catalogue
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import ROOT

TEMPLATE = ROOT / "template.yaml"
BUCKET = "it must be names of buckets, such as hr-data,finance-exports; no s3://, no ARN and none empty"
ADDRESS = "it must be one e-mail address; subscribe others to the topic AlertTopic"


def told(path: Path) -> list[tuple[int, str, str]]:
    """The mistakes of the deployments of a samconfig.toml, which are all in this file."""
    diagnostics = Diagnostics()
    deployments = read_deployments(ROOT / "rules", "", path)
    check_deployments(Catalogue(), "catalogue.yaml", deployments, diagnostics)
    mistakes = diagnostics.mistakes
    assert {mistake.path for mistake in mistakes} <= {str(path)}
    return [(mistake.line, mistake.what, mistake.instead) for mistake in mistakes]


@pytest.fixture
def config(tmp_path):
    """Write a samconfig.toml."""

    def write(*lines: str) -> Path:
        path = tmp_path / "samconfig.toml"
        path.write_text("version = 0.1\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


KEY = "arn:aws:kms:eu-west-1:111122223333:key/ID"
DEPLOY = "[default.deploy.parameters]"
DROPPED = "the template has no parameter `AlertEmial`, and SAM would drop it"


STRING = 'parameter_overrides = "WatchedBuckets=hr-data AlertEmial=x"'
LIST = ["parameter_overrides = [", '"WatchedBuckets=hr-data",', "# no AlertEmial=x", '"AlertEmial=x"]']
TABLE = ["[default.deploy.parameters.parameter_overrides]", 'WatchedBuckets = "hr-data"', 'AlertEmial = "x"']


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ([DEPLOY, STRING], 3),
        (
            [
                DEPLOY,
                "parameter_overrides = [",
                '"WatchedBuckets=hr-data",',
                "# no AlertEmial=x",
                '"AlertEmial=x"]',
            ],
            6,
        ),
        (
            [
                "[default.deploy.parameters.parameter_overrides]",
                'WatchedBuckets = "hr-data"',
                'AlertEmial = "x"',
            ],
            4,
        ),
        (["[default.global.parameters]", "", STRING], 4),
        (["[default.local_invoke.parameters]", STRING, DEPLOY, STRING], 5),
        (["[default.deploy]", f"parameters = {{{STRING}}}"], 3),
    ],
    ids=["a string", "a list", "a table", "of all commands", "beside another command", "in one line"],
)
def test_a_misspelled_parameter_is_told_at_its_line_however_it_is_written(config, lines, line):
    assert told(config(*lines)) == [(line, DROPPED, "write `AlertEmail`")]


def test_another_environment_is_named(config):
    path = config(DEPLOY, STRING.replace("AlertEmial=x", ""), "[other.deploy.parameters]", STRING)

    [mistake] = told(path)

    assert mistake == (5, f"in the environment `other`, {DROPPED}", "write `AlertEmail`")


@pytest.mark.parametrize(
    ("given", "what", "instead"),
    [
        ("TrailAlsoRecords=neithr", "TrailAlsoRecords is `neithr`", "write `neither`"),
        ("TimeZone=Europe/Berln", "TimeZone is `Europe/Berln`", "write `Europe/Berlin`"),
        ("TimeZone=CEST", "TimeZone is `CEST`", "write a name of the IANA database, such as Europe/Berlin"),
        (
            "KmsKeyArn=alias/x", "KmsKeyArn is `alias/x`",
            f"it must be the ARN of a KMS key itself, not of an alias, such as {KEY}",
        ),
        ("AlertEmail=security", "AlertEmail is `security`", ADDRESS),
        ("AlertEmail=a@example.com,b@example.com", "AlertEmail is `a@example.com,b@example.com`", ADDRESS),
        (
            "ExistingTrail=arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit",
            "ExistingTrail is `arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit`",
            "it must be the name of a trail, not its ARN",
        ),
        ("LogBuckets=org-logs", "LogBuckets is `org-logs`",
         "it must be ARNs of buckets, such as arn:aws:s3:::org-logs"),
        ("LogBuckets=arn:aws:s3:::org-logs/*", "LogBuckets is `arn:aws:s3:::org-logs/*`",
         "it must be ARNs of buckets, such as arn:aws:s3:::org-logs"),
        (
            "LogFileKeys=arn:aws:kms:eu-west-1:111122223333:alias/trail",
            "LogFileKeys is `arn:aws:kms:eu-west-1:111122223333:alias/trail`",
            f"it must be ARNs of KMS keys themselves, not of aliases, such as {KEY}",
        ),
        (
            "VpcSubnets=subnet-1", "VpcSubnets is `subnet-1` and VpcSecurityGroups is empty",
            "name both VpcSubnets and VpcSecurityGroups, or neither",
        ),
        (
            "VpcSecurityGroups=sg-1", "VpcSubnets is empty and VpcSecurityGroups is `sg-1`",
            "name both VpcSubnets and VpcSecurityGroups, or neither",
        ),
    ],
    ids=["another word", "a misspelled zone", "no zone", "an alias of a key", "no address", "two addresses",
         "an ARN of a trail", "a name of a log bucket", "an ARN of objects", "an alias of another key",
         "subnets alone", "security groups alone"],
)  # fmt: skip
def test_a_value_that_no_deployment_takes_is_told_at_its_line(config, given, what, instead):
    path = config(DEPLOY, f'parameter_overrides = "WatchedBuckets=hr-data {given}"')

    assert told(path) == [(3, what, instead)]


@pytest.mark.parametrize(
    ("watched", "what"),
    [
        ("s3://hr-data", "WatchedBuckets is `s3://hr-data`"),
        ("HR-Data", "WatchedBuckets is `HR-Data`"),
        ("arn:aws:s3:::hr-data", "WatchedBuckets is `arn:aws:s3:::hr-data`"),
        ("hr-data,,finance-exports", "WatchedBuckets has an empty value"),
        ("hr-data,", "WatchedBuckets has an empty value"),
        ("hr", "WatchedBuckets is `hr`"),
        ("hr_data", "WatchedBuckets is `hr_data`"),
        ("hr-data/payroll", "WatchedBuckets is `hr-data/payroll`"),
    ],
    ids=["an address", "capitals", "an ARN", "an empty name", "a comma at the end", "short", "an underscore",
         "a key"],
)  # fmt: skip
def test_what_is_no_name_of_a_bucket_is_not_watched_in_vain(config, watched, what):
    path = config(DEPLOY, f'parameter_overrides = "WatchedBuckets={watched}"')

    assert told(path) == [(3, what, BUCKET)]


@pytest.mark.parametrize(
    "given",
    [
        "WatchedBuckets=hr-data,finance.exports.example.com,scratch--euw1-az1--x-s3",
        r"WatchedBuckets=\"hr-data, finance-exports\"",
        f"WatchedBuckets={'x' * 63}",
        "WatchedBuckets=hr-data AlertEmail=a+s3@mail.example.com TimeZone=America/Argentina/Ushuaia",
        "WatchedBuckets=hr-data ExistingTrail=audit LogBuckets=arn:aws-cn:s3:::a.b,arn:aws:s3:::org-logs",
        "WatchedBuckets=hr-data LogFileKeys=arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1",
        r"WatchedBuckets=hr-data AlertEmail=\"\" ExistingTrail=\"\" LogBuckets=\"\" LogFileKeys=\"\"",
    ],
    ids=[
        "buckets",
        "blanks, which CloudFormation trims",
        "a long name",
        "a person",
        "another trail",
        "a key",
        "empty",
    ],
)
def test_what_can_be_deployed_is_not_refused(config, given):
    path = config(DEPLOY, f'parameter_overrides = "{given}"')

    assert told(path) == []


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ("OrganizationId=acme", "OrganizationId"),
        ("OrganizationAccounts=12", "OrganizationAccounts"),
        ("TrailRegions=ireland", "TrailRegions"),
        ("ExistingTrail=audit ExistingTrailBucket=s3://logs", "ExistingTrailBucket"),
        ("ExistingTrail=audit ExistingTrailBucket=logs/", "ExistingTrailBucket"),
        ("AccessLogBucket=arn:aws:s3:::logs", "AccessLogBucket"),
        ("QueryResults=results", "QueryResults"),
    ],
    ids=["an organization", "accounts", "a Region", "an address", "a slash at its end", "an ARN", "a bucket"],
)
def test_where_analytics_look_is_checked_under_the_name_that_was_written(config, given, refused):
    written = f'parameter_overrides = "WatchedBuckets=hr-data Analytics=tables {given}"'

    [(line, what, _)] = told(config(DEPLOY, written))

    assert (line, what) == (3, f"{refused} is `{given.rpartition('=')[2]}`")


def test_a_misspelled_name_of_what_is_watched_leaves_no_environment_out(config):
    path = config(
        DEPLOY, 'parameter_overrides = "WatchedBuckets=hr-data"',
        "[us-east-1.deploy.parameters]", 'parameter_overrides = "WatchedBukets=research-data"',
    )  # fmt: skip

    with pytest.raises(SettingError) as refused:
        read_deployments(ROOT / "rules", "", path)

    assert str(refused.value) == (
        f"{path}:5: the template has no parameter `WatchedBukets`, and SAM would drop it;"
        " write `WatchedBuckets`"
    )


def test_a_samconfig_elsewhere_is_checked_against_the_template_beside_the_rules(config):
    path = config(DEPLOY, 'parameter_overrides = "WatchedBuckets=hr-data"')

    [deployment] = read_deployments(ROOT / "rules", "", path)

    assert deployment.template == TEMPLATE


def test_without_a_template_it_is_said_that_nothing_was_checked(tmp_path):
    missing = tmp_path / "template.yaml"
    diagnostics = Diagnostics()

    check_deployments(
        Catalogue(), "catalogue.yaml", [Deployment(("hr-data",), template=missing)], diagnostics
    )

    assert [(warning.path, warning.what) for warning in diagnostics.warnings] == [
        (str(missing), "its use of the deployment's parameters was not checked: there is no such file")
    ]


def test_what_is_watched_from_the_command_line_has_no_line(tmp_path):
    diagnostics = Diagnostics()
    deployment = replace(Deployment(("HR-Data",)), template=TEMPLATE, region="eu-west-1")

    check_deployments(Catalogue(), "catalogue.yaml", [deployment], diagnostics)

    assert [(mistake.path, mistake.what) for mistake in diagnostics.mistakes] == [
        ("catalogue.yaml", "with 1 bucket, WatchedBuckets is `HR-Data`")
    ]


PLACED = {"hr-data": "eu-west-1", "research-data": "us-east-1"}


def warned(path: Path, regions: dict[str, str]) -> list[tuple[str, int, str]]:
    """What the build warns of, of buckets that a catalogue places in Regions."""
    diagnostics = Diagnostics()
    deployments = read_deployments(ROOT / "rules", "", path)
    check_deployments(Catalogue(regions=regions), "catalogue.yaml", deployments, diagnostics)
    return [(Path(warning.path).name, warning.line, warning.what) for warning in diagnostics.warnings]


def test_a_misspelled_region_is_a_warning_at_its_line(config):
    path = config(DEPLOY, 'parameter_overrides = "WatchedBuckets=hr-data"', 'region = "eu-wset-1"')

    assert warned(path, {}) == [("samconfig.toml", 4, "`eu-wset-1` is not a Region that is known here")]


def test_what_is_no_name_of_a_region_is_refused(config):
    path = config(DEPLOY, 'region = "Ireland"', 'parameter_overrides = "WatchedBuckets=hr-data"')

    assert told(path) == [(3, "`Ireland` is not a Region", "write one such as eu-west-1")]


@pytest.mark.parametrize(
    ("given", "warnings"),
    [
        ("", 1),
        (" ExistingTrail=audit ScanLogFiles=false", 1),
        (" ExistingTrail=audit LogBuckets=arn:aws:s3:::org-logs", 0),
    ],
    ids=["our own trail", "events alone", "the log files of all Regions"],
)
def test_a_bucket_of_another_region_is_watched_in_vain_unless_its_log_files_are_read(config, given, warnings):
    written = f'parameter_overrides = "WatchedBuckets=hr-data,research-data{given}"'

    found = warned(config(DEPLOY, 'region = "eu-west-1"', written), PLACED)

    what = (
        "`research-data` is watched in eu-west-1, but by its entry it is in us-east-1, where its events stay"
    )
    assert found == [("samconfig.toml", 4, what)] * warnings
