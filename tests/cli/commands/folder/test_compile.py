from __future__ import annotations

from datetime import timedelta

import pytest
from s3watch.ruleset import load
from s3watch_cli.compiler import today

from tests.support.rule_folders import CATALOGUE, RULE, write_folder


def test_compile_writes_what_the_functions_load(project, s3watch):
    code, out, err = s3watch("compile")

    assert (code, out) == (0, '{"rule":"reads","level":"high","lookup":"event"}\n')
    assert err == "1 detection, 1 catalogue entry in 1 bucket, 0 exceptions: rules/rules.json\n"
    assert load((project / "rules/rules.json").read_bytes()).buckets == ("hr-data",)


def test_compile_says_which_rules_nothing_narrows_down(project, s3watch):
    write_folder(project / "rules", detections__reads=RULE.replace("eventName: GetObject", "s3.key: a"))

    _, out, err = s3watch("compile")

    assert out == '{"rule":"reads","level":"high","lookup":"always"}\n'
    assert err.splitlines()[1] == "tried on every access, because no field narrows them down: reads"


def test_compile_to_standard_output_is_the_artefact_alone(project, s3watch):
    code, out, err = s3watch("compile", "-o", "-", "--config", "samconfig.toml")

    assert (code, err) == (0, "")
    assert load(out.encode()).detections[0].rule == "reads"
    assert not (project / "rules/rules.json").exists()


def test_what_is_no_file_is_written_to_and_not_replaced(project, s3watch):
    (project / "out").symlink_to("/dev/null")

    assert s3watch("compile", "-o", "out")[0] == 0
    assert (project / "out").is_symlink()


@pytest.mark.parametrize("output", ["no/such/folder/rules.json", "read-only/rules.json"], ids=str)
def test_a_file_that_cannot_be_written_is_named_as_given_and_nothing_is_left(project, s3watch, output):
    (project / "read-only").symlink_to("/proc/self/fdinfo")  # where not even root makes a file

    code, _, err = s3watch("compile", "-o", output)

    assert (code, err.partition(": N")[0]) == (1, f"s3watch: {output}")
    assert not list(project.rglob("*.part"))


def test_a_folder_cannot_be_written_to(project, s3watch):
    assert s3watch("compile", "-o", "/")[::2] == (1, "s3watch: /: Is a directory\n")


def test_a_mistake_is_one_line_and_nothing_is_written(project, s3watch):
    write_folder(project / "rules", detections__reads=RULE.replace("high", "hihg"))

    code, out, err = s3watch("compile")

    assert (code, out) == (1, "")
    assert err == (
        "rules/detections/reads.yml:8: 'hihg' is not a valid Sigma rule level;"
        " write one of informational, low, medium, high, critical\n"
    )
    assert not (project / "rules/rules.json").exists()


LIMITED = "{principal: role/backup, do: read, network: vpce-0a1b2c3d}"
HINT = (
    "rules/catalogue.yaml:6: hint: expected from anywhere, so stolen credentials raise no alert:"
    " role/payroll-app; add the network they call from, such as `network: vpce-0a1b2c3d`, or"
    " `network: anywhere`"
)


@pytest.mark.parametrize(
    ("others", "principal", "hints"),
    [
        (LIMITED, "role/payroll-app, do: read", [HINT]),
        (LIMITED, "role/payroll-app, do: read, network: anywhere", []),
        (LIMITED, "role/AWSReservedSSO_HR_*, do: read", []),
        (LIMITED, "role/AWSServiceRoleForBackup, do: read", []),
        (LIMITED, "user/alice, do: read", []),
        ("{principal: role/backup, do: read}", "role/payroll-app, do: read", []),
    ],
    ids=["forgotten", "meant", "people", "a service's", "a user", "no network at all"],
)
def test_a_programs_role_without_a_network_beside_others_with_one_is_hinted_at_in_a_line(
    project, s3watch, others: str, principal: str, hints: list[str]
):
    expected = f"  expected:\n    - {others}\n    - {{principal: {principal}}}\n"
    write_folder(project / "rules", catalogue=CATALOGUE + expected)

    code, _, err = s3watch("compile", "--strict")

    assert (code, [line for line in err.splitlines() if "hint" in line]) == (0, hints)


