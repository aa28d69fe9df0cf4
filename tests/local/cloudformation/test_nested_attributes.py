"""What is unchanged in a nested stack keeps its attributes when something else in it is updated."""

from __future__ import annotations

import json
from typing import Any

FAST = {"Delay": 0.2}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "nested-unchanged"}}


def nested(description: str) -> str:
    name = {"Fn::GetAtt": ["Queue", "QueueName"]}
    parameter = {"Type": "String", "Name": "/nested/queue", "Description": description, "Value": name}
    resources = {"Queue": QUEUE, "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}
    return json.dumps({"Resources": resources, "Outputs": {"Queue": {"Value": name}}})


def top(url: str) -> str:
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    output = {"Queue": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Queue"]}}}
    return json.dumps({"Resources": {"Nested": stack}, "Outputs": output})


def upload(cloud: Any, name: str, text: str) -> str:
    cloud.client("s3").put_object(Bucket="nested-templates", Key=name, Body=text.encode())
    return f"{cloud.settings.endpoint}/nested-templates/{name}"


def test_an_unchanged_queue_has_its_name_after_an_update(cloud):
    client = cloud.client("cloudformation")
    here = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket="nested-templates", CreateBucketConfiguration=here)
    client.create_stack(StackName="nesting", TemplateBody=top(upload(cloud, "before", nested("before"))))
    client.get_waiter("stack_create_complete").wait(StackName="nesting", WaiterConfig=FAST)

    client.update_stack(StackName="nesting", TemplateBody=top(upload(cloud, "after", nested("after"))))

    client.get_waiter("stack_update_complete").wait(StackName="nesting", WaiterConfig=FAST)
    [output] = client.describe_stacks(StackName="nesting")["Stacks"][0]["Outputs"]
    assert output["OutputValue"] == "nested-unchanged"
