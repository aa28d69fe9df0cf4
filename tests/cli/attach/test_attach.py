"""attach and detach by the command line, on real buckets of the local AWS."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from urllib.parse import unquote_plus

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws
from s3watch.errors import RefusedError
from s3watch_cli.attach.attach import attach, detach
from s3watch_cli.attach.calls import METRICS, Account, read, write
from s3watch_cli.attach.desired_settings import Options

from local.cloud import root
from local.settings import ACCOUNT, REGION, STRANGER, client_environment
from tests.support.bucket_settings import EVENT_BRIDGE, logging_to, notifying
from tests.support.local_aws import eventually
from tests.support.project import ROOT

HERE = {"LocationConstraint": REGION}
ALLOW_LOGS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::*",
        }
    ],
}
number = count(1)


@pytest.fixture
def s3watch(s3watch, cloud, monkeypatch, tmp_path):
    """Run a command line in an empty folder: its exit code, standard output and standard error."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return s3watch


@pytest.fixture
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture
def bucket(s3):
    return make_bucket(s3)


@pytest.fixture
def log_bucket(s3):
    name = make_bucket(s3)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(ALLOW_LOGS))
    return name


@pytest.fixture
def queue(cloud):
    return make_queue(cloud, "s3.amazonaws.com")


def make_bucket(s3):
    name = f"attach-{next(number)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)
    return name


def make_queue(cloud, service):
    name = f"attach-{next(number)}"
    url = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


def notifications(s3, bucket):
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def notify(s3, bucket, **settings):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=settings)


def logging(s3, bucket):
    return s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled", {}).get("TargetBucket")


def test_it_only_shows_what_it_would_do(s3watch, s3, bucket):
    code, out, err = s3watch("attach", bucket, "--events")

    assert (code, err) == (0, "nothing was changed; use --yes to make these changes\n")
    assert out.splitlines()[:4] == [
        f"{bucket}: event notifications",
        "  +{",
        '  +  "EventBridgeConfiguration": {}',
        "  +}",
    ]
    assert notifications(s3, bucket) == {}
    assert not Path(".s3watch").exists()


def test_eventbridge_is_turned_on_beside_what_is_there_and_off_again(s3watch, s3, bucket, queue):
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")])
    before = notifications(s3, bucket)

    _, _, said = s3watch("attach", bucket, "--events", "--yes")
    between = notifications(s3, bucket)
    _, _, said_then = s3watch("detach", bucket, "--yes")

    assert (said, between) == (
        "done; the previous settings are saved in .s3watch/attached\n",
        before | EVENT_BRIDGE,
    )
    assert (said_then, notifications(s3, bucket)) == ("done\n", before)


def test_what_was_there_before_is_saved(s3watch, s3, bucket, queue):
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")])
    before = notifications(s3, bucket)

    s3watch("attach", bucket, "--events", "--yes")
    saved = json.loads(Path(f".s3watch/attached/{ACCOUNT}/{bucket}.json").read_text(encoding="utf-8"))

    assert saved["notifications"]["before"] == before
    assert saved["notifications"]["added"] == EVENT_BRIDGE


def test_attaching_twice_changes_nothing_more(s3watch, s3, bucket, log_bucket):
    arguments = ("attach", bucket, "--events", "--access-logs", "--log-bucket", log_bucket, "--yes")
    s3watch(*arguments)

    code, out, err = s3watch(*arguments)

    assert (code, out) == (0, "")
    assert err.splitlines() == [
        f"{bucket}: event notifications: already on",
        f"{bucket}: server access logging: already on",
        "nothing to do",
    ]


def test_what_was_on_before_attach_stays_on_after_detach(s3watch, s3, bucket):
    notify(s3, bucket, **EVENT_BRIDGE)

    s3watch("attach", bucket, "--events", "--yes")
    code, _, err = s3watch("detach", bucket, "--yes")

    assert (code, notifications(s3, bucket)) == (0, EVENT_BRIDGE)
    assert err.splitlines()[0] == f"{bucket}: no saved changes in .s3watch; use --state for another folder"


