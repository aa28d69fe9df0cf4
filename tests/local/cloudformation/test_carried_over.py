import json

import pytest

from tests.support.local_aws import eventually

RESOURCES = {
    "Group": {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "kept"}},
    "Query": {
        "Type": "AWS::Athena::NamedQuery",
        "Properties": {
            "Name": "who",
            "Database": "d",
            "QueryString": "SELECT 1",
            "WorkGroup": {"Ref": "Group"},
        },
    },
    "Statement": {
        "Type": "AWS::Athena::PreparedStatement",
        "Properties": {
            "StatementName": "by_key",
            "QueryStatement": "SELECT ?",
            "WorkGroup": {"Ref": "Group"},
        },
    },
    "Rule": {
        "Type": "AWS::Config::ConfigRule",
        "Properties": {
            "ConfigRuleName": "kept-public-read",
            "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_PUBLIC_READ_PROHIBITED"},
        },
    },
}


@pytest.fixture(scope="module")
def stacks(cloud):
    client = cloud.client("cloudformation")
    client.create_stack(StackName="kept", TemplateBody=json.dumps({"Resources": RESOURCES}))
    eventually(
        lambda: client.describe_stacks(StackName="kept")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    )
    return client


def test_a_saved_query_is_found_where_athena_lists_it(cloud, stacks):
    athena = cloud.client("athena")
    [query] = athena.list_named_queries(WorkGroup="kept")["NamedQueryIds"]

    assert athena.get_named_query(NamedQueryId=query)["NamedQuery"]["Name"] == "who"


def test_a_prepared_statement_is_kept(cloud, stacks):
    kept = cloud.client("athena").get_prepared_statement(StatementName="by_key", WorkGroup="kept")

    assert kept["PreparedStatement"]["QueryStatement"] == "SELECT ?"


def test_a_config_rule_is_described(cloud, stacks):
    [rule] = cloud.client("config").describe_config_rules(ConfigRuleNames=["kept-public-read"])["ConfigRules"]

    assert rule["Source"]["SourceIdentifier"] == "S3_BUCKET_PUBLIC_READ_PROHIBITED"


@pytest.mark.parametrize(
    ("policy", "left"), [("Delete", ["after"]), ("Retain", ["after", "before"])], ids=str
)
def test_a_replaced_query_is_left_if_its_policy_says_so(cloud, policy, left):
    stack, client, athena = f"replaced-{policy}", cloud.client("cloudformation"), cloud.client("athena")
    athena.create_work_group(Name=stack)

    def template(name):
        properties = RESOURCES["Query"]["Properties"] | {"Name": name, "WorkGroup": stack}
        query = {**RESOURCES["Query"], "Properties": properties, "UpdateReplacePolicy": policy}
        return json.dumps({"Resources": {"Query": query}})

    client.create_stack(StackName=stack, TemplateBody=template("before"))
    client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})
    client.update_stack(StackName=stack, TemplateBody=template("after"))
    client.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 0.2})

    queries = athena.list_named_queries(WorkGroup=stack)["NamedQueryIds"]
    names = [athena.get_named_query(NamedQueryId=query)["NamedQuery"]["Name"] for query in queries]
    assert sorted(names) == left
