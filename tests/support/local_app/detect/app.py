"""Writes one pending item for each record; a key with "poison" in it fails."""

import json
import os

import boto3
from shared import RULES

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    failed = []
    for message in event["Records"]:
        record = json.loads(message["body"])["detail"]
        key = (record["requestParameters"] or {}).get("key") or record["eventName"]
        if "poison" in key:
            failed.append({"itemIdentifier": message["messageId"]})
            continue
        item = {"id": record["eventID"], "status": "pending", "key": key, "record": json.dumps(record)}
        table.put_item(Item=item | {"rules": RULES["version"], "batch": context.aws_request_id})
    return {"batchItemFailures": failed}
