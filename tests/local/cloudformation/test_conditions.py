import json

import pytest

from tests.support.local_aws import eventually

# parameter value, condition, whether it holds
JOINED = {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Arns"}]}, ""]}
FIRST = {"Fn::Equals": [{"Fn::Select": [0, {"Fn::Split": ["/", {"Ref": "Text"}]}]}, "a"]}
PAIR = {"Fn::Equals": [{"Fn::Join": ["-", [{"Ref": "Text"}, "x"]]}, "a/b-x"]}


@pytest.mark.parametrize(
    ("condition", "arns", "holds"),
    [
        (JOINED, "", True),
        (JOINED, "one,two", False),
        ({"Fn::Not": [JOINED]}, "one,two", True),
        (FIRST, "", True),
        (PAIR, "", True),
    ],
    ids=["an empty list", "a list", "negated", "the first part of a text", "a joined pair"],
)
def test_a_condition_joins_and_splits_as_cloudformation_does(cloud, request, condition, arns, holds):
    stacks = cloud.client("cloudformation")
    name = f"condition-{abs(hash(request.node.name))}"
    template = {
        "Parameters": {
            "Arns": {"Type": "CommaDelimitedList", "Default": ""},
            "Text": {"Type": "String", "Default": "a/b"},
        },
        "Conditions": {"Holds": condition},
        "Resources": {
            "Always": {"Type": "AWS::SNS::Topic"},
            "Then": {"Type": "AWS::SQS::Queue", "Condition": "Holds"},
        },
    }
    given = [{"ParameterKey": "Arns", "ParameterValue": arns}]
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=given)
    eventually(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    )
    made = {
        one["LogicalResourceId"] for one in stacks.describe_stack_resources(StackName=name)["StackResources"]
    }

    assert made == ({"Always", "Then"} if holds else {"Always"})
