"""CloudFormation types that ministack lacks: trails are created, the rest recorded and announced as such."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail, dynamodb
from ministack.services.cloudformation import provisioners

from local.cloudformation import bucket_properties, carried_over
from local.cloudformation.provisioning import Create, Made, Properties, ok
from local.cloudtrail.log_delivery import topic_arn
from local.s3.policies import allows_service

logger = logging.getLogger("local.cloudformation.resources")

# stored by their services, so that they are described and listed; type -> what does not happen here
KEPT = {
    "AWS::Athena::NamedQuery": "saved, but Athena's dialect is not run",
    "AWS::Athena::PreparedStatement": "saved, but Athena's dialect is not run",
    "AWS::CloudWatch::Alarm": "those over expressions and bands are never evaluated",
    "AWS::Config::ConfigRule": "never evaluated",
}
# recorded in the stack alone
NOT_RUN = {
    "AWS::Chatbot::CustomAction": "no chat shows it",
    "AWS::CloudWatch::AnomalyDetector": "no anomaly is detected",
    "AWS::CloudWatch::CompositeAlarm": "never evaluated",
    "AWS::CloudWatch::InsightRule": "never evaluated",
    "AWS::Config::ConformancePack": "never evaluated",
    "AWS::Config::RemediationConfiguration": "never started",
    "AWS::Events::Archive": "nothing is archived",
    "AWS::Logs::QueryDefinition": "not saved",
}
BUCKET = "AWS::S3::Bucket"
OF_EXPRESSIONS = {"Metrics", "ThresholdMetricId"}  # properties of alarms
OF_ONE_METRIC = {
    "Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Threshold", "Unit",
}  # fmt: skip
TABLE = "AWS::DynamoDB::Table"
TRAIL = "AWS::CloudTrail::Trail"

type Record = Callable[[str, Properties], Properties]  # what is kept of an alarm: name, properties


def arn(service: str, resource: str) -> str:
    """Return the ARN of a resource of the current account and Region."""
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def delivery_allowed(bucket: str, trail_arn: str, key: str) -> bool:
    """Tell whether a bucket's policy lets CloudTrail read its ACL and write a file, as CreateTrail checks.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    conditions = {
        "aws:sourcearn": trail_arn,
        "aws:sourceaccount": get_account_id(),
        "s3:x-amz-acl": "bucket-owner-full-control",
    }
    asked = (
        ("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}"),
        ("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"),
    )
    return all(
        allows_service("cloudtrail.amazonaws.com", bucket, action, resource, conditions)
        for action, resource in asked
    )


def create_trail(logical_id: str, properties: Properties, stack: str) -> Made:
    """Create a trail by CloudTrail's own calls; refuses a bucket that would refuse its log files."""
    name = properties.get("TrailName") or provisioners._physical_name(stack, logical_id, max_len=128)
    prefix = properties.get("S3KeyPrefix")
    key = "/".join(part for part in (prefix, f"AWSLogs/{get_account_id()}/CloudTrail/file") if part)
    if not delivery_allowed(properties["S3BucketName"], arn("cloudtrail", f"trail/{name}"), key):
        raise ValueError(f"Incorrect S3 bucket policy is detected for bucket: {properties['S3BucketName']}")
    group = properties.get("CloudWatchLogsLogGroupArn")
    if bool(group) is not bool(properties.get("CloudWatchLogsRoleArn")):
        raise ValueError(
            "A log group needs a role that CloudTrail writes to it with, and the other way round"
        )
    made = ok(cloudtrail._create_trail({**properties, "Name": name}))
    _configure(name, properties)
    return name, _trail_attributes(made)


def _trail_attributes(trail: Properties) -> dict[str, str]:
    topic = topic_arn(trail.get("SnsTopicName") or "", get_account_id(), get_region())
    return {"Arn": trail["TrailARN"], "SnsTopicArn": topic}


def update_trail(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    """Update a trail in place; its name never changes here."""
    changed = ok(cloudtrail._update_trail({**new, "Name": physical_id}))
    _configure(physical_id, new)
    return physical_id, _trail_attributes(changed)


def _configure(name: str, properties: Properties) -> None:
    for kind in ("EventSelectors", "AdvancedEventSelectors"):
        if properties.get(kind):
            ok(cloudtrail._put_event_selectors({"TrailName": name, kind: _spelled(properties[kind])}))
    logging_wanted = str(properties.get("IsLogging")).lower() == "true"
    ok((cloudtrail._start_logging if logging_wanted else cloudtrail._stop_logging)({"Name": name}))


def _spelled(value: Any) -> Any:
    """Convert booleans of a template to the text that selectors hold."""
    if isinstance(value, dict):
        return {name: _spelled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [str(member).lower() if isinstance(member, bool) else _spelled(member) for member in value]
    return value


def place(resource_type: str) -> Create:
    """Make a provisioner that records a resource without running it."""

    def create(logical_id: str, _properties: Properties, stack: str) -> Made:
        name = provisioners._physical_name(stack, logical_id, max_len=64)
        logger.warning("%s %s is recorded, not run here", resource_type, logical_id)
        made = arn(
            resource_type.split("::")[1].lower(), f"{resource_type.rpartition('::')[2].lower()}/{name}"
        )
        return name, {"Arn": made, "Id": name, "NamedQueryId": name, "ConfigRuleId": name}

    return create


def unchanged(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> Made:
    """Update a recorded resource: nothing changes."""
    return physical_id, {}


def install() -> None:
    """Register the types, the properties of buckets and tables, and alarms over expressions."""
    handlers = provisioners._RESOURCE_HANDLERS
    handlers[TRAIL] = {
        "create": create_trail,
        "update": update_trail,
        "delete": lambda physical_id, _properties: ok(cloudtrail._delete_trail({"Name": physical_id})),
    }
    for resource_type in NOT_RUN:
        handlers[resource_type] = {
            "create": place(resource_type), "update": unchanged, "delete": lambda _id, _properties: None,
        }  # fmt: skip
    handlers |= {name: kind.handlers() for name, kind in carried_over.KINDS.items()}
    handlers[BUCKET]["create"] = bucket_properties.keeping(handlers[BUCKET]["create"])
    handlers[BUCKET]["update"] = bucket_properties.keeping_on(handlers[BUCKET]["update"])
    handlers[TABLE]["create"] = _with_expiry(handlers[TABLE]["create"])
    provisioners._cw_metric_alarm_record = _with_expressions(provisioners._cw_metric_alarm_record)


def _with_expiry(create: Create) -> Create:
    def created(logical_id: str, properties: Properties, stack: str) -> Made:
        made = create(logical_id, properties, stack)
        if wanted := properties.get("TimeToLiveSpecification"):
            ok(dynamodb._update_ttl({"TableName": made[0], "TimeToLiveSpecification": wanted}))
        return made

    return created


def _with_expressions(record: Record) -> Record:
    """Wrap what CloudWatch keeps of an alarm, and describes, to keep those over expressions and bands too.

    Without a metric of their own they are never evaluated.
    """

    def recorded(name: str, properties: Properties) -> Properties:
        if not properties.get("Metrics"):
            return record(name, properties)
        logger.warning("alarm %s is kept, not evaluated here", name)
        stand_in = {"MetricName": "none", "Namespace": "none", "Threshold": 0, **properties, "Metrics": None}
        kept = record(name, stand_in)
        own = {key: value for key, value in kept.items() if key not in OF_ONE_METRIC or key in properties}
        return own | {key: properties[key] for key in OF_EXPRESSIONS & properties.keys()}

    return recorded
