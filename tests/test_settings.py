from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from s3watch.alerts.reader import Reader
from s3watch.errors import SettingError
from s3watch.settings import (
    HealthSettings,
    Queues,
    Settings,
    TopicArns,
    canary_bucket,
    chat_role,
    copied_accounts,
    log_buckets,
    log_file_keys,
    own_account,
    own_stack,
    reader,
    receives_object_events,
)

ENVIRONMENT = {
    "S3WATCH_WATCHED_BUCKETS": "hr-data,finance-exports",
    "S3WATCH_LEDGER_TABLE": "ledger",
    "S3WATCH_TIME_ZONE": "Europe/Berlin",
    "S3WATCH_QUEUE_URL": "https://sqs.example/events",
    "S3WATCH_DEAD_LETTER_QUEUE_URL": "https://sqs.example/dead",
    "S3WATCH_ALERT_TOPIC": "arn:aws:sns:eu-west-1:111122223333:alerts",
    "S3WATCH_CHAT_TOPIC": "arn:aws:sns:eu-west-1:111122223333:chat",
}


def test_settings_are_read_from_the_variables_of_the_template():
    settings = Settings.from_environment(ENVIRONMENT)

    assert (settings.watched_buckets, settings.table, settings.zone.key, settings.rules) == (
        ("hr-data", "finance-exports"), "ledger", "Europe/Berlin", "/opt/rules.json",
    )  # fmt: skip
    assert settings.systems == "/opt/asn.mmdb"


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (Settings, "S3WATCH_WATCHED_BUCKETS"),
        (Settings, "S3WATCH_LEDGER_TABLE"),
        (Queues, "S3WATCH_QUEUE_URL"),
        (Queues, "S3WATCH_DEAD_LETTER_QUEUE_URL"),
        (TopicArns, "S3WATCH_ALERT_TOPIC"),
        (TopicArns, "S3WATCH_CHAT_TOPIC"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_missing_setting_is_named(read: type[Settings | Queues | TopicArns], name: str):
    without = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(SettingError, match=f"environment variable {name} is missing"):
        read.from_environment(without)


def test_sam_local_invoke_is_told_at_once_that_it_has_no_ledger():
    local = ENVIRONMENT | {"AWS_SAM_LOCAL": "true", "S3WATCH_LEDGER_TABLE": "Ledger"}

    with pytest.raises(SettingError, match="export S3WATCH_LEDGER_TABLE=TABLE"):
        Settings.from_environment(local)

    assert Settings.from_environment(local | {"S3WATCH_LEDGER_TABLE": "s3watch-ledger"}).table
    assert Settings.from_environment(local | {"AWS_SAM_LOCAL": ""}).table  # a table may be named so on AWS


@pytest.mark.parametrize(
    "zone", ["Mars", "Europe", "../UTC", "a" * 5000], ids=["unknown", "a continent", "outside", "too long"]
)
def test_an_unknown_time_zone_is_refused_with_an_example(zone):
    with pytest.raises(SettingError, match=rf"S3WATCH_TIME_ZONE is '{zone}', .* such as Europe/Berlin"):
        Settings.from_environment(ENVIRONMENT | {"S3WATCH_TIME_ZONE": zone})


def test_readers_have_the_deployments_time_zone_analytics_log_files_and_stack():
    given = {
        "S3WATCH_TIME_ZONE": "Europe/Berlin", "S3WATCH_ANALYTICS": "tables", "S3WATCH_TRAIL_LOGS": "s3://logs",
        "POWERTOOLS_SERVICE_NAME": "hr",
    }  # fmt: skip

    assert (reader(given), reader({})) == (
        Reader(ZoneInfo("Europe/Berlin"), "tables", "s3://logs", "hr"),
        Reader(ZoneInfo("UTC")),
    )


def test_unknown_analytics_are_refused():
    with pytest.raises(SettingError, match="S3WATCH_ANALYTICS is 'maybe'; use one of off, tables, log-group"):
        reader({"S3WATCH_ANALYTICS": "maybe"})


@pytest.mark.parametrize(("value", "joins"), [("true", True), ("false", False), ("", False)], ids=repr)
def test_object_events_are_expected_only_if_the_template_says_so(value, joins):
    assert receives_object_events({"S3WATCH_OBJECT_DELETED": value}) is joins


@pytest.mark.parametrize(
    ("given", "name"), [({"POWERTOOLS_SERVICE_NAME": "s3watch"}, "s3watch"), ({}, "")], ids=["set", "not set"]
)
def test_the_own_stack_is_the_service_that_metrics_name(given: dict[str, str], name: str):
    assert own_stack(given) == name


def test_the_own_account_is_required():
    with pytest.raises(SettingError, match="S3WATCH_ACCOUNT"):
        own_account({})


@pytest.mark.parametrize(
    ("given", "buckets"),
    [
        ("", frozenset()),
        (",,arn:aws:s3:::org-logs", {"org-logs"}),
        ("trail-logs,,arn:aws-cn:s3:::org-logs", {"trail-logs", "org-logs"}),
    ],
    ids=["none yet", "another account's", "ours and another's"],
)
def test_log_buckets_are_named_or_given_as_arns(given, buckets):
    assert log_buckets({"S3WATCH_LOG_BUCKETS": given}) == buckets


def test_log_buckets_that_nobody_set_are_a_missing_setting():
    with pytest.raises(SettingError, match="S3WATCH_LOG_BUCKETS"):
        log_buckets({})


@pytest.mark.parametrize(
    ("given", "accounts"),
    [
        ({}, set()),
        ({"S3WATCH_ACCESS_LOG_ACCOUNTS": "none"}, set()),
        ({"S3WATCH_ACCESS_LOG_ACCOUNTS": "1,2"}, {"1", "2"}),
    ],
    ids=["not set", "none", "some"],
)
def test_the_accounts_with_copied_access_logs(given, accounts):
    assert copied_accounts(given) == accounts


@pytest.mark.parametrize(
    ("environment", "keys"),
    [
        ({}, None),
        ({"S3WATCH_LOG_FILE_KEYS": ""}, frozenset()),
        ({"S3WATCH_LOG_FILE_KEYS": "a,b"}, {"a", "b"}),
    ],
    ids=["any", "none", "some"],
)
def test_the_keys_of_log_files(environment, keys):
    assert log_file_keys(environment) == keys


@pytest.mark.parametrize(
    ("given", "canary"),
    [({}, ()), ({"S3WATCH_CANARY": "none"}, ()), ({"S3WATCH_CANARY": "bucket/role"}, ("bucket", "role"))],
    ids=["an older template", "off", "on"],
)
def test_the_canary_is_a_bucket_and_the_role_that_reads_it(given, canary):
    assert Settings.from_environment(ENVIRONMENT | given).canary == canary


@pytest.mark.parametrize(("value", "judges"), [("on", True), ("off", False), ("", False)], ids=repr)
def test_there_are_buttons_in_the_chat_only_if_the_template_says_so(value, judges):
    assert Settings.from_environment(ENVIRONMENT | {"S3WATCH_BUTTONS": value}).judges_in_chat is judges


def test_the_function_that_takes_verdicts_needs_the_channels_role():
    assert chat_role({"S3WATCH_CHAT_ROLE": "arn"}) == "arn"
    with pytest.raises(SettingError, match="S3WATCH_CHAT_ROLE is missing"):
        chat_role({})


def test_the_function_that_reads_the_canary_needs_its_bucket():
    assert canary_bucket({"S3WATCH_CANARY": "bucket/role"}) == "bucket"
    with pytest.raises(SettingError, match="S3WATCH_CANARY is missing"):
        canary_bucket({})


def test_the_parts_of_the_deployment_are_named_after_the_stack():
    topic, queue = (
        "arn:aws-cn:sns:cn-north-1:111122223333:hr-Ops",
        "arn:aws-cn:sqs:cn-north-1:111122223333:hr",
    )
    found = HealthSettings.from_environment(
        {
            "POWERTOOLS_SERVICE_NAME": "hr", "S3WATCH_OPERATIONS_TOPIC": topic,
            "S3WATCH_ALERT_TOPIC": "alerts", "S3WATCH_TRAIL": "audit", "S3WATCH_TRAIL_SCOPE": "prefixes",
            "S3WATCH_PARTS": "log-files,,reviews,canary,chat", "S3WATCH_OWN_ACCESS_LOGS": "none",
        }
    )  # fmt: skip

    function = "arn:aws-cn:lambda:cn-north-1:111122223333:function:hr"
    assert found == HealthSettings(
        "hr", "aws-cn", "audit", True,
        (f"{queue}-events", f"{queue}-reviews", f"{function}-sweep", f"{function}-read-canary"),
        ("hr-detect", "hr-notify", "hr-sweep", "hr-check-health", "hr-scan-logs", "hr-review-bucket",
         "hr-read-canary", "hr-take-verdict"),
        (("alerts", "alerts"), ("operations", topic)), topic, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "account"),
    [
        ({"S3WATCH_ACCOUNT": "111122223333"}, "111122223333"),
        (
            {"S3WATCH_ALERT_TOPIC": "arn:aws:sns:eu-west-1:111122223333:s3watch-AlertTopic-1A2B"},
            "111122223333",
        ),
        ({"S3WATCH_ALERT_TOPIC": "AlertTopic"}, ""),
    ],
    ids=["named", "that of a topic", "invoked by sam"],
)
def test_the_own_account_is_named_or_that_of_the_topic(environment: dict[str, str], account: str):
    assert own_account(environment) == account
