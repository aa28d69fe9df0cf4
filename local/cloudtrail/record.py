"""The CloudTrail record, version 1.11, of a call on S3, CloudTrail or STS.

Members and limits: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.cloudtrail.calls import Call, Operation, document, failure, form, keys

Json = dict[str, Any]

# failed authentication is never logged: "requests that fail authentication (... credentials are not valid)"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/logging-with-S3.html
_UNAUTHENTICATED = (
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "MissingSecurityHeader",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_SHOWN_HEADERS = re.compile(
    r"x-amz-(acl|grant-|copy-source|storage-class|tagging|object-lock|bypass-governance|metadata-directive"
    r"|mfa$|server-side-encryption(?!-customer-key|-context))"
)
_HIDDEN_QUERY = ("awsaccesskeyid", "signature", "x-amz-credential", "x-amz-security-token", "x-amz-signature")
_PROTOCOL = ("action", "version")  # parameters of a form that are not those of the call
CIPHER = "TLS_AES_128_GCM_SHA256"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller: account (None for anonymous) and userIdentity as that account's own trail shows it."""

    account: str | None
    identity: Mapping[str, Any]


ANONYMOUS = Caller(None, {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"})


def write(call: Call, operation: Operation, caller: Caller, owner: str | None, region: str) -> list[Json]:
    """Make the records of one call: one per account that receives a copy, one per object of a batch.

    `owner` is the account of the bucket or role, None if there is no such bucket. A request that failed
    authentication has no record.
    """
    failed = failure(call, operation.key)
    if failed and (failed[0] in _UNAUTHENTICATED or failed[1] == "Request has expired"):
        return []
    accounts = dict.fromkeys(account for account in (owner or caller.account, caller.account) if account)
    shared = str(uuid.uuid4()) if owner and owner != caller.account else None
    records = []
    for account in accounts:
        record = _record(call, operation, failed, region)
        record["userIdentity"] = _as_seen_by(account, caller)
        record["recipientAccountId"] = account
        if shared:
            record["sharedEventID"] = shared
        if operation.bucket and owner:
            record["resources"] = _resources(call, operation, owner)
        if operation.role:
            record["resources"] = [{"accountId": owner, "type": "AWS::IAM::Role", "ARN": operation.role}]
        records += [record, *_deletions(record, call, operation, owner)]
    return records


def _record(call: Call, operation: Operation, failed: tuple[str, str] | None, region: str) -> Json:
    host = _host(call, operation, region)
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": {},
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(call.time)),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": operation.name,
        "awsRegion": region,
        "sourceIPAddress": call.ip,
        "userAgent": _agent(call),
        "requestParameters": _parameters(call, operation, host),
        "responseElements": _answered(call, operation) if not failed else None,
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": operation.read_only,
        "eventType": "AwsApiCall",
        "managementEvent": not operation.data,
        "eventCategory": "Data" if operation.data else "Management",
        # the demo's calls count as TLS, which loopback has not
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": CIPHER, "clientProvidedHostHeader": host},
    }
    if call.service == "s3":
        record["additionalEventData"] = _additional(call)
    if call.service == "sts":
        served = {"awsServingRegion": region, "endpointType": "regional"}
        record["additionalEventData"] = {"RequestDetails": served}
    if failed:
        record["errorCode"], record["errorMessage"] = failed
    return record


def _as_seen_by(account: str, caller: Caller) -> Mapping[str, Any]:
    """Reduce another account's principal to what the bucket owner sees: its id and account."""
    if caller.account in (None, account):
        return caller.identity
    return {
        "type": "AWSAccount",
        "principalId": caller.identity["principalId"],
        "accountId": caller.account,
    }


def _host(call: Call, operation: Operation, region: str) -> str:
    if call.service != "s3":
        return f"{call.service}.{region}.amazonaws.com"
    return (
        f"{operation.bucket}.s3.{region}.amazonaws.com" if operation.bucket else f"s3.{region}.amazonaws.com"
    )


def _agent(call: Call) -> str:
    agent = call.headers.get("user-agent", "")
    return f"[{agent}]" if call.service == "s3" else agent  # S3 alone wraps it


def _parameters(call: Call, operation: Operation, host: str) -> Json | None:
    if call.service == "cloudtrail":
        asked: Json = _lower_camel(json.loads(call.body or b"{}"))
        return asked
    if call.service == "sts":
        return {name: value for name, value in _lower_camel(form(call.body)).items() if name not in _PROTOCOL}
    parameters: Json = {"bucketName": operation.bucket} if operation.bucket else {}
    parameters["Host"] = host
    if operation.key is not None:
        parameters["key"] = operation.key
    parameters |= {name: value for name, value in call.query.items() if name.lower() not in _HIDDEN_QUERY}
    parameters |= {name: value for name, value in call.headers.items() if _SHOWN_HEADERS.match(name)}
    if operation.name == "PutBucketPolicy":
        parameters["bucketPolicy"] = _policy(call.body)
    elif call.body and operation.name != "DeleteObjects":
        parameters |= document(call.body)
    return parameters


