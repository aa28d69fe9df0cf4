"""Settings of buckets and accounts on the local AWS, by S3's calls, S3 Control's and templates."""

import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from local.demo.callers import READ, Callers
from local.settings import REGION
from tests.support.local_aws import eventually, start

pytestmark = pytest.mark.local_aws
HOME = "111122223333"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
BLOCK = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


def policy(bucket, **changes):
    statement = OPEN | {"Resource": f"arn:aws:s3:::{bucket}/*"} | changes
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture
def bucket(s3):
    name = f"settings-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="a", Body=b"")
    return name


@pytest.fixture
def stacked(cloud):
    """Makes a bucket of a template with these properties."""

    def make(**properties):
        name = f"stacked-{uuid.uuid4().hex[:8]}"
        made = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **properties}}
        stacks = cloud.client("cloudformation")
        stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Bucket": made}}))
        described = lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]  # noqa: E731
        eventually(lambda: described() == "CREATE_COMPLETE")
        return name

    return make


@pytest.mark.parametrize(
    ("principal", "public"), [("*", True), ({"AWS": f"arn:aws:iam::{HOME}:root"}, False)], ids=["all", "one"]
)
def test_a_policy_is_public_by_s3s_meaning(s3, bucket, principal, public):
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, Principal=principal))

    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": public}


def test_without_a_policy_there_is_no_status(s3, bucket):
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy_status(Bucket=bucket)


def test_request_metrics_are_put_listed_and_deleted(s3, bucket):
    whole = {"Id": "EntireBucket"}
    part = {"Id": "payroll", "Filter": {"Prefix": "payroll/"}}
    for one in (whole, part):
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=one["Id"], MetricsConfiguration=one)
    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"]
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="payroll")

    assert listed == [whole, part]
    assert (
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="EntireBucket")["MetricsConfiguration"] == whole
    )
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="payroll")


def test_a_configuration_that_is_not_here_is_refused_not_listed(s3, bucket):
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.list_bucket_inventory_configurations(Bucket=bucket)


def test_who_pays_is_told(s3, bucket):
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"


def test_a_bucket_of_a_template_keeps_what_it_is_asked(s3, stacked, bucket):
    rule = {"Id": "expire", "Status": "Enabled", "ExpirationInDays": "90",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}  # fmt: skip
    form = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
    by_default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    name = stacked(
        BucketEncryption={"ServerSideEncryptionConfiguration": [by_default]},
        LifecycleConfiguration={"Rules": [rule]},
        LoggingConfiguration={
            "DestinationBucketName": bucket, "LogFilePrefix": "access/", "TargetObjectKeyFormat": form,
        },
        MetricsConfigurations=[{"Id": "EntireBucket"}],
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
    )  # fmt: skip
    [kept] = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    logging = s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]

    assert (kept["ID"], kept["Expiration"]["Days"]) == ("expire", 90)
    assert kept["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert logging == {"TargetBucket": bucket, "TargetPrefix": "access/", "TargetObjectKeyFormat": form}
    assert encryption[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerPreferred"}
    ]
    assert s3.list_bucket_metrics_configurations(Bucket=name)["MetricsConfigurationList"] == [
        {"Id": "EntireBucket"}
    ]


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A local AWS apart: an account's block holds for all that is in it."""
    with start(tmp_path_factory.mktemp("apart")) as started:
        yield started


@pytest.fixture
def control(apart):
    client = apart.client("s3control")
    yield client
    client.delete_public_access_block(AccountId=HOME)


def test_an_account_has_no_block_until_one_is_put(control):
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        control.get_public_access_block(AccountId=HOME)
    control.put_public_access_block(AccountId=HOME, PublicAccessBlockConfiguration=BLOCK)

    assert control.get_public_access_block(AccountId=HOME)["PublicAccessBlockConfiguration"] == BLOCK


def test_an_accounts_block_holds_for_its_buckets(apart, control):
    s3 = apart.client("s3")
    s3.create_bucket(Bucket="open", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="open", Key="a", Body=b"")
    s3.delete_public_access_block(Bucket="open")
    s3.put_bucket_policy(Bucket="open", Policy=policy("open"))
    apart.anonymous().get_object(Bucket="open", Key="a")
    control.put_public_access_block(AccountId=HOME, PublicAccessBlockConfiguration=BLOCK)

    with pytest.raises(ClientError, match="AccessDenied"):
        apart.anonymous().get_object(Bucket="open", Key="a")
    with pytest.raises(ClientError, match="BlockPublicPolicy"):
        s3.put_bucket_policy(Bucket="open", Policy=policy("open"))


def test_an_accounts_block_is_not_for_everybody_to_read(apart):
    reader = apart.client("s3control", Callers(apart).user("reader", READ))

    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_public_access_block(AccountId=HOME)


def test_access_points_are_listed_with_their_policy(apart):
    apart.client("s3").create_bucket(
        Bucket="pointed", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    control = apart.client("s3control")
    control.create_access_point(AccountId=HOME, Name="door", Bucket="pointed")
    [point] = control.list_access_points(AccountId=HOME, Bucket="pointed")["AccessPointList"]

    assert (point["Name"], point["NetworkOrigin"]) == ("door", "Internet")
    with pytest.raises(ClientError, match="NoSuchAccessPointPolicy"):
        control.get_access_point_policy(AccountId=HOME, Name="door")


def test_a_function_reaches_s3_control(apart):
    Callers(apart).role("asker", ("s3:*",), session="one")
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    answer = boto3.client('s3control').list_access_points(AccountId=event)\n"
        "    return len(answer['AccessPointList'])"
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("app.py", code)
    functions = apart.client("lambda")
    functions.create_function(
        FunctionName="asker", Runtime="python3.13", Handler="app.handler", Timeout=30,
        Role=f"arn:aws:iam::{HOME}:role/asker", Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    answer = functions.invoke(FunctionName="asker", Payload=json.dumps(HOME))

    assert json.loads(answer["Payload"].read()) in range(2)  # the one that a test before may have made


@pytest.mark.parametrize(
    ("permission", "code"),
    [
        ("s3:ListAccessGrants", "AccessGrantsInstanceNotExistsError"),
        ("s3:GetAccessGrantsInstance", "AccessDenied"),
    ],
    ids=["allowed", "not allowed"],
)
def test_whoever_may_ask_is_told_that_there_is_no_access_grants_instance(cloud, permission, code):
    keys = Callers(cloud).user(f"grants-{permission[3:7].lower()}", (permission,))

    with pytest.raises(ClientError, match=code):
        cloud.client("s3control", keys).list_access_grants(AccountId=HOME)