def test_access_logs_go_to_folders_by_date_of_the_event(s3watch, s3, bucket, log_bucket):
    s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")

    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == {
        "TargetBucket": log_bucket,
        "TargetPrefix": "",
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    }


def test_request_metrics_are_turned_on_for_the_whole_bucket_and_off_again(s3watch, s3, bucket):
    s3watch("attach", bucket, "--metrics", "--yes")
    between = s3.get_bucket_metrics_configuration(Bucket=bucket, Id="s3watch")["MetricsConfiguration"]
    s3watch("detach", bucket, "--yes")

    assert between == {"Id": "s3watch"}
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="s3watch")


def test_other_request_metrics_stay(s3watch, s3, bucket):
    theirs = {"Id": "all", "Filter": {"Prefix": "images/"}}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="all", MetricsConfiguration=theirs)

    s3watch("attach", bucket, "--metrics", "--yes")
    s3watch("detach", bucket, "--yes")

    assert s3.get_bucket_metrics_configuration(Bucket=bucket, Id="all")["MetricsConfiguration"] == theirs


def test_request_metrics_under_our_id_that_are_not_ours_are_never_replaced(s3watch, s3, bucket):
    theirs = {"Id": "s3watch", "Filter": {"Prefix": "images/"}}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="s3watch", MetricsConfiguration=theirs)

    code, out, err = s3watch("attach", bucket, "--metrics", "--yes")

    assert (code, out) == (1, "")
    assert err.startswith(
        f"{bucket}: already has other request metrics under the same ID; delete them first\n"
    )


def test_a_bucket_that_logs_elsewhere_is_left_alone(s3watch, s3, bucket, log_bucket):
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging_to(make_bucket(s3), "x/"))
    there = logging(s3, bucket)

    code, out, err = s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")

    assert (code, out, logging(s3, bucket)) == (0, "", there)
    assert err.startswith(
        f"{bucket}: left unchanged: it already logs to s3://{there}/x/, and S3 logs to one bucket only;"
    )


def test_a_target_that_is_replaced_on_request_comes_back(s3watch, s3, bucket, log_bucket):
    elsewhere = make_bucket(s3)
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging_to(elsewhere, "x/"))
    arguments = ("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes", "--replace-logging")

    s3watch(*arguments)
    between = logging(s3, bucket)
    s3watch("detach", bucket, "--yes")

    assert (between, logging(s3, bucket)) == (log_bucket, elsewhere)


def test_detach_refuses_where_somebody_changed_it_since_and_shows_how(s3watch, s3, bucket, queue):
    s3watch("attach", bucket, "--events", "--yes")
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")], **EVENT_BRIDGE)

    code, out, err = s3watch("detach", bucket, "--yes")

    assert (code, out) == (1, "")
    assert err.startswith(f"{bucket}: its event notifications changed after attach; use --keep-changes")
    assert f'+      "QueueArn": "{queue}"' in err
    assert err.endswith("nothing was changed\n")
    assert "EventBridgeConfiguration" in notifications(s3, bucket)


def test_detach_can_take_out_ours_and_keep_theirs(s3watch, s3, bucket, queue):
    s3watch("attach", bucket, "--events", "--yes")
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "images/")], **EVENT_BRIDGE)

    s3watch("detach", bucket, "--yes", "--keep-changes")

    assert list(notifications(s3, bucket)) == ["QueueConfigurations"]


def test_what_somebody_turned_off_by_hand_is_forgotten(s3watch, s3, bucket):
    s3watch("attach", bucket, "--events", "--yes")
    notify(s3, bucket)

    code, out, _ = s3watch("detach", bucket, "--yes")

    assert (code, out) == (0, f"{bucket}: event notifications\n  already as before\n")
    assert not list(Path(".s3watch").rglob("*.json"))


