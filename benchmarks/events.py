"""CloudTrail records in the shapes AWS documents, as a busy account writes them; seeded, about 2 KB each.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from benchmarks.estate import ACCOUNT, BUCKETS, CATALOGUED, ENDPOINT, PARTNER, PROJECTS, SUBPROJECTS, roles_of

S3_CALLS = {  # out of a hundred
    "GetObject": 50, "PutObject": 15, "HeadObject": 10, "ListObjects": 10, "UploadPart": 5, "DeleteObject": 4,
    "GetObjectTagging": 2, "CopyObject": 1, "CreateMultipartUpload": 1, "CompleteMultipartUpload": 1,
    "GetBucketAcl": 0.5, "PutBucketPolicy": 0.3, "DeleteObjects": 0.2,
}  # fmt: skip
AGENTS = (
    (
        "[aws-sdk-java/2.29.{n} md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.112 lang/java#21.0.5"
        " md/OpenJDK_64-Bit_Server_VM md/vendor#Amazon.com_Inc. md/en_US exec-env/AWS_ECS_FARGATE"
        " cfg/retry-mode#standard m/D,N]"
    ),
    (
        "[Boto3/1.40.{n} md/Botocore#1.40.{n} ua/2.1 os/linux#5.10.245 md/arch#aarch64 lang/python#3.13.7"
        " md/pyimpl#CPython exec-env/AWS_Lambda_python3.13 cfg/retry-mode#legacy Botocore/1.40.{n}]"
    ),
    "[aws-cli/2.31.{n} md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7 md/command#s3.cp]",
    "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.{n} Linux/5.10 OpenJDK_64-Bit_Server_VM/25.442 java/1.8.0_442]",
)
SERVICES = (
    "iam",
    "ec2",
    "sts",
    "kms",
    "lambda",
    "rds",
    "ecs",
    "eks",
    "ssm",
    "logs",
    "sns",
    "sqs",
    "glue",
    "config",
)
VERBS = ("Create", "Delete", "Update", "Put", "Describe", "Get", "List", "Modify")
THINGS = (
    "Role",
    "Policy",
    "Instance",
    "Snapshot",
    "Function",
    "Cluster",
    "Key",
    "Rule",
    "Stack",
    "Table",
    "Group",
)


def make_s3_events(number: int, seed: int = 1) -> list[dict[str, Any]]:
    """Make accesses to S3; a quarter touches what the catalogue names, nearly always as expected."""
    random = Random(seed)
    calls = random.choices(list(S3_CALLS), list(S3_CALLS.values()), k=number)
    return [_s3_event(random, call) for call in calls]


def make_mixed_events(number: int, seed: int = 2) -> list[dict[str, Any]]:
    """Make accesses to S3 and calls of other services, three to two."""
    random = Random(seed)
    accesses = make_s3_events(number * 3 // 5, seed)
    calls = [_management_event(random) for _ in range(number - len(accesses))]
    events = accesses + calls
    random.shuffle(events)
    return events


def to_bytes(events: list[dict[str, Any]]) -> list[bytes]:
    """Write records as AWS does: compact, one by one."""
    return [json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() for event in events]


def _s3_event(random: Random, call: str) -> dict[str, Any]:
    bucket = _pick(random, CATALOGUED) if random.random() < 0.7 else _pick(random, BUCKETS[200:])
    key = _key(random)
    host = f"{bucket}.s3.eu-west-1.amazonaws.com"
    request: dict[str, Any] = {"bucketName": bucket, "Host": host} | _parameters(random, call, bucket, key)
    event = _event(random, "s3", call, _who(random, bucket), request)
    event["resources"] = _resources(bucket, request.get("key"), request.get("prefix"))
    event["additionalEventData"] = _additional(random, call)
    event["tlsDetails"] |= {"clientProvidedHostHeader": host}
    event |= {
        "managementEvent": "Bucket" in call,
        "eventCategory": "Management" if "Bucket" in call else "Data",
    }
    if event["userIdentity"]["accountId"] == "anonymous":
        del (
            event["additionalEventData"]["SignatureVersion"],
            event["additionalEventData"]["AuthenticationMethod"],
        )
    return event


def _pick[T](random: Random, things: Sequence[T]) -> T:
    """Pick as traffic goes: one in five is the busiest tenth, and every other has its share."""
    return things[int(len(things) * random.random() ** 2)]


def _key(random: Random) -> str:
    area = "restricted" if random.random() < 0.7 else "public"
    project, part = _pick(random, range(PROJECTS)), random.randrange(SUBPROJECTS)
    day, number = random.randrange(1, 29), random.randrange(10**6)
    name = f"{area}/project-{project:02}/part-{part}/year=2026/month=11/day={day:02}/part-{number:06}"
    return f"{name}-{random.getrandbits(64):016x}.snappy.parquet"


def _parameters(random: Random, call: str, bucket: str, key: str) -> dict[str, Any]:
    if call == "ListObjects":
        prefix = {"prefix": key[: key.index("year=")]} if random.random() < 0.9 else {}
        return {"list-type": "2", "encoding-type": "url", "delimiter": "/", "max-keys": "1000"} | prefix
    if call == "DeleteObjects":
        return {"delete": ""}
    if call == "GetBucketAcl":
        return {"acl": ""}
    if call == "PutBucketPolicy":
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
            "Action": "s3:GetObject",
        }
        policy = {
            "Version": "2012-10-17",
            "Statement": [statement | {"Resource": f"arn:aws:s3:::{bucket}/*"}],
        }
        return {"policy": "", "bucketPolicy": policy}
    copied = {"x-amz-copy-source": f"{bucket}/{key}"} if call == "CopyObject" else {}
    return {"key": key} | copied


def _who(random: Random, bucket: str) -> dict[str, Any]:
    """Pick a caller: the bucket's own roles, now and then backup, another team, a person, or nobody."""
    luck = random.random()
    if luck < 0.95:
        return make_role(random.choice(roles_of(bucket)), f"task-{random.randrange(3)}")
    if luck < 0.97:
        return make_role("backup", f"job-{random.randrange(5)}")
    if luck < 0.98:
        return make_role(random.choice(roles_of(random.choice(BUCKETS))), "task-00")
    if luck < 0.99:
        return make_role("AWSReservedSSO_Analyst_0123456789abcdef", f"user{random.randrange(50)}@example.com")
    if luck < 0.994:
        name = f"user{random.randrange(20)}"
        return {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "accountId": ACCOUNT, "userName": name,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "accessKeyId": "AKIAEXAMPLEEXAMPLE00"}  # fmt: skip
    if luck < 0.998:
        return {"type": "AWSService", "accountId": ACCOUNT, "invokedBy": "logging.s3.amazonaws.com"}
    if luck < 0.999:
        return {
            "type": "Root",
            "principalId": ACCOUNT,
            "arn": f"arn:aws:iam::{ACCOUNT}:root",
            "accountId": ACCOUNT,
        }
    return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}


