"""Counts how often it is called."""

import os

import boto3


def handler(event, context):
    boto3.resource("dynamodb").Table(os.environ["TABLE"]).update_item(
        Key={"id": "ticks"}, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": 1}
    )
