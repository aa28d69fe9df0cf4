"""What a deleted, a failed and an updated nested stack leaves behind, by its resources' policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.local_aws import eventually

FAST = {"Delay": 0.2}
TEMPLATES = "deletion-templates"
POLICIES = {
    "retain": {"DeletionPolicy": "Retain"},
    "except": {"DeletionPolicy": "RetainExceptOnCreate"},
    "delete": {"DeletionPolicy": "Delete"},
    "silent": {},
}
REFUSED = {  # CloudTrail refuses a bucket that does not let it write
    "Type": "AWS::CloudTrail::Trail",
    "Properties": {"IsLogging": True, "S3BucketName": "nobody-lets-it-write"},
}


def buckets(stack: str) -> dict[str, Any]:
    return {
        name.title(): {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{stack}-{name}"}, **policy}
        for name, policy in POLICIES.items()
    }


def template(resources: dict[str, Any]) -> str:
    return json.dumps({"Resources": resources})


def nesting(cloud: Any, name: str, resources: dict[str, Any], **beside: Any) -> str:
    cloud.client("s3").put_object(Bucket=TEMPLATES, Key=name, Body=template(resources).encode())
    url = f"{cloud.settings.endpoint}/{TEMPLATES}/{name}"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    return template({"Nested": nested} | beside)


@pytest.fixture(scope="module")
def stacks(cloud):
    here = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket=TEMPLATES, CreateBucketConfiguration=here)
    return cloud.client("cloudformation")


def left(cloud: Any, stack: str) -> set[str]:
    names = [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]]
    return {name.removeprefix(f"{stack}-") for name in names if name.startswith(f"{stack}-")}


def create(stacks: Any, stack: str, text: str, until: str = "CREATE_COMPLETE") -> None:
    stacks.create_stack(StackName=stack, TemplateBody=text)
    eventually(lambda: stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == until)


def test_a_deleted_nested_stack_leaves_what_it_retains(cloud, stacks):
    create(stacks, "gone", nesting(cloud, "gone", buckets("gone")))
    stacks.delete_stack(StackName="gone")
    stacks.get_waiter("stack_delete_complete").wait(StackName="gone", WaiterConfig=FAST)

    assert left(cloud, "gone") == {"retain", "except"}


def test_a_nested_stack_that_an_update_removes_leaves_what_it_retains(cloud, stacks):
    beside = {"Topic": {"Type": "AWS::SNS::Topic"}}
    create(stacks, "off", nesting(cloud, "off", buckets("off"), **beside))
    stacks.update_stack(StackName="off", TemplateBody=template(beside))
    stacks.get_waiter("stack_update_complete").wait(StackName="off", WaiterConfig=FAST)

    assert left(cloud, "off") == {"retain", "except"}


@pytest.mark.parametrize("where", ["in", "beside"])
def test_after_a_failed_creation_only_what_is_always_retained_is_left(cloud, stacks, where: str):
    name = f"failed-{where}"
    inside = {"Trail": REFUSED | {"DependsOn": ["Retain", "Except", "Delete", "Silent"]}}
    beside = {"Trail": REFUSED | {"DependsOn": ["Nested"]}}
    resources = buckets(name) | (inside if where == "in" else {})

    text = nesting(cloud, name, resources, **(beside if where == "beside" else {}))

    create(stacks, name, text, "ROLLBACK_COMPLETE")

    assert left(cloud, name) == {"retain"}


def test_a_replaced_bucket_of_a_nested_stack_is_left_if_its_policy_says_so(cloud, stacks):
    def named(name: str) -> dict[str, Any]:
        bucket = buckets("renamed")["Retain"] | {"UpdateReplacePolicy": "Retain"}
        return {"Bucket": bucket | {"Properties": {"BucketName": f"renamed-{name}"}}}

    create(stacks, "renamed", nesting(cloud, "before", named("before")))
    stacks.update_stack(StackName="renamed", TemplateBody=nesting(cloud, "after", named("after")))
    stacks.get_waiter("stack_update_complete").wait(StackName="renamed", WaiterConfig=FAST)

    assert left(cloud, "renamed") == {"before", "after"}


def test_the_address_of_a_nested_template_is_one_that_sam_delete_can_parse(cloud, stacks):
    create(stacks, "parsed", nesting(cloud, "parsed", {"Topic": {"Type": "AWS::SNS::Topic"}}))
    original = stacks.get_template(StackName="parsed", TemplateStage="Original")["TemplateBody"]

    url = original["Resources"]["Nested"]["Properties"]["TemplateURL"]
    assert url == f"https://s3.eu-west-1.amazonaws.com/{TEMPLATES}/parsed"