def make_role(name: str, session: str, account: str = ACCOUNT) -> dict[str, Any]:
    """Make a userIdentity of type AssumedRole."""
    issuer = {"type": "Role", "principalId": "AROAEXAMPLEEXAMPLE123", "accountId": account, "userName": name,
              "arn": f"arn:aws:iam::{account}:role/{name}"}  # fmt: skip
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLEEXAMPLE123:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLEEXAMPLE12",
        "sessionContext": {
            "sessionIssuer": issuer,
            "attributes": {"creationDate": "2026-11-20T07:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def _resources(bucket: str, key: str | None, prefix: str | None) -> list[dict[str, str]]:
    arn = f"arn:aws:s3:::{bucket}"
    an_object = [{"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"}] if key else []
    a_listing = [{"type": "AWS::S3::Object", "ARNPrefix": f"{arn}/{prefix}"}] if prefix else []
    return [*an_object, *a_listing, {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": arn}]


def _additional(random: Random, call: str) -> dict[str, Any]:
    size = random.randrange(10**3, 10**9)
    return {
        "SignatureVersion": "SigV2" if random.random() < 0.001 else "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": size if call in ("PutObject", "UploadPart") else 0,
        "SSEApplied": "SSE_KMS",
        "AuthenticationMethod": "QueryString" if random.random() < 0.02 else "AuthHeader",
        "x-amz-id-2": f"{random.getrandbits(256):064x}+Y=",
        "bytesTransferredOut": size if call == "GetObject" else 0,
    }


def _management_event(random: Random) -> dict[str, Any]:
    service, verb, thing = random.choice(SERVICES), random.choice(VERBS), random.choice(THINGS)
    name = f"{thing.lower()}-{random.randrange(10**4)}"
    request = {f"{thing.lower()}Name": name, "description": "nightly run", "tags": [{"key": "team", "value": "data"}],
               "settings": {"enabled": random.random() < 0.5, "region": "eu-west-1"}}  # fmt: skip
    event = _event(random, service, verb + thing, _who(random, random.choice(BUCKETS)), request)
    event["responseElements"] = {f"{thing.lower()}Arn": f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{name}"}
    return event | {"managementEvent": True, "eventCategory": "Management"}


def _event(
    random: Random, service: str, call: str, who: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    second = random.randrange(86400)
    address, endpoint = _where(random)
    event = {
        "eventVersion": "1.11",
        "userIdentity": who,
        "eventTime": f"2026-11-20T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": address,
        "userAgent": _agent(random),
        "requestParameters": request,
        "responseElements": None,
        "requestID": f"{random.getrandbits(64):016X}",
        "eventID": f"{random.getrandbits(128):032x}",
        "readOnly": call.startswith(("Get", "Head", "List", "Describe")),
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    }
    denied = {"errorCode": "AccessDenied", "errorMessage": "Access Denied"} if random.random() < 0.02 else {}
    inside = {"vpcEndpointId": endpoint, "vpcEndpointAccountId": ACCOUNT} if endpoint else {}
    return event | denied | inside


def _where(random: Random) -> tuple[str, str | None]:
    if random.random() < 0.85:
        return f"10.0.{random.randrange(8)}.{random.randrange(256)}", ENDPOINT
    network = random.choice(("192.0.2", "198.51.100", "203.0.113"))
    return f"{network}.{random.randrange(256)}", None


def _agent(random: Random) -> str:
    if random.random() < 0.0005:
        return "[rclone/v1.71.0]"
    return random.choices(AGENTS, (60, 25, 10, 5))[0].format(n=random.randrange(30))
