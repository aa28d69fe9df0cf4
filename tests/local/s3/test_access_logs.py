import json
import re
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

from local.cloud import Keys
from local.cloudtrail.calls import operation
from local.demo.callers import READ, Callers
from local.s3.access_lines import write
from local.s3.access_logs import Target, read_target
from local.settings import REGION
from tests.support.local_aws import eventually
from tests.support.local_calls import call

HOME = "111122223333"
ALICE = f"arn:aws:iam::{HOME}:user/alice"
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/...", "user-agent": "aws-cli/2.31.0"}
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def lines(requester=ALICE, **changes):
    made = call(**{"headers": SIGNED, "target": "/hr-data/payroll/q3.csv", "took": 0.012, **changes})
    named = operation(made)
    assert named
    return [line.text for line in write(made, named, requester, "79a5", "eu-west-1")]


def test_a_read_is_a_line_of_27_fields():
    answered = {"x-amz-request-id": "K8R4TZ0QX6M2V9WB", "x-amz-id-2": "aGVsbG8=", "content-length": "1000"}

    assert "\n".join(lines(answer_headers=answered)) == (
        f"79a5 hr-data [20/Nov/2026:08:00:00 +0000] 203.0.113.7 {ALICE} K8R4TZ0QX6M2V9WB REST.GET.OBJECT "
        'payroll/q3.csv "GET /payroll/q3.csv HTTP/1.1" 200 - 1000 1000 12 12 "-" "aws-cli/2.31.0" - aGVsbG8= '
        "SigV4 TLS_AES_128_GCM_SHA256 AuthHeader hr-data.s3.eu-west-1.amazonaws.com TLSv1.3 - - -"
    )


def test_a_key_is_encoded_twice_and_the_address_is_as_it_was_sent():
    [line] = lines(path="/hr-data/a b+ü", target="/hr-data/a%20b%2B%C3%BC?versionId=null")

    assert ' a%2520b%252B%25C3%25BC "GET /a%20b%2B%C3%BC?versionId=null HTTP/1.1" ' in line


def test_a_refused_request_has_its_error_and_an_anonymous_one_no_requester():
    refused = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    [line] = lines(requester="", headers={}, status=403, answer=refused, bytes_out=243)

    assert " 203.0.113.7 - K8R4TZ0QX6M2V9WB REST.GET.OBJECT " in line
    assert 'HTTP/1.1" 403 AccessDenied 243 - 12 12 "-" "-" - aGVsbG8= - TLS_AES_128_GCM_SHA256 - ' in line


def test_a_range_names_the_size_of_the_whole_object():
    ranged = {"content-range": "bytes 0-9/230000", "content-length": "10"}

    assert " 206 - 10 230000 " in lines(status=206, bytes_out=10, answer_headers=ranged)[0]


def test_a_copy_is_a_line_of_either_bucket():
    copied = lines(method="PUT", headers=SIGNED | {"x-amz-copy-source": "/archive/old%20q3.csv?versionId=v1"})

    assert re.match(r"79a5 hr-data .* REST\.COPY\.OBJECT payroll/q3\.csv ", copied[0])
    assert re.match(r"79a5 archive .* REST\.COPY\.OBJECT_GET old%2520q3\.csv ", copied[1])


def test_a_batch_delete_is_a_line_and_one_for_each_object():
    body = b"<Delete><Object><Key>a b+/\xc3\xbc</Key></Object><Object><Key>c</Key></Object></Delete>"
    answer = b"<DeleteResult><Error><Key>c</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    batch = lines(method="POST", path="/hr-data", query={"delete": ""}, body=body, answer=answer)

    named = [re.findall(r"((?:REST|BATCH)\S+ \S+) .*? ([0-9]{3} \S+) ", line)[0] for line in batch]
    assert named == [
        ("REST.POST.MULTI_OBJECT_DELETE -", "200 -"),
        ("BATCH.DELETE.OBJECT a+b%2B/%C3%BC", "204 -"),
        ("BATCH.DELETE.OBJECT c", "403 AccessDenied"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("HEAD", "/b/k", {}, "REST.HEAD.OBJECT"),
        ("PUT", "/b/k", {}, "REST.PUT.OBJECT"),
        ("DELETE", "/b/k", {}, "REST.DELETE.OBJECT"),
        ("GET", "/b/k", {"tagging": ""}, "REST.GET.OBJECT_TAGGING"),
        ("PUT", "/b/k", {"acl": ""}, "REST.PUT.ACL"),
        ("PUT", "/b/k", {"partNumber": "1"}, "REST.PUT.PART"),
        ("POST", "/b/k", {"uploads": ""}, "REST.POST.UPLOADS"),
        ("GET", "/b", {"list-type": "2"}, "REST.GET.BUCKET"),
        ("GET", "/b", {"versions": ""}, "REST.GET.BUCKETVERSIONS"),
        ("GET", "/b", {"policy": ""}, "REST.GET.BUCKETPOLICY"),
        ("GET", "/b", {"policyStatus": ""}, "REST.GET.POLICY_STATUS"),
        ("PUT", "/b", {"publicAccessBlock": ""}, "REST.PUT.PUBLIC_ACCESS_BLOCK"),
        ("GET", "/b", {"versioning": ""}, "REST.GET.VERSIONING"),
        ("PUT", "/b", {"logging": ""}, "REST.PUT.LOGGING_STATUS"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("REST") else None,
)
def test_an_operation_has_the_logs_name(method, path, query, name):
    assert f" {name} " in lines(method=method, path=path, query=query)[0]


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ("", r"p/2026-11-20-08-00-00-[0-9A-F]{16}"),
        ("<SimplePrefix/>", r"p/2026-11-20-08-00-00-[0-9A-F]{16}"),
        (
            "<PartitionedPrefix><PartitionDateSource>EventTime</PartitionDateSource></PartitionedPrefix>",
            r"p/111122223333/eu-west-1/hr-data/2026/11/19/2026-11-19-00-00-00-[0-9A-F]{16}",
        ),
        (
            "<PartitionedPrefix><PartitionDateSource>DeliveryTime</PartitionDateSource></PartitionedPrefix>",
            r"p/111122223333/eu-west-1/hr-data/2026/11/20/2026-11-20-08-00-00-[0-9A-F]{16}",
        ),
    ],
    ids=["by default", "simple", "by event time", "by delivery time"],
)
def test_a_log_file_is_named_as_the_bucket_asks(form, key):
    chosen = f"<TargetObjectKeyFormat>{form}</TargetObjectKeyFormat>" if form else ""
    enabled = f"<TargetBucket>logs</TargetBucket><TargetPrefix>p/</TargetPrefix>{chosen}"
    read = read_target(status(f"<LoggingEnabled>{enabled}</LoggingEnabled>"))
    now = 1795161600.0

    assert isinstance(read, Target)
    assert re.fullmatch(key, read.log_key(HOME, "eu-west-1", "hr-data", now - 86400, now))


