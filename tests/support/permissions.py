"""The table of each function's boto3 calls, the IAM actions that a call needs, and which take a resource.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import cfnlint

from tests.support.project import ROOT

HERE = "arn:aws:s3:eu-west-1:111122223333"
SQS = "arn:aws:sqs:eu-west-1:111122223333"
BUCKET = "arn:aws:s3:::hr-data"
DIRECTORIES = "arn:aws:s3express:eu-west-1:111122223333:*"
LOGS = [
    "arn:aws:s3:::Trail/Logs/AWSLogs/*",
    "arn:aws:s3:::AccessLogFiles/Logs/*",
    ["arn:aws:s3:::org-logs/*"],
]
LEDGER = "Ledger.Arn"
TRAIL = "arn:aws:cloudtrail:*:*:trail/s3watch"  # an organization's is one of its management account
RULES = "arn:aws:events:eu-west-1:111122223333:rule/*"
TOPICS = ["AlertTopic", "ChatTopic", "MachineTopic", "CanaryTopic"]
CANARY = "CanaryBucket/Bucket.Arn"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:s3watch-*"
# Of the stack's functions, and no other
ROLES = [
    f"{name}Role.Arn"
    for name in (
        "Detect", "Notify", "Sweep", "CheckHealth", "ReadCanary", "ScanLogs", "RelayFinding", "ReviewBucket",
        "TakeVerdict",
    )
]  # fmt: skip
ENRICHING: dict[str, Any] = {  # of alerts
    "cloudtrail.lookup_events": "*",
    "iam.list_role_tags": "arn:aws:iam::111122223333:role/*",
    "iam.list_user_tags": "arn:aws:iam::111122223333:user/*",
    "s3.get_bucket_acl": [BUCKET],
    "s3.get_bucket_policy_status": [BUCKET],
    "s3.get_bucket_tagging": [BUCKET],
    "s3.get_bucket_versioning": [BUCKET],
    "s3.get_public_access_block": [BUCKET],
    "s3control.get_public_access_block": "*",
}


def handing_back(queue: str, dead_letters: str) -> dict[str, Any]:
    """What a function that reads a queue does with messages that it cannot evaluate."""
    return {"sqs.change_message_visibility_batch": queue, "sqs.send_message": dead_letters}


def recording() -> dict[str, Any]:
    """What a function that records hits in the ledger does."""
    calls = ("get_item", "update_item", "transact_write_items")
    return {f"dynamodb.{call}": LEDGER for call in calls}


def evaluating() -> dict[str, Any]:
    """What a function that evaluates records does: it also reads what is remembered, and enriches alerts."""
    return recording() | {"dynamodb.batch_get_item": LEDGER} | ENRICHING


# Each function's calls, and the resource of each. `s3express` has the calls of S3 and S3 Control made on
# directory buckets too: there they have other actions.
CALLS: dict[str, dict[str, Any]] = {
    "Detect": evaluating() | handing_back("EventQueue.Arn", "DeadLetterQueue.Arn"),
    "ScanLogs": evaluating()
    | handing_back("LogFiles/Queue.Arn", "LogFiles/DeadLetterQueue.Arn")
    | {"s3.get_object": LOGS},
    "RelayFinding": recording()
    | handing_back(f"{SQS}:s3watch-findings", f"{SQS}:s3watch-findings-dead-letters"),
    "ReviewBucket": recording()
    | handing_back(f"{SQS}:s3watch-reviews", f"{SQS}:s3watch-reviews-dead-letters")
    | {
        "s3.get_bucket_acl": BUCKET,
        "s3.get_bucket_ownership_controls": BUCKET,
        "s3.get_bucket_policy": BUCKET,
        "s3.get_bucket_policy_status": BUCKET,
        "s3.get_bucket_replication": BUCKET,
        "s3.get_public_access_block": BUCKET,
        "s3.put_bucket_acl": BUCKET,  # Remediate=acl
        "s3.put_public_access_block": BUCKET,  # Remediate=block
        "s3control.get_access_grants_instance_resource_policy": f"{HERE}:access-grants/default",
        "s3.list_buckets": "*",
        "s3.list_directory_buckets": "*",
        "s3control.list_access_points_for_directory_buckets": "*",
        "s3control.get_access_point_policy_status": f"{HERE}:accesspoint/*",
        "s3express.get_access_point": DIRECTORIES,
        "s3express.get_access_point_policy": DIRECTORIES,
        "s3express.get_bucket_policy": DIRECTORIES,
        "s3control.get_access_point": "*",
        "s3control.get_access_point_policy": f"{HERE}:accesspoint/*",
        "s3control.get_multi_region_access_point_policy": "arn:aws:s3::111122223333:accesspoint/*",
        "s3control.get_public_access_block": "*",
        "s3control.list_access_grants": f"{HERE}:access-grants/default",
        "s3control.list_access_points": "*",
        "s3control.list_multi_region_access_points": "*",
    },
    "Notify": {
        "dynamodb.get_item": LEDGER,
        "dynamodb.update_item": LEDGER,
        "dynamodb.batch_write_item": LEDGER,
        "sns.publish": TOPICS,
    },
    "CheckHealth": {
        "cloudformation.describe_stacks": "arn:aws:cloudformation:eu-west-1:111122223333:stack/s3watch/*",
        "iam.get_policy": "Vpc/Policy",
        "iam.get_role": ROLES,
        "iam.get_role_policy": ROLES,
        "iam.list_attached_role_policies": ROLES,
        "iam.list_role_policies": ROLES,
        "lambda.get_function_concurrency": FUNCTION,
        "lambda.get_function_configuration": FUNCTION,
        "lambda.get_policy": FUNCTION,
        "s3.get_bucket_logging": BUCKET,
        "cloudtrail.describe_trails": "*",
        "cloudtrail.get_event_selectors": TRAIL,
        "cloudtrail.get_trail_status": TRAIL,
        "dynamodb.batch_get_item": LEDGER,
        "dynamodb.get_item": LEDGER,
        "dynamodb.scan": LEDGER,
        "dynamodb.update_item": LEDGER,
        "events.describe_rule": RULES,
        "events.list_rule_names_by_target": "*",
        "lambda.list_event_source_mappings": "*",
        "sns.list_subscriptions_by_topic": ["AlertTopic", "OperationsTopic"],
        "sns.publish": "OperationsTopic",
    },
    "TakeVerdict": {"dynamodb.get_item": LEDGER, "dynamodb.update_item": LEDGER},
    "ReadCanary": {"s3.get_object": f"{CANARY}/canary", "s3.put_object": f"{CANARY}/canary"},
    "Sweep": evaluating()
    | {"dynamodb.batch_write_item": LEDGER, "dynamodb.query": f"{LEDGER}/index/due", "sns.publish": TOPICS},
}

LIBRARY = ROOT / "layers/core/s3watch"
CALLERS = LIBRARY / "aws"  # the only boto3, as import-linter holds
# Actions of calls that are not named like the call.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb.transact_write_items": ("dynamodb:PutItem", "dynamodb:UpdateItem"),  # what it consists of
    "s3.get_object": ("s3:GetObject", "s3:GetObjectVersion"),  # the second with a version
    "ReadCanary s3.get_object": ("s3:GetObject",),
    "s3.list_buckets": ("s3:ListAllMyBuckets",),
    "s3.list_directory_buckets": ("s3express:ListAllMyDirectoryBuckets",),
    "s3control.list_access_points_for_directory_buckets": ("s3express:ListAccessPointsForDirectoryBuckets",),
    "s3.get_bucket_replication": ("s3:GetReplicationConfiguration",),
    "s3.get_public_access_block": ("s3:GetBucketPublicAccessBlock",),
    "s3.put_public_access_block": ("s3:PutBucketPublicAccessBlock",),
    "s3.delete_public_access_block": ("s3:PutBucketPublicAccessBlock",),
    "s3control.get_public_access_block": ("s3:GetAccountPublicAccessBlock",),
    "sqs.change_message_visibility_batch": ("sqs:ChangeMessageVisibility",),
}


def actions(call: str, function: str = "") -> tuple[str, ...]:
    """The IAM actions that a call needs, `service.method` as in boto3, made by a function."""
    service, _, method = call.partition(".")
    prefix = "s3" if service == "s3control" else service
    methods = _methods("s3") | _methods("s3control") if service == "s3express" else _methods(service)
    return ACTIONS.get(f"{function} {call}") or ACTIONS.get(call) or (f"{prefix}:{methods[method]}",)


def named_calls() -> set[str]:
    """Every call that the code names: `service.method`, of the services for which it makes clients.

    By attribute (`s3.get_bucket_acl`) or as text (`"get_bucket_acl"`); a name of several services counts
    for each.
    """
    names = {name for tree in _trees(CALLERS) for name in _names(tree)}
    return {f"{service}.{name}" for service in _clients() for name in names & _methods(service).keys()}


def _trees(folder: Path) -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))]


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _clients() -> set[str]:
    """The services of all `client(...)` in the library."""
    nodes = [node for tree in _trees(LIBRARY) for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    made = [
        one.args[0] for one in calls if getattr(one.func, "attr", getattr(one.func, "id", "")) == "client"
    ]
    return {str(name.value) for name in made if isinstance(name, ast.Constant)}


@cache
def _methods(service: str) -> dict[str, str]:
    """The operations of a service's API, by the method of its client."""
    client: Any = boto3.client(
        service, region_name="eu-west-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    return dict(client.meta.method_to_api_mapping)


@cache
def _authorization() -> Any:
    """The Service Authorization Reference, as cfn-lint carries it."""
    path = Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json"
    return json.loads(path.read_text(encoding="utf-8"))


def takes_resource(action: str) -> bool:
    """Whether an action can be granted on a resource; KeyError if there is no such action."""
    service, _, name = action.partition(":")
    return bool(_authorization()[service]["Actions"][name.lower()].get("Resources"))
