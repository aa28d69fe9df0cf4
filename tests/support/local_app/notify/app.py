"""Publishes each pending item, with the environment it ran in."""

import json
import os
import sys

import boto3


def handler(event, context):
    sns = boto3.client("sns")
    for change in event["Records"]:
        item = change["dynamodb"]["NewImage"]
        sns.publish(
            TopicArn=os.environ["TOPIC"],
            Subject=item["key"]["S"][:90],
            Message=json.dumps({"id": item["id"]["S"], "environment": sorted(os.environ), "path": sys.path}),
            MessageAttributes={
                "severity": {
                    "DataType": "String",
                    "StringValue": "high" if "secret" in item["key"]["S"] else "low",
                }
            },
        )
