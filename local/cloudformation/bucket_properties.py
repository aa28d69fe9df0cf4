"""Properties of AWS::S3::Bucket that ministack's CloudFormation drops, set by calls on S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.serialize
import botocore.session
from ministack.services import s3

from local.cloudformation.provisioning import Create, Made, Properties
from local.s3 import subresources

Json = dict[str, Any]
Update = Callable[[str, Properties, Properties, str], Made]


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("s3")


def body(operation: str, bucket: str, **content: Any) -> bytes:
    """Return the XML that an SDK would send."""
    serializer = botocore.serialize.create_serializer("rest-xml")
    asked = serializer.serialize_to_request(
        {"Bucket": bucket, **content}, _model().operation_model(operation)
    )
    made: bytes = asked["body"]
    return made


def set_all(bucket: str, properties: Properties) -> None:
    """Set the properties of a bucket; raises ValueError with S3's message if it refuses."""
    for name, put in PUTS.items():
        if name in properties:
            status, _, answer = put(bucket, properties[name])
            if status >= 400:
                raise ValueError(f"AWS::S3::Bucket {name}: {answer!r}")


def _logging(bucket: str, wanted: Json) -> Any:
    enabled = {
        "TargetBucket": wanted.get("DestinationBucketName", bucket),
        "TargetPrefix": wanted.get("LogFilePrefix", ""),
        **({"TargetObjectKeyFormat": form} if (form := wanted.get("TargetObjectKeyFormat")) else {}),
    }
    asked = body("PutBucketLogging", bucket, BucketLoggingStatus={"LoggingEnabled": enabled})
    return s3._put_bucket_logging(bucket, asked)


def _encryption(bucket: str, wanted: Json) -> Any:
    rules = []
    for rule in wanted["ServerSideEncryptionConfiguration"]:
        made = {"ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault", {})}
        rules.append(made | {"BucketKeyEnabled": _true(rule.get("BucketKeyEnabled", False))})
    asked = body("PutBucketEncryption", bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    return s3._put_bucket_encryption(bucket, asked)


def _ownership(bucket: str, wanted: Json) -> Any:
    return s3._put_bucket_ownership_controls(
        bucket, body("PutBucketOwnershipControls", bucket, OwnershipControls=wanted)
    )


def _metrics(bucket: str, wanted: list[Json]) -> Any:
    for one in wanted:
        conditions = {name: one[name] for name in ("Prefix", "AccessPointArn") if name in one}
        chosen = {"And": conditions} if len(conditions) > 1 else conditions
        configuration = {"Id": one["Id"], **({"Filter": chosen} if chosen else {})}
        asked = body(
            "PutBucketMetricsConfiguration", bucket, Id=one["Id"], MetricsConfiguration=configuration
        )
        subresources.put_metrics(bucket, one["Id"], asked)
    return 200, {}, b""


def _lifecycle(bucket: str, wanted: Json) -> Any:
    rules = [_rule(rule) for rule in wanted["Rules"]]
    asked = body("PutBucketLifecycleConfiguration", bucket, LifecycleConfiguration={"Rules": rules})
    return s3._put_bucket_lifecycle(bucket, asked)


def _rule(rule: Json) -> Json:
    """Convert a lifecycle rule to S3's spelling."""
    expiration: Json = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if "ExpiredObjectDeleteMarker" in rule:
        expiration["ExpiredObjectDeleteMarker"] = _true(rule["ExpiredObjectDeleteMarker"])
    made = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if expiration:
        made["Expiration"] = expiration
    return made | _numbered(rule)


def _numbered(rule: Json) -> Json:
    """Copy the members that are spelled alike, with numbers where parameters are text."""
    alike = ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
    return {
        name: {inner: int(value) for inner, value in rule[name].items()} for name in alike if name in rule
    }


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


PUTS: Mapping[str, Callable[[str, Any], Any]] = {
    "LoggingConfiguration": _logging,
    "BucketEncryption": _encryption,
    "OwnershipControls": _ownership,
    "MetricsConfigurations": _metrics,
    "LifecycleConfiguration": _lifecycle,
}


def keeping(create: Create) -> Create:
    """Wrap a bucket's provisioner to set these too."""

    def created(logical_id: str, properties: Properties, stack: str) -> Made:
        made = create(logical_id, properties, stack)
        set_all(made[0], properties)
        return made

    return created


def keeping_on(update: Update) -> Update:
    """Wrap its update likewise; what a new template no longer names is left as it is."""

    def updated(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
        made = update(physical_id, old, new, stack)
        set_all(made[0], new)
        return made

    return updated
