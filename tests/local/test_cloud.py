"""The launcher's own behaviours, on an application that uses what s3watch uses."""

import gzip
import io
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.cloud import ROOT, StartError, answers, root
from local.demo.callers import READ, SSO_ROLE, Callers
from local.demo.deploy import Application
from local.settings import STRANGER
from tests.support.local_aws import eventually, start

pytestmark = pytest.mark.local_aws
KEY = "secret/q3 ü.csv"
HOME = "111122223333"


@pytest.fixture(scope="module")
def s3(small):
    client = small.cloud.client("s3")
    client.put_object(Bucket="watched", Key=KEY, Body=b"x" * 100)
    client.put_object(Bucket="unwatched", Key=KEY, Body=b"x")
    return client


@pytest.fixture(scope="module")
def callers(small):
    return Callers(small.cloud)


@pytest.fixture
def items(small):
    table = small.cloud.client("dynamodb")
    return lambda: table.scan(TableName=small.outputs["Table"])["Items"]


@pytest.fixture
def recorded(items):
    """The record of the request with this id, as it went over bus, queue and function into the table."""

    def found(request_id):
        records = [json.loads(item["record"]["S"]) for item in items() if "record" in item]
        return [record for record in records if record["requestID"] == request_id]

    return lambda request_id: eventually(lambda: found(request_id))


def request_id(call, **arguments):
    """Makes a call, refused or not, and gives the id that its answer carried."""
    try:
        answer = call(**arguments)
    except ClientError as refusal:
        answer = refusal.response
    return answer["ResponseMetadata"]["RequestId"]


def test_a_selected_call_becomes_a_record_on_the_bus(s3, recorded):
    [record] = recorded(request_id(s3.get_object, Bucket="watched", Key=KEY))

    assert record["eventName"] == "GetObject"
    assert record["requestParameters"]["key"] == KEY
    assert record["additionalEventData"]["bytesTransferredOut"] == 100


def test_a_selected_call_is_written_to_the_trails_bucket(small, s3):
    wanted = request_id(s3.head_object, Bucket="watched", Key=KEY)
    day, stamp = r"\d{4}/\d\d/\d\d", r"\d{8}T\d{4}Z"
    folder = f"AWSLogs/{HOME}/CloudTrail/eu-west-1/{day}"
    name = rf"{folder}/{HOME}_CloudTrail_eu-west-1_{stamp}_\w{{16}}\.json\.gz"

    def logged():
        keys = [
            item["Key"] for item in s3.list_objects_v2(Bucket=small.outputs["LogBucket"]).get("Contents", ())
        ]
        assert all(re.fullmatch(name, key) for key in keys)
        files = [s3.get_object(Bucket=small.outputs["LogBucket"], Key=key)["Body"].read() for key in keys]
        records = [record for file in files for record in json.loads(gzip.decompress(file))["Records"]]
        return [record["eventName"] for record in records if record["requestID"] == wanted]

    assert eventually(logged) == ["HeadObject"]


def test_a_call_that_no_selector_takes_is_not_recorded(s3, recorded, items):
    unselected = request_id(s3.get_object, Bucket="unwatched", Key=KEY)
    recorded(request_id(s3.get_object, Bucket="watched", Key=KEY))

    assert not [item for item in items() if unselected in item.get("record", {}).get("S", "")]


def test_log_files_do_not_become_records(small, s3, items):
    s3.get_object(Bucket="watched", Key=KEY)
    eventually(lambda: s3.list_objects_v2(Bucket=small.outputs["LogBucket"]).get("Contents"))

    assert not [item for item in items() if small.outputs["LogBucket"] in item.get("key", {}).get("S", "")]
    assert not [item for item in items() if item.get("key", {}).get("S", "").startswith("AWSLogs")]