ONE_OBJECT = (
    "rules/catalogue.yaml:2: hint: `s3://hr-data/staff` is one object of exactly this name;"
    " everything below it is s3://hr-data/staff/*"
)


@pytest.mark.parametrize(
    ("match", "hints"),
    [
        ("s3://hr-data/staff", [ONE_OBJECT]),
        ("s3://hr-data/staff/*", []),
        ("s3://hr-data/staff.csv", []),
        ("s3://hr-data", []),
    ],
    ids=["perhaps a folder", "a folder", "a file", "a bucket"],
)
def test_a_pattern_of_one_object_that_may_mean_a_folder_is_hinted_at(project, s3watch, match, hints):
    write_folder(project / "rules", catalogue=f"- name: staff\n  match: {match}\n")

    code, _, err = s3watch("compile", "--strict")

    assert (code, [line for line in err.splitlines() if "hint" in line]) == (0, hints)


def test_warnings_let_the_build_go_on_unless_it_is_strict(project, s3watch):
    write_folder(project / "rules", detections__reads=RULE.replace("tags: [attack.t1530]\n", ""))
    warning = "rules/detections/reads.yml:1: {}no tags; add them for the readers of the alert\n"

    lax, strict = s3watch("compile"), s3watch("compile", "--strict")

    assert (lax[0], lax[2].splitlines(keepends=True)[0]) == (0, warning.format("warning: "))
    assert (strict[0], strict[2]) == (1, warning.format(""))


@pytest.mark.parametrize(
    ("said", "asked"),
    [("", True), (" TrailAlsoRecords=neither", False), (" ExistingTrail=audit", False)],
    ids=["nothing", "what to record", "whose trail it is"],
)
def test_whether_a_further_copy_of_management_events_is_paid_for_is_asked_in_words(
    project, s3watch, said, asked
):
    config = project / "samconfig.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('data"', f'data{said}"'), encoding="utf-8")

    code, _, err = s3watch("compile", "--config", "samconfig.toml")

    assert (code, "2.00 USD per 100,000 events" in err) == (0, asked)


def test_without_a_template_a_build_says_that_parameters_were_not_checked_and_goes_on(project, s3watch):
    (project / "template.yaml").unlink()

    code, _, err = s3watch("compile", "--config", "samconfig.toml")

    assert (code, "was not checked: there is no such file" in err) == (0, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", ["alerts reach nobody", "nor do problems with s3watch itself"]),
        (r" AlertEmail=\"\"", ["alerts reach nobody", "nor do problems with s3watch itself"]),
        (" OperationsEmail=o@example.com", ["alerts reach nobody"]),
        (" AlertEmail=a@example.com", []),
    ],
    ids=["nobody", "an empty address", "only for problems", "somebody"],
)
def test_that_alerts_reach_nobody_yet_is_said(project, s3watch, given, said):
    config = project / "samconfig.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('data"', f'data{given}"'), encoding="utf-8")

    code, _, err = s3watch("compile", "--config", "samconfig.toml")

    phrases = ["alerts reach nobody", "nor do problems with s3watch itself"]
    assert (code, [phrase for phrase in phrases if phrase in err]) == (0, said)


ENTRY = "write what is sensitive: `- {name: payroll, match: s3://hr-data/payroll/*}`"


@pytest.mark.parametrize("command", ["compile", "buckets"])
def test_a_missing_catalogue_stops_the_build(project, s3watch, command):
    (project / "rules/catalogue.yaml").unlink()

    assert s3watch(command) == (1, "", f"rules/catalogue.yaml:1: the catalogue is missing; {ENTRY}\n")


