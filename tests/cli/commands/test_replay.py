from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest
from s3watch_cli.rule_tests.example_records import make_record

from tests.support.asn_databases import asn_database
from tests.support.rule_folders import CATALOGUE, RULE, write_folder

MEGABYTE = 1024 * 1024
OWN_PART = RULE.replace("eventName: GetObject", "s3.own_part: rule")
LOG_BUCKET = RULE.replace("eventName: GetObject", "s3.log_bucket: true")


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


def test_a_single_record_is_one(project, s3watch):
    (project / "log.json").write_bytes(msgspec.json.encode(make_record({"base": "GetObject"}, 0)))

    assert s3watch("replay", "log.json")[2] == "1 record: 0 clean, 0 excluded, 1 hit, 0 failed\n"


def test_mails_say_in_which_autonomous_system_of_the_rules_folders_database_an_address_is(project, s3watch):
    (project / "log.json").write_bytes(msgspec.json.encode(make_record({"base": "GetObject"}, 1)))
    (project / "rules/asn.mmdb").write_bytes(asn_database({"203.0.113.0/24": {"asn": "AS64500"}}))
    _, out, _ = s3watch("replay", "log.json", "--messages")

    assert "From: 203.0.113.7 (AS64500), aws-cli 2.31" in msgspec.json.decode(out)["body"]


def test_replay_fails_where_a_file_cannot_be_read(project, s3watch):
    (project / "broken.json").write_text("{", encoding="utf-8")

    code, out, err = s3watch("replay", "broken.json")

    assert (code, out) == (1, "")
    assert err.splitlines()[0].startswith("broken.json")


def test_a_watched_bucket_without_an_entry_is_an_entry(project, s3watch):
    record = make_record({"base": "GetObject", "bucket": "new-data", "key": "a"}, 0)
    (project / "log.json").write_bytes(msgspec.json.encode(record))
    (project / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nparameter_overrides = "WatchedBuckets=hr-data,new-data"\n',
        encoding="utf-8",
    )
    alone, watched = s3watch("replay", "log.json"), s3watch("replay", "log.json", "--watch", "new-data")
    deployed = s3watch("replay", "log.json", "--config-env", "default")

    assert [msgspec.json.decode(out)["label"] for _, out, _ in (alone, watched)] == [None, "new-data"]
    assert deployed == watched


def test_calls_on_the_parts_of_a_stack_are_alerted(project, s3watch):
    write_folder(project / "rules", detections__reads=OWN_PART)
    records = [make_record({"base": "DisableRule"}, number) for number in range(2)]
    (project / "log.json").write_bytes(msgspec.json.encode({"Records": records}))
    (project / "samconfig.toml").write_text(
        '[default.global.parameters]\nstack_name = "s3watch"\n'
        '[default.deploy.parameters]\nparameter_overrides = "WatchedBuckets=hr-data"\n',
        encoding="utf-8",
    )
    alone, named = s3watch("replay", "log.json"), s3watch("replay", "log.json", "--stack", "s3watch")
    deployed = s3watch("replay", "log.json", "--config-env", "default")

    assert (alone[1], msgspec.json.decode(named[1])["count"]) == ("", 2)
    assert deployed == named


def test_the_log_buckets_of_an_environment_are_alerted_for_their_settings(project, s3watch):
    write_folder(project / "rules", detections__reads=LOG_BUCKET)
    record = make_record({"base": "DeleteBucketPolicy", "bucket": "audit-logs"}, 0)
    (project / "log.json").write_bytes(msgspec.json.encode(record))
    (project / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nparameter_overrides = "WatchedBuckets=hr-data LogBuckets=audit-logs"\n',
        encoding="utf-8",
    )
    alone, named = s3watch("replay", "log.json"), s3watch("replay", "log.json", "--log-bucket", "audit-logs")
    deployed = s3watch("replay", "log.json", "--config-env", "default")

    assert (alone[1], msgspec.json.decode(named[1])["bucket"]) == ("", "audit-logs")
    assert deployed == named


@pytest.mark.parametrize(
    ("account", "principals"),
    [([], ["111122223333:role/payroll-app"]), (["--account", "111122223333"], [])],
    ids=["unknown", "given"],
)
def test_who_owns_the_buckets_of_an_export_decides_who_is_expected(
    project, s3watch, account: list[str], principals: list[str]
):
    """The record is one that the caller's account received, and names no resources."""
    expected = "  expected: [{principal: role/payroll-app, do: read}]\n"
    unexpected = RULE.replace("eventName: GetObject", "s3.expected: false")
    write_folder(project / "rules", catalogue=CATALOGUE + expected, detections__reads=unexpected)
    event = {"base": "GetObject", "as": "role/payroll-app", "set": {"recipientAccountId": "444455556666"}}
    (project / "log.json").write_bytes(msgspec.json.encode(make_record(event | {"remove": ["resources"]}, 0)))

    code, out, _ = s3watch("replay", "log.json", *account)

    assert (code, [msgspec.json.decode(line)["principal"] for line in out.splitlines()]) == (0, principals)


def test_an_environment_that_is_not_there_is_named_with_those_that_are(project, s3watch):
    code, _, err = s3watch("replay", "log.json", "--config-env", "us-east-1")

    assert (code, err) == (1, f"{project}/samconfig.toml has no environment `us-east-1`, only default\n")


def test_an_empty_folder_is_said_to_hold_no_log_file(project, s3watch):
    (project / "empty").mkdir()
    code, out, err = s3watch("replay", "empty")

    assert (code, out, err.splitlines()[0]) == (1, "", "no log file in empty")


def test_mails_are_text_on_a_terminal(project, s3watch, monkeypatch):
    (project / "log.json").write_bytes(msgspec.json.encode(make_record({"base": "GetObject"}, 0)))
    piped = msgspec.json.decode(s3watch("replay", "log.json", "--messages")[1])
    text = s3watch("replay", "log.json", "--messages", "--format", "table")[1]

    assert text.split("\n")[1:4] == [f"Date: {piped['at']}", f"Subject: {piped['subject']}", ""]
    assert piped["body"].strip() in text


def test_rules_without_a_detection_are_a_mistake_since_their_silence_would_say_nothing(project, s3watch):
    (project / "empty").mkdir()
    code, _, err = s3watch("replay", "log.json", "--rules", "empty")

    assert (code, err.splitlines()) == (
        1,
        ["empty/detections:1: no detections; add Sigma rules, each in its own `.yml` file"],
    )


def test_a_reader_who_leaves_early_ends_it_quietly(project):
    (project / "log.json").write_bytes(msgspec.json.encode(make_record({"base": "GetObject"}, 0)))
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "s3watch_cli.main", "replay", "log.json"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)

    assert (done.returncode, done.stderr) == (1, "")


def test_memory_does_not_follow_the_size_of_a_file(project):
    line = msgspec.json.encode(make_record({"base": "PutObject", "bucket": "elsewhere"}, 0)) + b"\n"
    (project / "log.ndjson").write_bytes(line * (100 * MEGABYTE // len(line)))
    program = (
        "import sys, s3watch_cli.main as m; sys.argv[1:] = ['replay', 'log.ndjson']\n"
        "try: m.run()\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "0 failed" in done.stderr
    assert int(done.stdout) * 1024 < 150 * MEGABYTE