def _policy(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _lower_camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _lower_camel(member) for name, member in value.items()}
    return [_lower_camel(member) for member in value] if isinstance(value, list) else value


def _answered(call: Call, operation: Operation) -> Json | None:
    """Return what the record shows of an answer: of calls that only read nothing, but for new credentials."""
    if operation.role:
        return _credentials(call.answer)
    return None if operation.read_only else _elements(call)


def _credentials(answer: bytes) -> Json:
    """Return the credentials of an answer of STS but the secret, and whose session they are."""
    (response,) = document(answer).values()
    result: Json = _lower_camel(response["AssumeRoleResult"])
    credentials = {name: value for name, value in result["credentials"].items() if name != "secretAccessKey"}
    credentials["expiration"] = _spelled(datetime.fromisoformat(credentials["expiration"]))
    return {"credentials": credentials, "assumedRoleUser": result["assumedRoleUser"]}


def _spelled(moment: datetime) -> str:
    """Write a time as records have that of credentials: Nov 20, 2026, 9:00:00 AM."""
    return f"{moment:%b} {moment.day}, {moment.year}, {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def _elements(call: Call) -> Json | None:
    if call.service == "cloudtrail":
        told: Json = _lower_camel(json.loads(call.answer or b"{}"))
        return told or None
    shown = ("x-amz-version-id", "x-amz-delete-marker", "x-amz-server-side-encryption", "x-amz-expiration")
    return {name: call.answer_headers[name] for name in shown if name in call.answer_headers} or None


def _additional(call: Call) -> Json:
    signature, method = signed(call)
    encryption = call.answer_headers.get("x-amz-server-side-encryption")
    asked = call.headers.get("x-amz-server-side-encryption")
    return {
        **({"SignatureVersion": signature, "AuthenticationMethod": method} if signature else {}),
        **({"SSEApplied": "SSE_S3" if asked else "Default_SSE_S3"} if encryption == "AES256" else {}),
        "CipherSuite": CIPHER,
        "bytesTransferredIn": call.bytes_in,
        "bytesTransferredOut": call.bytes_out,
        "x-amz-id-2": call.answer_headers.get("x-amz-id-2", ""),
    }


def signed(call: Call) -> tuple[str, str]:
    """Return (SignatureVersion, AuthenticationMethod) of a call, two empty strings for an anonymous one."""
    authorization = call.headers.get("authorization", "")
    if "AWSAccessKeyId" in call.query:
        return "SigV2", "QueryString"
    if "X-Amz-Signature" in call.query:
        return "SigV4A" if "ECDSA" in call.query.get("X-Amz-Algorithm", "") else "SigV4", "QueryString"
    if authorization.startswith("AWS4-"):
        return "SigV4A" if "ECDSA" in authorization else "SigV4", "AuthHeader"
    return ("SigV2", "AuthHeader") if authorization.startswith("AWS ") else ("", "")


def _resources(call: Call, operation: Operation, owner: str) -> list[Json]:
    bucket = {"accountId": owner, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{operation.bucket}"}
    if not operation.data:
        return [bucket]
    if operation.key is not None:
        return [_object(operation.bucket, operation.key), bucket]
    prefix = call.query.get("prefix", "")
    return [
        {"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{operation.bucket}/{prefix}"},
        bucket,
    ]


def _object(bucket: str | None, key: str) -> Json:
    return {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}


def _deletions(batch: Json, call: Call, operation: Operation, owner: str | None) -> list[Json]:
    """Make one AwsServiceEvent per object that a batch deleted, with its request id; AWS publishes no sample.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    """
    if operation.name != "DeleteObjects" or "errorCode" in batch or not owner:
        return []
    kept = keys(call.answer, "Error")
    asked = {name: batch["requestParameters"][name] for name in ("bucketName", "Host")}
    return [
        batch
        | {
            "eventName": "DeleteObject",
            "eventType": "AwsServiceEvent",
            "eventID": str(uuid.uuid4()),
            "requestParameters": asked | {"key": key},
            "resources": [_object(operation.bucket, key), *batch["resources"][-1:]],
        }
        for key in keys(call.body, "Object")
        if key not in kept
    ]