def test_the_queue_hears_of_the_log_files_of_an_existing_trail(s3watch, cloud, s3, bucket, queue):
    s3watch("attach", "--trail-bucket", bucket, "--queue", queue, "--yes")
    s3.put_object(Bucket=bucket, Key="AWSLogs/111122223333/CloudTrail/a.json.gz", Body=b"")
    s3.put_object(Bucket=bucket, Key="AWSLogs/readme.txt", Body=b"")

    url = cloud.client("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]

    def keys():
        messages = (
            cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        )
        bodies = [json.loads(message["Body"]) for message in messages]
        return [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", [])]

    assert eventually(keys) == ["AWSLogs/111122223333/CloudTrail/a.json.gz"]


def test_a_queue_that_does_not_let_s3_in_is_reported_with_what_to_fix(s3watch, cloud, bucket):
    deaf = make_queue(cloud, "events.amazonaws.com")

    code, _, err = s3watch("attach", "--trail-bucket", bucket, "--queue", deaf, "--yes")

    assert code == 1
    assert err.startswith(
        f"{bucket}: S3 tested every destination and could not send to one; the policies of that queue"
    )
    assert deaf in err


def test_where_others_hear_of_the_log_files_nothing_is_tried(s3watch, s3, bucket, queue):
    notify(s3, bucket, QueueConfigurations=[notifying(queue, "AWSLogs/")])

    code, out, err = s3watch("attach", "--trail-bucket", bucket, "--yes")

    assert (code, out) == (1, "")
    assert err == (
        f"{bucket}: already notifies {queue} (AWSLogs/) of such objects, and S3 allows one destination;"
        " give the trail an SNS topic and use --trail, or notify a topic that both subscribe to\n"
        "nothing was changed\n"
    )


def test_one_refusal_and_no_bucket_is_changed(s3watch, s3, bucket):
    code, out, err = s3watch("attach", bucket, "no-such-bucket", "--events", "--yes")

    assert (code, out, notifications(s3, bucket)) == (1, "", {})
    assert err == (
        "no-such-bucket: no such bucket in this account and Region;"
        " check its name, --profile and --region (Not Found)\nnothing was changed\n"
    )


def test_a_name_that_no_bucket_can_have_is_one_line_too(s3watch):
    code, _, err = s3watch("attach", "hr data", "--events")

    assert code == 1
    assert err.startswith('hr data: Parameter validation failed: Invalid bucket name "hr data"')
    assert err.count("\n") == 2


def test_somebody_elses_bucket_is_reported_as_such(s3watch, cloud):
    theirs = make_bucket(cloud.client("s3", root(STRANGER)))

    code, _, err = s3watch("attach", theirs, "--events")

    assert code == 1
    assert err.startswith(f"{theirs}: does not belong to account {ACCOUNT}, or s3:ListBucket is missing;")


def test_a_log_bucket_that_s3_cannot_use_is_refused_first(s3watch, s3, bucket):
    log_bucket = make_bucket(s3)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=log_bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    code, _, err = s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")

    assert (code, logging(s3, bucket)) == (1, None)
    assert err.splitlines() == [
        f"{log_bucket}: encrypts with aws:kms, but S3 logs only with SSE-S3: make AES256 its default",
        (
            f"{log_bucket}: has no policy that allows logging.s3.amazonaws.com to put objects: add it,"
            " or use the stack's bucket"
        ),
        "nothing was changed",
    ]


def test_without_a_name_the_log_bucket_is_the_one_that_the_stack_tells_of(
    s3watch, cloud, s3, bucket, log_bucket
):
    stack = f"attach-{next(number)}"
    outputs = {"AccessLogBucket": {"Value": log_bucket}}
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})

    s3watch("attach", bucket, "--access-logs", "--stack", stack, "--yes")

    assert logging(s3, bucket) == log_bucket


def test_without_a_stack_that_has_one_it_must_be_named(s3watch, bucket):
    code, _, err = s3watch("attach", bucket, "--access-logs", "--stack", "nobodys")

    assert code == 1
    assert err.startswith("cannot read the outputs of the stack nobodys: ")
    assert err.endswith("; for access logs, deploy with AccessLogDays=90 or use --log-bucket\n")


