"""The functions Detect, ScanLogs, Notify and Sweep, invoked as Lambda does, against moto."""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from msgspec.structs import replace
from s3watch import application
from s3watch.alerts.chat_token import read
from s3watch.aws import clients
from s3watch.aws.own_parts.chat_key import KEPT, KEY, read_key
from s3watch.errors import RecordError, RulesUnusableError, SettingError, UnavailableError
from s3watch.ledger.messages import TOPICS, UNSENT
from s3watch.ruleset import dump
from s3watch_cli.compiler import compile_folder
from s3watch_cli.cost import model, paths
from s3watch_cli.rules.diagnostics import Diagnostics

from functions.detect import app as detect
from functions.notify import app as notify
from functions.read_canary import app as read_canary
from functions.scan_logs import app as scan_logs
from functions.sweep import app as sweep
from tests.support.access_log import make_deletion, make_line
from tests.support.asn_databases import asn_database
from tests.support.assumptions import make_assumption, make_history_event
from tests.support.aws_answers import refuse
from tests.support.cloudtrail import as_bytes, make_event, make_log_file, make_record, make_role
from tests.support.ledger_table import TABLE, make_table, stream
from tests.support.log_files import ACCESS_KEY, TRAIL_KEY, make_notification
from tests.support.project import CATALOGUE, ROOT, RULES

# A handler that raises has nothing to count.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
REGION = "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:alerts"
CHAT = f"arn:aws:sns:{REGION}:123456789012:chat"
FINDINGS = f"arn:aws:sns:{REGION}:123456789012:findings"
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 50_000,
    function_name="s3watch",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="id",
)