def status(content):
    return f'<BucketLoggingStatus xmlns="{NAMESPACE}">{content}</BucketLoggingStatus>'


def test_logging_that_is_off_has_no_target():
    assert read_target(status("")) is None


@pytest.fixture
def logged(cloud):
    """A bucket with logging on, an object in it, and what its log says of a request."""
    s3, name = cloud.client("s3"), f"logged-{uuid.uuid4().hex[:8]}"
    logs = f"{name}-logs"
    for bucket in (name, logs):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{name}"}}
    statement = {
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{logs}/access/*",
        "Condition": source | {"StringEquals": {"aws:SourceAccount": HOME}},
    }  # fmt: skip
    s3.put_bucket_policy(Bucket=logs, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_object(Bucket=name, Key="q3.csv", Body=b"x" * 100)
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=turned_on(logs))

    def lines_of(request):
        files = [one["Key"] for one in s3.list_objects_v2(Bucket=logs).get("Contents", ())]
        texts = [s3.get_object(Bucket=logs, Key=key)["Body"].read().decode() for key in files]
        return [line for text in texts for line in text.splitlines() if f" {request} " in line]

    return name, lambda request: eventually(lambda: lines_of(request))


def turned_on(logs):
    return {"LoggingEnabled": {"TargetBucket": logs, "TargetPrefix": "access/"}}


def test_a_call_is_logged_with_who_made_it(cloud, logged):
    bucket, lines_of = logged
    reader = cloud.client("s3", Callers(cloud).user(f"reader-{bucket}", READ), ip="203.0.113.7")
    answer = reader.get_object(Bucket=bucket, Key="q3.csv")
    [line] = lines_of(answer["ResponseMetadata"]["RequestId"])

    assert f" 203.0.113.7 arn:aws:iam::{HOME}:user/reader-{bucket} " in line
    assert ' REST.GET.OBJECT q3.csv "GET /q3.csv HTTP/1.1" 200 - 100 100 ' in line
    assert answer["ResponseMetadata"]["HostId"] in line


def test_a_call_with_a_key_that_nobody_has_is_logged_without_a_requester(cloud, logged):
    bucket, lines_of = logged
    nobody = cloud.client("s3", Keys("AKIAIOSFODNN7EXAMPLE", "secret"))
    with pytest.raises(ClientError) as refused:
        nobody.get_object(Bucket=bucket, Key="q3.csv")
    [line] = lines_of(refused.value.response["ResponseMetadata"]["RequestId"])

    assert f" 127.0.0.1 - {refused.value.response['ResponseMetadata']['RequestId']} REST.GET.OBJECT " in line
    assert " 403 InvalidAccessKeyId " in line


def test_a_presigned_link_is_logged_as_one(cloud, logged):
    bucket, lines_of = logged
    signer = cloud.client("s3", Callers(cloud).user(f"signer-{bucket}", READ))
    link = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "q3.csv"}, ExpiresIn=600)
    with urllib.request.urlopen(link) as answer:
        [line] = lines_of(answer.headers["x-amz-request-id"])

    assert "X-Amz-Expires=600" in line
    assert " SigV4 TLS_AES_128_GCM_SHA256 QueryString " in line


def test_a_target_that_does_not_exist_is_refused(cloud, logged):
    bucket, _ = logged

    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        cloud.client("s3").put_bucket_logging(Bucket=bucket, BucketLoggingStatus=turned_on("nowhere"))