def test_a_bucket_never_logs_into_itself(s3watch, log_bucket):
    code, _, err = s3watch("attach", log_bucket, "--access-logs", "--log-bucket", log_bucket)

    assert code == 1
    assert err.startswith(f"{log_bucket}: would log to itself")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["attach", "hr-data"], "choose settings: --access-logs, --events, --metrics or --all"),
        (["attach", "--events"], "give the names of the buckets"),
        (["attach"], "give names of buckets, --trail-bucket or --trail"),
    ],
    ids=["nothing to attach", "no bucket", "nothing at all"],
)
def test_a_call_that_makes_no_sense_is_a_wrong_call(s3watch, arguments, said):
    code, _, err = s3watch(*arguments)

    assert code == 2
    assert said in " ".join(err.split())


def test_without_credentials_one_line_says_so(s3watch, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    code, _, err = s3watch("attach", "hr-data", "--events")

    assert (code, err.count("\n")) == (1, 1)
    assert "credentials" in err


def test_a_profile_that_is_not_there_is_reported(s3watch):
    assert s3watch("attach", "hr-data", "--events", "--profile", "nobody") == (
        1,
        "",
        "the account: The config profile (nobody) could not be found\n",
    )


@pytest.fixture
def access_logs(cloud, queue):
    """The bucket of stacks/access-logs.yaml, deployed, and the URL of the queue that it tells."""
    name = f"attach-{next(number)}-access-logs"
    cloud.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=(ROOT / "stacks/access-logs.yaml").read_text(encoding="utf-8"),
        Parameters=[
            {"ParameterKey": "BucketName", "ParameterValue": name},
            {"ParameterKey": "QueueArn", "ParameterValue": queue},
        ],
    )
    cloud.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.2}
    )
    return name, cloud.client("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]


def test_requests_are_logged_to_the_stacks_bucket_and_the_queue_hears_of_it(
    s3watch, cloud, s3, bucket, access_logs
):
    log_bucket, url = access_logs
    s3watch("attach", bucket, "--access-logs", "--log-bucket", log_bucket, "--yes")
    s3.put_object(Bucket=bucket, Key="payroll/q3.csv", Body=b"x")

    def received():
        messages = cloud.client("sqs").receive_message(QueueUrl=url).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in messages]
        return [record["s3"]["object"]["key"] for body in bodies for record in body.get("Records", [])]

    def logged():
        """The file and line of the request; a file before it may hold only what attach itself asked."""
        keys = received()
        files = {key: s3.get_object(Bucket=log_bucket, Key=unquote_plus(key))["Body"].read() for key in keys}
        lines = [(key, line) for key, file in files.items() for line in file.decode().splitlines()]
        return [each for each in lines if " REST.PUT.OBJECT payroll/q3.csv " in each[1]]

    [(key, _)] = eventually(logged)
    assert key.startswith(f"{ACCOUNT}/{REGION}/{bucket}/")


# What follows the local AWS does not know: other stand-ins check the calls.


@pytest.fixture
def stubbed():
    """An account whose S3 answers as a test says; the SDK's model refuses calls that S3 would refuse."""
    client = boto3.client("s3", region_name=REGION, aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stubber:
        yield Account(ACCOUNT, "aws", REGION, lambda *_, **__: client), stubber
        stubber.assert_no_pending_responses()


ON = {"MetricsConfiguration": {"Id": "s3watch"}}


def test_a_bucket_of_another_region_is_refused(stubbed):
    account, s3 = stubbed
    s3.add_response("head_bucket", {"BucketRegion": "us-east-2"})

    with pytest.raises(RefusedError, match=r"hr-data: is in us-east-2, not in .* use --region us-east-2"):
        account.check_bucket("hr-data")


def test_a_change_in_the_very_moment_is_not_overwritten(stubbed):
    account, s3 = stubbed
    s3.add_response("get_bucket_metrics_configuration", ON)

    with pytest.raises(RefusedError, match="hr-data: its request metrics changed in the meantime"):
        write(account, METRICS, "hr-data", {}, ON)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "the credentials lack s3:GetMetricsConfiguration; use others with --profile"),
        ("NoSuchBucket", "no such bucket; check its name"),
        ("PermanentRedirect", "it is in another Region; set it with --region"),
        ("OperationAborted", "another change is in progress; try again in a minute"),
        ("ExpiredToken", "the credentials have expired; log in again"),
        ("Unheard", "GetBucketMetricsConfiguration failed with Unheard"),
    ],
    ids=str,
)
def test_a_refusal_of_s3_is_one_line_with_what_to_try(stubbed, code, said):
    account, s3 = stubbed
    s3.add_client_error("get_bucket_metrics_configuration", code, "as S3\nsays")

    with pytest.raises(RefusedError) as refused:
        read(account, METRICS, "hr-data")

    assert str(refused.value) == f"hr-data: {said} (as S3 says)"