@pytest.mark.parametrize(
    "text", ["", "# none yet\n", "[]", "{objects: []}"], ids=["empty", "a comment", "a list", "a key"]
)
def test_a_catalogue_without_entries_is_a_warning(project, s3watch, text):
    write_folder(project / "rules", catalogue=text)

    code, _, err = s3watch("compile")

    told = "no entries: nothing has a label, an owner or expected principals"
    assert (code, err.splitlines()[0]) == (0, f"rules/catalogue.yaml:1: warning: {told}; {ENTRY}")


def test_a_decoy_that_no_detection_asks_for_is_a_warning(project, s3watch):
    decoy = "- name: bait\n  match: s3://hr-data/payroll/passwords.csv\n  decoy: true\n"
    write_folder(project / "rules", catalogue=decoy)
    silent = s3watch("compile")[2]
    write_folder(project / "rules", detections__decoys=RULE.replace("eventName: GetObject", "s3.decoy: true"))

    told = "rules/catalogue.yaml:3: warning: no detection asks for `s3.decoy`, so that this decoy alerts on"
    assert (told in silent, told in s3watch("compile")[2]) == (True, False)


@pytest.mark.parametrize(
    ("match", "told"),
    [
        ("s3://hr-data/payroll/passwords.csv", False),
        ("s3://hr-data/pay*", True),
        ("s3://hr-data", True),
        ("s3://hr-*/payroll/*", True),
        ("s3://hr-data/payroll/q?.csv", True),
        ("s3://hr-data/payroll/x*.csv", False),
    ],
    ids=["in it", "around it", "the bucket", "a bucket by a pattern", "an object of it", "others"],
)
def test_a_decoy_around_what_another_entry_names_is_a_warning(project, s3watch, match, told):
    entries = f"""\
- name: bait
  match: {match}
  decoy: true
- name: payroll
  match: [s3://hr-data/payroll/*, s3://hr-data/payroll/q3.csv]
"""
    write_folder(
        project / "rules",
        catalogue=entries,
        detections__decoys=RULE.replace("eventName: GetObject", "s3.decoy: true"),
    )

    warning = "rules/catalogue.yaml:3: warning: `payroll` names what is within this decoy"
    assert s3watch("compile")[2].count(warning) == told


def test_compile_names_what_is_on_trial_and_alerts_nobody(project, s3watch):
    trial = f"- {{rule: reads, since: {today()}, owner: me@example.com}}\n"
    write_folder(project / "rules", staging=trial)

    assert s3watch("compile")[2].splitlines()[1:] == ["on trial, alerting nobody: reads"]
    assert load((project / "rules/rules.json").read_bytes()).staged[0].rule == "reads"


def test_compile_hints_at_an_exception_that_ends_soon_and_strictness_does_not_mind(project, s3watch):
    until = today() + timedelta(days=3)
    more = f"owner: me@example.com, reason: agreed, until: {until}"
    write_folder(project / "rules", exceptions=f"# agreed\n- {{rule: reads, actor: role/x, {more}}}\n")
    code, _, err = s3watch("compile", "--strict")

    assert code == 0
    assert err.splitlines()[1] == (
        f"rules/exceptions.yaml:2: hint: the exception from reads ends in 3 days, on {until}; agree with"
        " me@example.com on what comes then"
    )


ASKING = RULE.replace("eventName: GetObject", "s3.outside_aws: true")


def test_compile_says_what_never_alerts_for_want_of_the_ranges_of_aws(project, s3watch):
    write_folder(project / "rules", detections__outside=ASKING)

    code, _, err = s3watch("compile", "--strict")

    assert code == 0
    assert "aws-ranges.json is missing, so that these never alert: outside; write it:\n  curl -s https" in err


@pytest.mark.parametrize(("days", "told"), [(60, False), (61, True)], ids=["still new", "old"])
def test_compile_hints_at_ranges_that_are_old(project, s3watch, days, told):
    write_folder(project / "rules", detections__outside=ASKING)
    created = f"{today() - timedelta(days=days)}-08-00-00"
    (project / "rules/aws-ranges.json").write_text(f'{{"createDate": "{created}"}}')

    assert ("aws-ranges.json: hint: it is 61 days old" in s3watch("compile")[2]) is told