def sample(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def rules_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the shipped rules with the example catalogue."""
    path = tmp_path_factory.mktemp("layer") / "rules.json"
    compiled = compile_folder(RULES, date(2026, 11, 20), Diagnostics(), catalogue=CATALOGUE)
    path.write_bytes(dump(compiled.ruleset))
    return path


def forget() -> None:
    """Clear everything that is cached for the life of a process."""
    for made in (*vars(application).values(), clients.client, clients.brief_client):
        if hasattr(made, "cache_clear"):
            made.cache_clear()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, rules_json: Path) -> Iterator[pytest.MonkeyPatch]:
    """Set the variables that template.yaml sets, with nothing cached from another test."""
    variables = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        "S3WATCH_RULES": str(rules_json), "S3WATCH_WATCHED_BUCKETS": "hr-data,finance-exports",
        "S3WATCH_LEDGER_TABLE": TABLE, "S3WATCH_ALERT_TOPIC": TOPIC, "S3WATCH_CHAT_TOPIC": CHAT,
        "S3WATCH_MACHINE_TOPIC": FINDINGS,
        "S3WATCH_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/events",
        "S3WATCH_DEAD_LETTER_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/dead-letters",
        "S3WATCH_ACCOUNT": "111122223333", "S3WATCH_OBJECT_DELETED": "true",
        "S3WATCH_LOG_BUCKETS": "trail-logs,arn:aws:s3:::org-logs",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget()
    yield monkeypatch
    forget()


@pytest.fixture
def account(environment: pytest.MonkeyPatch) -> Iterator[Any]:
    """Create the table, the queues, the topics, and a queue subscribed to the machine topic."""
    with mock_aws():
        make_table()
        sqs, sns = boto3.client("sqs"), boto3.client("sns")
        queues = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("events", "dead-letters", "inbox")
        }
        sns.create_topic(Name="alerts")
        sns.create_topic(Name="chat")
        sns.create_topic(Name="findings")
        inbox = f"arn:aws:sqs:{REGION}:123456789012:inbox"
        sns.subscribe(
            TopicArn=FINDINGS, Protocol="sqs", Endpoint=inbox, Attributes={"RawMessageDelivery": "true"}
        )
        yield SimpleNamespace(sqs=sqs, queues=queues, sns=sns)


def messages(account: Any, queue: str) -> list[str]:
    answer = account.sqs.receive_message(QueueUrl=account.queues[queue], MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{n}", "body": body, "receiptHandle": f"r{n}", "attributes": {}}
            for n, body in enumerate(bodies)
        ]
    }


def groups() -> list[Any]:
    store = application.store()
    return [store.group(identity) for identity in store.due_groups(1e12)]


def table_of_events() -> dict[str, set[str]]:
    """Return the detections that events/README.md lists for each event, findings excepted."""
    text = (ROOT / "events/README.md").read_text()
    rows = re.findall(r"^\| (?!event |finding-)([a-z][a-z0-9-]+) \| .* \| (.*) \|$", text, re.MULTILINE)
    names = {path.stem for path in (RULES / "detections").glob("*.yml")}
    return {event: names & set(re.findall(r"[a-z0-9-]+", detections)) for event, detections in rows}


def test_every_sample_event_is_in_the_table():
    assert sorted(table_of_events()) == sorted(
        path.stem
        for path in (ROOT / "events").glob("*.json")
        if not path.stem.startswith(("finding-", "review-"))
    )


@pytest.mark.parametrize(("name", "rules"), list(table_of_events().items()), ids=list(table_of_events()))
def test_a_sample_event_does_what_its_name_says(account: Any, name: str, rules: set[str]):
    detect.handler(sample(name), CONTEXT)
    application.pipeline().evaluate_due_deletes(time.time() + 60)

    assert {rule for group in groups() for rule in group.rules} == rules


@pytest.mark.parametrize(
    ("bucket", "rules"),
    [("trail-logs", ["log-bucket-changed"]), ("org-logs", ["log-bucket-changed"]), ("other-logs", None)],
    ids=["our own", "given as an ARN", "another one"],
)
def test_the_changed_policy_of_a_log_bucket_of_the_deployment_is_alerted(
    account: Any, bucket: str, rules: list[str] | None
):
    record = make_record(eventName="DeleteBucketPolicy", bucket=bucket, key=None)
    detect.handler(json.loads(make_event(record)), CONTEXT)

    assert [list(group.rules) for group in groups()] == ([rules] if rules else [])


@pytest.mark.parametrize(
    ("trail", "rule"),
    [("s3watch", "trail-stopped-or-narrowed"), ("audit", "trail-selectors-changed")],
    ids=["the deployment's", "another one"],
)
def test_only_the_trail_of_the_deployment_can_leave_a_watched_bucket_out(
    account: Any, environment: pytest.MonkeyPatch, trail: str, rule: str
):
    environment.setenv("S3WATCH_TRAIL", "s3watch")
    selector = {"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::hr-data/"]}]}
    request = {"trailName": trail, "eventSelectors": [selector]}
    given = {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": request, "resources": []}
    detect.handler(json.loads(make_event(make_record(eventName="PutEventSelectors", **given))), CONTEXT)

    assert [(group.rules, group.evidence.unrecorded_buckets) for group in groups()] == [
        ((rule,), ("finance-exports",) if trail == "s3watch" else ())
    ]


def test_a_hit_becomes_a_message_through_all_three_functions(account: Any):
    detect.handler(sample("unexpected-read"), CONTEXT)
    (group,) = groups()
    notify.handler(stream(), CONTEXT)
    sweep.handler({}, CONTEXT)

    (finding,) = messages(account, "inbox")
    assert json.loads(finding)["finding_info"]["uid"] == group.id


def test_what_the_rules_bring_along_is_told_of_an_access(account: Any, monkeypatch: Any, tmp_path: Path):
    compiled = compile_folder(RULES, date(2026, 11, 20), Diagnostics(), catalogue=CATALOGUE).ruleset
    named = replace(compiled, accounts=(("111122223333", "hr-prod"),))
    (tmp_path / "rules.json").write_bytes(dump(named))
    (tmp_path / "asn.mmdb").write_bytes(asn_database({"203.0.113.0/24": {"asn": "AS64500"}}))
    monkeypatch.setenv("S3WATCH_RULES", str(tmp_path / "rules.json"))
    detect.handler(sample("unexpected-read"), CONTEXT)

    (group,) = groups()
    evidence = group.evidence
    assert (evidence.account_names, evidence.as_number) == ((("111122223333", "hr-prod"),), 64500)


@pytest.mark.parametrize(
    ("versioning", "facts"),
    [
        ("Enabled", {"versioning": "enabled"}),
        ("", {"versioning": "never"}),
        ("denied", {"unread": "refused"}),
    ],
    ids=["versioned", "not versioned", "denied"],
)
def test_a_delete_is_told_with_the_versioning_of_its_bucket(account: Any, versioning: Any, facts: Any):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="hr-data", CreateBucketConfiguration={"LocationConstraint": REGION})
    if versioning == "denied":
        refuse(clients.brief_client("s3"), "GetBucketVersioning", "AccessDenied")
    elif versioning:
        s3.put_bucket_versioning(Bucket="hr-data", VersioningConfiguration={"Status": versioning})
    deleted = make_record(eventName="DeleteObject", userIdentity=make_role("Intruder"))
    detect.handler(sqs_event(make_event(deleted).decode()), CONTEXT)
    notify.handler(stream(), CONTEXT)

    [finding] = map(json.loads, messages(account, "inbox"))
    assert finding["unmapped"]["evidence"]["bucket_facts"] == facts


@pytest.mark.parametrize(
    ("answer", "assumed"),
    [
        ([make_assumption()], "user/alice"),
        ([], "not found"),
        ("ThrottlingException", "busy"),
        ("AccessDeniedException", "refused"),
    ],
    ids=["found", "not found", "throttled", "denied"],
)
def test_a_read_by_a_role_is_told_with_who_assumed_it(
    account: Any, environment: pytest.MonkeyPatch, answer: list[dict[str, Any]] | str, assumed: str
):
    environment.setenv("AWS_REGION", REGION)
    for region in (REGION, "us-east-1"):
        stub = Stubber(clients.brief_client("cloudtrail", region))
        if isinstance(answer, str):
            stub.add_client_error("lookup_events", answer, http_status_code=400)
        else:
            events = [make_history_event(record) | {"EventTime": datetime.now(UTC)} for record in answer]
            stub.add_response("lookup_events", {"Events": events})
        stub.activate()
    intruder = make_role("Intruder", creationDate="2020-11-20T07:00:00Z")  # long ago, whatever the clock says
    detect.handler(sqs_event(make_event(make_record(userIdentity=intruder)).decode()), CONTEXT)
    notify.handler(stream(), CONTEXT)

    [finding] = map(json.loads, messages(account, "inbox"))
    told = finding["unmapped"]["evidence"]["assumed"]
    assert (told["by"][0]["principal"] if told.get("by") else told["unread"]) == assumed


def test_the_sweeper_sends_what_the_stream_did_not(account: Any, monkeypatch: pytest.MonkeyPatch):
    detect.handler(sample("unexpected-read"), CONTEXT)
    later = time.time() + UNSENT
    monkeypatch.setattr("time.time", lambda: later)

    assert (sweep.handler({}, CONTEXT)["sent"], len(messages(account, "inbox"))) == (3, 1)


def send_to_chat(account: Any, name: str, after: float) -> str:
    """Have a sample event told, some seconds from now; returns the token that the chat gets."""
    detect.handler(sample(name), CONTEXT)
    application.sweep(lambda: time.time() + after, 50)
    told = [json.loads(body)["metadata"].get("additionalContext") for body in messages(account, "inbox")]
    (token,) = (context["alert"] for context in told if context)
    return token


def test_senders_go_over_to_a_new_key_of_the_chats_buttons(account: Any, environment: pytest.MonkeyPatch):
    environment.setenv("S3WATCH_BUTTONS", "on")
    inbox = f"arn:aws:sqs:{REGION}:123456789012:inbox"
    account.sns.subscribe(
        TopicArn=CHAT, Protocol="sqs", Endpoint=inbox, Attributes={"RawMessageDelivery": "true"}
    )
    table = boto3.client("dynamodb")
    send_to_chat(account, "unexpected-read", UNSENT + 1)
    old = read_key(table, TABLE)
    table.delete_item(TableName=TABLE, Key=KEY)
    token = send_to_chat(account, "trail-stopped", UNSENT + 1 + KEPT)

    assert read_key(table, TABLE) != old
    assert read(token, read_key(table, TABLE)).sequence == 1


@pytest.mark.parametrize("switch", ["true", "false"], ids=["with a dashboard", "without one"])
def test_detect_counts_hits_by_detection_where_there_is_a_dashboard(
    account: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, switch: str
):
    monkeypatch.setenv("S3WATCH_HIT_METRICS", switch)

    detect.handler(sample("unexpected-read"), CONTEXT)

    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = {line["rule"]: line["Hits"] for line in printed if "Hits" in line and "rule" in line}
    assert counted == ({"unexpected-read": [1]} if switch == "true" else {})


def test_an_unreadable_message_goes_to_the_dead_letter_queue_by_itself(account: Any):
    answer = detect.handler(sqs_event("{", make_event(make_record()).decode()), CONTEXT)

    assert (answer, messages(account, "dead-letters"), len(groups())) == ({"batchItemFailures": []}, ["{"], 1)


def test_a_message_stays_in_the_queue_while_the_ledger_is_down(account: Any):
    boto3.client("dynamodb").delete_table(TableName=TABLE)
    bare = make_event(make_record(bucket="elsewhere")).decode()
    answer = detect.handler(sqs_event(bare, make_event(make_record()).decode()), CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


@pytest.mark.parametrize(
    ("left", "retried"), [(39_999, ["m0"]), (40_000, [])], ids=["a third is over", "two thirds are left"]
)
def test_a_message_stays_in_the_queue_if_a_third_of_the_time_is_over(
    account: Any, left: int, retried: list[str]
):
    context = SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: left})
    answer = detect.handler(sqs_event(make_event(make_record()).decode()), context)

    assert answer == {"batchItemFailures": [{"itemIdentifier": name} for name in retried]}
    assert len(groups()) == 1 - len(retried)


def test_an_unreadable_message_stays_in_the_queue_while_the_dead_letter_queue_is_down(account: Any):
    account.sqs.delete_queue(QueueUrl=account.queues["dead-letters"])

    assert detect.handler(sqs_event("{"), CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_topic_that_is_down_keeps_its_message_and_holds_up_no_other(account: Any, capsys: Any):
    detect.handler(sample("unexpected-read"), CONTEXT)
    account.sns.delete_topic(TopicArn=TOPIC)
    notify.handler(stream(), CONTEXT)
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]

    assert (metrics["MessagesDelayed"], metrics["MessagesSent"]) == ([1], [2])
    assert [topic for topic in TOPICS if application.store().due_messages(topic, 1e12)] == ["mail"]


def test_without_a_key_for_buttons_every_topic_gets_its_message(
    account: Any, environment: pytest.MonkeyPatch, capsys: Any
):
    environment.setenv("S3WATCH_BUTTONS", "on")
    item = {"pk": {"S": "chat-key"}, "key": {"S": "another"}}
    clients.client("dynamodb").put_item(TableName=TABLE, Item=item)
    detect.handler(sample("unexpected-read"), CONTEXT)
    notify.handler(stream(), CONTEXT)
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]

    assert (metrics["MessagesDelayed"], metrics["MessagesSent"]) == ([0], [3])


def test_the_sweeper_raises_while_sns_is_down(account: Any, monkeypatch: pytest.MonkeyPatch):
    detect.handler(sample("unexpected-read"), CONTEXT)
    account.sns.delete_topic(TopicArn=TOPIC)
    later = time.time() + UNSENT
    monkeypatch.setattr("time.time", lambda: later)

    with pytest.raises(UnavailableError, match="SNS"):
        sweep.handler({}, CONTEXT)


def test_an_unreadable_event_without_an_envelope_is_refused(account: Any):
    with pytest.raises(RecordError, match="not an EventBridge event"):
        detect.handler({"something": "else"}, CONTEXT)


@pytest.mark.usefixtures("environment")
def test_why_a_single_event_could_not_be_recorded_is_in_its_error():
    with mock_aws(), pytest.raises(UnavailableError, match=r"not recorded: DynamoDB: .*ResourceNotFound"):
        detect.handler(sample("unexpected-read"), CONTEXT)


@pytest.mark.usefixtures("environment")
def test_why_messages_are_retried_is_in_the_log(caplog: pytest.LogCaptureFixture):
    with mock_aws():
        answer = detect.handler(sqs_event(json.dumps(sample("unexpected-read"))), CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert caplog.records[0].getMessage() == "records will be retried"
    assert "ResourceNotFoundException" in vars(caplog.records[0])["reason"]


def test_a_missing_setting_stops_the_function_before_any_event_is_handled(environment: pytest.MonkeyPatch):
    environment.delenv("S3WATCH_LEDGER_TABLE")

    with pytest.raises(SettingError, match="S3WATCH_LEDGER_TABLE"):
        detect.handler(sample("unexpected-read"), CONTEXT)


def test_a_function_without_compiled_rules_refuses_to_start(environment: pytest.MonkeyPatch, tmp_path: Path):
    environment.setenv("S3WATCH_RULES", str(tmp_path / "rules.json"))

    with pytest.raises(RulesUnusableError, match=r"no compiled rules at .* run `sam build` and deploy again"):
        detect.handler(sample("unexpected-read"), CONTEXT)


def test_a_function_with_rules_of_another_format_refuses_to_start(
    environment: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "rules.json").write_text('{"format": 99}')
    environment.setenv("S3WATCH_RULES", str(tmp_path / "rules.json"))

    with pytest.raises(RulesUnusableError, match="format 99"):
        detect.handler(sample("unexpected-read"), CONTEXT)


def test_a_catalogue_bucket_that_is_not_watched_is_reported_every_minute(
    account: Any, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    environment.setenv("S3WATCH_WATCHED_BUCKETS", "hr-data")
    sweep.handler({}, CONTEXT)
    metrics = next(json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)

    assert metrics["BucketsUnwatched"] == [1.0]


def test_a_watched_bucket_outside_the_catalogue_is_sensitive_as_a_whole(
    account: Any, environment: pytest.MonkeyPatch
):
    environment.setenv("S3WATCH_WATCHED_BUCKETS", "hr-data,finance-exports,press-office")
    detect.handler(json.loads(make_event(make_record(bucket="press-office"))), CONTEXT)

    assert [group.label for group in groups()] == ["press-office"]


@pytest.fixture
def log_bucket(account: Any) -> Any:
    """Create a bucket with a trail's log file and an access log, both recording the same read."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="trail-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="trail-logs", Key=TRAIL_KEY, Body=gzip.compress(make_log_file(make_record())))
    s3.put_object(Bucket="trail-logs", Key=ACCESS_KEY, Body=make_line())
    return s3


def announced(*keys: str) -> dict[str, Any]:
    return sqs_event(*(json.dumps(make_notification(key)) for key in keys))


def test_event_log_file_and_access_log_of_one_request_give_one_alert(log_bucket: Any):
    event = sqs_event(make_event(make_record()).decode())
    answers = [
        detect.handler(event, CONTEXT), scan_logs.handler(announced(TRAIL_KEY, ACCESS_KEY), CONTEXT)
    ]  # fmt: skip

    assert answers == [{"batchItemFailures": []}] * 2
    assert [group.count for group in groups()] == [1]


def test_an_access_found_in_a_log_file_only_is_alerted_as_late(log_bucket: Any, monkeypatch: Any):
    happened = 1795162443.0  # 2026-11-20T08:14:03Z
    monkeypatch.setattr("time.time", lambda: happened + 420)
    scan_logs.handler(announced(TRAIL_KEY), CONTEXT)
    (group,) = groups()

    assert (group.late, group.count) == (420, 1)


def test_the_message_of_an_unreadable_file_goes_to_the_dead_letter_queue(account: Any, log_bucket: Any):
    log_bucket.put_object(Bucket="trail-logs", Key="AWSLogs/bad.json.gz", Body=b"hello")
    event = announced("AWSLogs/bad.json.gz", TRAIL_KEY)

    assert scan_logs.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert messages(account, "dead-letters") == [event["Records"][0]["body"]]
    assert len(groups()) == 1


def test_an_unreadable_record_of_a_file_goes_to_the_dead_letter_queue_and_can_be_redriven(
    account: Any, log_bucket: Any
):
    content = b'{"Records": [7, ' + as_bytes(make_record()) + b"]}"
    log_bucket.put_object(Bucket="trail-logs", Key=TRAIL_KEY, Body=gzip.compress(content))
    scan_logs.handler(announced(TRAIL_KEY), CONTEXT)
    (body,) = messages(account, "dead-letters")

    assert json.loads(body) == {
        "file": f"s3://trail-logs/{TRAIL_KEY}", "number": 1, "record": "7",
        "reason": "a record is a JSON object, not int",
    }  # fmt: skip
    assert scan_logs.handler(sqs_event(body), CONTEXT) == {"batchItemFailures": []}
    assert messages(account, "dead-letters") == [body]  # as long as the record in the file is unreadable


def test_a_missing_file_stays_in_the_queue(log_bucket: Any):
    answer = scan_logs.handler(announced("AWSLogs/gone.json.gz", TRAIL_KEY), CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_notice_of_a_file_that_never_comes_goes_to_the_dead_letter_queue(account: Any, log_bucket: Any):
    event = announced("AWSLogs/gone.json.gz")
    event["Records"][0]["attributes"] = {"ApproximateReceiveCount": "5"}

    assert scan_logs.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert messages(account, "dead-letters") == [event["Records"][0]["body"]]


def test_a_file_of_an_unknown_bucket_is_logged_and_forgotten(
    account: Any, log_bucket: Any, caplog: pytest.LogCaptureFixture
):
    event = sqs_event(json.dumps(make_notification(TRAIL_KEY, bucket="elsewhere")))

    assert scan_logs.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert (groups(), messages(account, "dead-letters")) == ([], [])
    assert vars(caplog.records[0])["buckets"] == ["elsewhere"]


def test_a_file_stays_in_the_queue_while_the_ledger_is_down(log_bucket: Any):
    boto3.client("dynamodb").delete_table(TableName=TABLE)

    assert scan_logs.handler(announced(TRAIL_KEY), CONTEXT)["batchItemFailures"] == [{"itemIdentifier": "m0"}]


def test_a_file_stays_in_the_queue_while_the_dead_letter_queue_is_down(account: Any, log_bucket: Any):
    log_bucket.put_object(Bucket="trail-logs", Key=TRAIL_KEY, Body=gzip.compress(b'{"Records": [7]}'))
    account.sqs.delete_queue(QueueUrl=account.queues["dead-letters"])

    assert scan_logs.handler(announced(TRAIL_KEY), CONTEXT)["batchItemFailures"] == [{"itemIdentifier": "m0"}]


def test_a_notification_without_an_envelope_is_answered_with_the_counts(log_bucket: Any):
    assert scan_logs.handler(make_notification(TRAIL_KEY), CONTEXT)["RecordsHit"] == 1


def test_an_object_deleted_event_waits_for_the_cloudtrail_record(account: Any):
    deletion = as_bytes(make_deletion()).decode()
    single = make_event(make_record(eventName="DeleteObject")).decode()
    detect.handler(sqs_event(deletion), CONTEXT)
    detect.handler(sqs_event(single), CONTEXT)
    application.pipeline().evaluate_due_deletes(time.time() + 1000)

    assert [(group.actor, group.rules) for group in groups()] == [("role/Analyst", ("unexpected-delete",))]


def test_an_object_deleted_event_without_a_cloudtrail_record_is_alerted(account: Any):
    detect.handler(sqs_event(as_bytes(make_deletion()).decode()), CONTEXT)
    application.pipeline().evaluate_due_deletes(time.time() + 1000)

    assert [group.rules for group in groups()] == [("unattributed-delete",)]


def logged(capfd: pytest.CaptureFixture[str]) -> int:
    """The bytes of what was printed, without line ends."""
    return sum(len(line) for line in capfd.readouterr().out.splitlines())


def test_detect_logs_as_little_of_a_clean_batch_as_its_costs_say(account: Any, capfd: Any):
    clean = make_event(make_record(bucket="elsewhere")).decode()
    detect.handler(sqs_event(clean), CONTEXT)

    assert logged(capfd) == pytest.approx(paths.DETECT_LOG_BYTES, rel=0.2)


def test_scan_logs_logs_as_little_of_a_clean_file_as_its_costs_say(log_bucket: Any, capfd: Any):
    content = gzip.compress(make_log_file(make_record(bucket="elsewhere")))
    log_bucket.put_object(Bucket="trail-logs", Key=TRAIL_KEY, Body=content)
    scan_logs.logger.registered_handler.setStream(sys.stdout)  # as it was when the module was imported, else
    scan_logs.handler(announced(TRAIL_KEY), CONTEXT)

    assert logged(capfd) == pytest.approx(paths.SCAN_LOG_BYTES, rel=0.2)


def test_a_quiet_sweep_logs_as_little_as_its_costs_say(account: Any, capfd: Any):
    sweep.handler({}, CONTEXT)

    assert logged(capfd) == pytest.approx(model.SWEEP_LOG_BYTES, rel=0.2)


def test_the_canary_is_read_and_the_time_until_its_message_is_a_metric(
    environment: pytest.MonkeyPatch, account: Any, capsys: Any
):
    boto3.client("s3").create_bucket(
        Bucket="s3watch-canary", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    environment.setenv("S3WATCH_CANARY", "s3watch-canary/Canary")
    environment.setenv("S3WATCH_CANARY_TOPIC", FINDINGS)
    read = read_canary.handler({}, CONTEXT)
    record = make_record(
        bucket="s3watch-canary", key="canary", userIdentity=make_role("Canary"), requestID=read["request"],
        eventTime=datetime.fromtimestamp(read["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip
    detect.handler(json.loads(make_event(record)), CONTEXT)
    notify.handler(stream(), CONTEXT)
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]

    assert metrics["MessagesSent"] == [1]
    assert 0 <= metrics["CanarySeconds"][0] < 60
    assert len(messages(account, "inbox")) == 1