@pytest.fixture
def trail():
    """An account of moto's with a trail that tells a topic, the topic, and a queue."""
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    with mock_aws():
        session = boto3.Session(region_name=REGION, **keys)
        account = Account(
            session.client("sts").get_caller_identity()["Account"], "aws", REGION, session.client
        )
        session.client("s3").create_bucket(Bucket="trail-logs", CreateBucketConfiguration=HERE)
        topic = session.client("sns").create_topic(Name="trail-files")["TopicArn"]
        session.client("cloudtrail").create_trail(
            Name="old", S3BucketName="trail-logs", SnsTopicName="trail-files"
        )
        session.client("cloudtrail").create_trail(Name="quiet", S3BucketName="trail-logs")
        url = session.client("sqs").create_queue(QueueName="s3watch-log-files")["QueueUrl"]
        let_send(session.client("sqs"), url, topic)
        yield account, topic, f"arn:aws:sqs:{REGION}:{account.id}:s3watch-log-files"


def let_send(sqs, url, topic):
    """Give a queue the statement of stacks/log-files.yaml for a trail's topic."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": [topic]}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def subscribed(account, topic):
    found = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return [one["Endpoint"] for one in found]


def test_the_queue_is_subscribed_to_a_trails_topic_and_unsubscribed_again(trail, tmp_path):
    account, topic, queue = trail

    attach(account, [], Options(trail="old"), tmp_path, at="", yes=True)
    between = subscribed(account, topic)
    detach(account, [topic], tmp_path, yes=True, keep_changes=False)

    assert (between, subscribed(account, topic)) == ([queue], [])


def test_subscriptions_of_others_stay(trail, tmp_path):
    account, topic, _ = trail
    theirs = f"arn:aws:sqs:{REGION}:{account.id}:theirs"
    account.client("sqs").create_queue(QueueName="theirs")
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=theirs)

    attach(account, [], Options(trail="old"), tmp_path, at="", yes=True)
    detach(account, [topic], tmp_path, yes=True, keep_changes=False)

    assert subscribed(account, topic) == [theirs]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quiet", "quiet: notifies no SNS topic of its log files; .* --trail-bucket trail-logs instead"),
        ("gone", "gone: no such trail in this account and Region; check its name"),
    ],
    ids=["without a topic", "not there"],
)
def test_a_trail_that_cannot_tell_is_refused_with_what_to_do(trail, tmp_path, name, said):
    account, _, _ = trail

    with pytest.raises(RefusedError, match=said):
        attach(account, [], Options(trail=name), tmp_path, at="", yes=True)


def test_a_topic_that_the_queue_takes_nothing_of_is_not_subscribed(trail, tmp_path):
    account, topic, _ = trail
    url = account.client("sqs").get_queue_url(QueueName="s3watch-log-files")["QueueUrl"]
    let_send(account.client("sqs"), url, f"{topic}-of-others")

    with pytest.raises(RefusedError, match=f"deploy s3watch with LogFileTopics={topic} first"):
        attach(account, [], Options(trail="old"), tmp_path, at="", yes=True)
    assert subscribed(account, topic) == []


def test_a_queue_that_is_not_there_is_reported_before_its_topic_is_changed(trail, tmp_path):
    account, topic, _ = trail

    with pytest.raises(RefusedError, match="no such queue; deploy with ScanLogFiles=true"):
        attach(account, [], Options(trail="old", stack="elsewhere"), tmp_path, at="", yes=True)
    assert subscribed(account, topic) == []