def test_a_role_calls_with_its_session_from_where_it_is(small, s3, callers, recorded):
    alice = small.cloud.client("s3", callers.analyst("alice@example.com", READ), ip="203.0.113.7")
    [record] = recorded(request_id(alice.get_object, Bucket="watched", Key=KEY))
    identity = record["userIdentity"]

    assert identity["arn"] == f"arn:aws:sts::{HOME}:assumed-role/{SSO_ROLE}/alice@example.com"
    assert identity["principalId"].endswith(":alice@example.com")
    assert identity["sessionContext"]["sessionIssuer"]["arn"].endswith(f"/sso.amazonaws.com/{SSO_ROLE}")
    assert record["sourceIPAddress"] == "203.0.113.7"


def test_a_user_that_iam_refuses_is_recorded_with_the_reason(small, s3, callers, recorded):
    intern = small.cloud.client("s3", callers.user("intern", ()))
    [record] = recorded(request_id(intern.get_object, Bucket="watched", Key=KEY))

    assert record["userIdentity"]["userName"] == "intern"
    assert record["errorCode"] == "AccessDenied"
    assert "no identity-based policy allows the s3:GetObject action" in record["errorMessage"]


def test_nobody_is_recorded_as_anonymous(small, s3, recorded):
    anonymous = small.cloud.anonymous(ip="198.51.100.9")
    [record] = recorded(request_id(anonymous.get_object, Bucket="watched", Key=KEY))

    assert record["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    assert record["errorCode"] == "AccessDenied"


def test_a_stranger_is_recorded_by_its_account_alone(small, s3, recorded):
    stranger = small.cloud.client("s3", root(STRANGER))
    [record] = recorded(request_id(stranger.get_object, Bucket="watched", Key=KEY))

    assert record["userIdentity"] == {"type": "AWSAccount", "principalId": STRANGER, "accountId": STRANGER}


def test_a_presigned_link_is_recorded_as_one(small, s3, callers, recorded):
    signer = small.cloud.client("s3", callers.user("signer", READ))
    link = signer.generate_presigned_url(
        "get_object", Params={"Bucket": "watched", "Key": KEY}, ExpiresIn=600
    )
    with urllib.request.urlopen(link) as answer:
        [record] = recorded(answer.headers["x-amz-request-id"])

    assert record["requestParameters"]["X-Amz-Expires"] == "600"
    assert record["additionalEventData"]["AuthenticationMethod"] == "QueryString"
    assert record["userIdentity"]["userName"] == "signer"


def test_a_batch_delete_is_recorded_with_its_objects_as_service_events(s3, recorded):
    for key in ("a", "b"):
        s3.put_object(Bucket="watched", Key=key, Body=b"")
    both = {"Objects": [{"Key": "a"}, {"Key": "b"}]}
    wanted = request_id(s3.delete_objects, Bucket="watched", Delete=both)
    records = eventually(lambda: [] if len(found := recorded(wanted)) < 3 else found)

    named = [(record["eventName"], record["requestParameters"].get("key")) for record in records]
    assert sorted(named, key=str) == [("DeleteObject", "a"), ("DeleteObject", "b"), ("DeleteObjects", None)]


def test_a_change_of_a_bucket_is_recorded_as_a_write_management_event(s3, recorded):
    block = {"BlockPublicAcls": False, "IgnorePublicAcls": True}
    wanted = request_id(s3.put_public_access_block, Bucket="unwatched", PublicAccessBlockConfiguration=block)
    [record] = recorded(wanted)

    assert record["eventName"] == "PutBucketPublicAccessBlock"
    assert record["requestParameters"]["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is False


def test_stopping_the_trail_is_its_last_record(small, recorded):
    trails = small.cloud.client("cloudtrail")
    try:
        wanted = request_id(trails.stop_logging, Name="small")
    finally:
        trails.start_logging(Name="small")
    [record] = recorded(wanted)

    assert (record["eventSource"], record["eventName"]) == ("cloudtrail.amazonaws.com", "StopLogging")


def test_events_that_claim_to_be_amazons_are_refused(cloud):
    entry = {"Source": "aws.s3", "DetailType": "AWS API Call via CloudTrail", "Detail": "{}"}

    answer = cloud.client("events").put_events(Entries=[entry])

    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_schedule_fires_again_and_again(items):
    def ticks():
        return next((int(item["n"]["N"]) for item in items() if item["id"]["S"] == "ticks"), 0)

    assert eventually(lambda: ticks() >= 2)


def test_a_nested_stack_is_deployed_with_its_outputs(small):
    stacks = small.cloud.client("cloudformation")
    nested = stacks.describe_stack_resource(StackName="small", LogicalResourceId="Trail")[
        "StackResourceDetail"
    ]
    inner = stacks.describe_stacks(StackName=nested["PhysicalResourceId"])["Stacks"][0]

    assert inner["Outputs"][0]["OutputValue"] == small.outputs["LogBucket"]


def test_a_table_keeps_the_expiry_its_template_names(small):
    told = small.cloud.client("dynamodb").describe_time_to_live(TableName=small.outputs["Table"])

    assert told["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_a_stream_passes_on_what_its_filter_takes(small):
    table = small.cloud.client("dynamodb")
    for key, status in (("not yet", "sent"), ("now", "pending")):
        item = {"id": {"S": key}, "status": {"S": status}, "key": {"S": key}}
        table.put_item(TableName=small.outputs["Table"], Item=item)
    eventually(lambda: small.mails("now", to="all@example.com"))

    assert small.mails("not yet", to="all@example.com") == []


def test_the_inbox_holds_what_each_subscription_lets_through(small, s3):
    s3.put_object(Bucket="watched", Key="secret/x", Body=b"")
    s3.put_object(Bucket="watched", Key="public/x", Body=b"")
    eventually(lambda: small.mails("public/x", to="all@example.com"))
    eventually(lambda: small.mails("secret/x", to="all@example.com"))

    urgent = {message.subject for message in small.cloud.inbox("sms")}
    assert "secret/x" in urgent
    assert "public/x" not in urgent


def test_a_subject_with_a_line_break_is_refused(small):
    with pytest.raises(ClientError, match="Invalid parameter: Subject"):
        small.cloud.client("sns").publish(TopicArn=small.outputs["Topic"], Message="m", Subject="a\nb")


def test_a_message_to_a_topic_without_subscribers_is_kept_too(cloud):
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="nobody")["TopicArn"]
    sns.publish(TopicArn=topic, Message="into the void")

    assert [message.body for message in cloud.inbox("none") if message.topic == topic] == ["into the void"]


def test_a_function_sees_its_layer_and_nothing_of_this_machine(small, s3, items, monkeypatch):
    s3.put_object(Bucket="watched", Key="secret/where", Body=b"")
    [mail] = eventually(lambda: small.mails("secret/where", to="all@example.com"))
    seen = json.loads(mail.body)

    assert next(item for item in items() if "rules" in item)["rules"] == {"N": "7"}  # of /opt/rules.json
    assert {"HOME", "USER", "VIRTUAL_ENV", "PYTHONPATH", "GATEWAY_PORT"}.isdisjoint(seen["environment"])
    assert not [path for path in seen["path"] if path.startswith(str(ROOT / ".venv"))]


@pytest.fixture
def window(small):
    """Lets batches wait a second, as AWS demands for more than ten messages."""
    functions = small.cloud.client("lambda")
    [mapping] = [
        one["UUID"]
        for one in functions.list_event_source_mappings()["EventSourceMappings"]
        if ":sqs:" in one["EventSourceArn"]
    ]
    functions.update_event_source_mapping(UUID=mapping, MaximumBatchingWindowInSeconds=1)
    yield
    functions.update_event_source_mapping(UUID=mapping, MaximumBatchingWindowInSeconds=0)


def test_records_come_in_batches_of_more_than_ten(small, items, window):
    sqs = small.cloud.client("sqs")
    details = [
        {"eventID": f"bulk {n}", "requestID": "", "requestParameters": {"key": "k"}} for n in range(40)
    ]
    entries = [{"Id": str(n), "MessageBody": json.dumps({"detail": one})} for n, one in enumerate(details)]
    for ten in range(0, 40, 10):
        sqs.send_message_batch(QueueUrl=small.outputs["Queue"], Entries=entries[ten : ten + 10])

    def bulk():
        return [item["batch"]["S"] for item in items() if item["id"]["S"].startswith("bulk")]

    eventually(lambda: len(bulk()) == 40)
    assert len(set(bulk())) <= 2


def test_only_the_failed_message_of_a_batch_goes_to_the_dead_letters(small, s3, recorded):
    s3.put_object(Bucket="watched", Key="poison", Body=b"")
    recorded(request_id(s3.put_object, Bucket="watched", Key="medicine", Body=b""))
    sqs = small.cloud.client("sqs")

    def dead():
        received = sqs.receive_message(QueueUrl=small.outputs["DeadLetters"]).get("Messages", ())
        return [json.loads(message["Body"])["detail"]["requestParameters"]["key"] for message in received]

    assert eventually(dead) == ["poison"]


def test_a_trail_whose_bucket_refuses_its_files_fails_its_stack(cloud):
    stacks = cloud.client("cloudformation")
    trail = {"S3BucketName": {"Ref": "Logs"}, "IsLogging": True}
    resources = {
        "Logs": {"Type": "AWS::S3::Bucket"},
        "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": trail},
    }
    stacks.create_stack(StackName="refused", TemplateBody=json.dumps({"Resources": resources}))

    def failed():
        events = stacks.describe_stack_events(StackName="refused")["StackEvents"]
        return [
            event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"
        ]

    assert "Incorrect S3 bucket policy is detected" in eventually(failed)[0]


def test_functions_end_with_the_local_aws(tmp_path):
    with start(tmp_path) as cloud:
        callers = Callers(cloud)
        callers.role("runner", ("logs:*",), session="one")
        code = tmp_path / "app.py"
        code.write_text("import time\ndef handler(event, context):\n    time.sleep(event)")
        create_function(cloud, code)
        functions = cloud.client("lambda")
        functions.invoke(FunctionName="sleeper", Payload="0")
        functions.invoke(FunctionName="sleeper", Payload="60", InvocationType="Event")
        eventually(lambda: len(processes(tmp_path)) >= 1)
    assert eventually(lambda: processes(tmp_path) == [])


def create_function(cloud, code):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(code, "app.py")
    cloud.client("lambda").create_function(
        FunctionName="sleeper", Runtime="python3.13", Handler="app.handler", Timeout=90,
        Role=f"arn:aws:iam::{HOME}:role/runner", Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip


def processes(folder):
    """Command lines of running processes that name a folder; on Linux, where /proc tells."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            found.append(line)
    return found


def test_the_local_aws_ends_with_whoever_started_it_even_if_that_is_killed(tmp_path):
    code = (
        "import sys, time; from local.cloud import running; from local.settings import Settings\n"
        "with running(Settings.read()) as cloud:\n"
        "    print(cloud.settings.endpoint, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={"LOCAL_AWS_FOLDER": str(tmp_path), "PATH": ""},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with parent:
        endpoint = parent.stdout.readline().strip()
        assert answers(endpoint)
        parent.send_signal(signal.SIGKILL)

    eventually(lambda: not answers(endpoint))


def test_nothing_is_left_where_all_programs_have_their_temporary_files(tmp_path, monkeypatch):
    temporary, folder = tmp_path / "tmp", tmp_path / "app"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    shutil.copytree(ROOT / "tests/support/local_app", folder)
    with start(tmp_path / "aws") as cloud:
        application = Application(folder, "small")
        application.build(cloud)
        application.deploy(cloud, {"Bucket": "watched", "Window": "0"})

    assert list(temporary.iterdir()) == []
    assert not cloud.settings.temporary.exists()


def test_two_on_one_port_are_refused(cloud, tmp_path):
    with pytest.raises(StartError, match="something answers on"), start(tmp_path, port=cloud.settings.port):
        pass


def test_two_in_one_folder_are_refused(cloud):
    with pytest.raises(StartError, match="another local AWS runs in"), start(cloud.settings.folder):
        pass


def test_a_local_aws_that_can_not_start_says_why(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(StartError, match=r"did not start: .*Address already in use.*aws\.log"):
            start(tmp_path, port=port).__enter__()
