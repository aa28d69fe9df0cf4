"""CloudFormation types of services that ministack has, but can not create from a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import athena, config
from ministack.services.cloudformation import provisioners

from local.cloudformation.provisioning import Made, Properties, ok


@dataclass(frozen=True, slots=True)
class Kind:
    """One type: how it is created and deleted."""

    make: Callable[[str, Properties], Made]  # a name, the properties
    delete: Callable[[str, Properties], Any]
    name: str  # the property that names it

    def handlers(self) -> Mapping[str, Callable[..., Any]]:
        """Return the functions that ministack registers for a type."""
        return {"create": self._create, "update": self._update, "delete": self.delete}

    def _create(self, logical_id: str, properties: Properties, stack: str) -> Made:
        name = properties.get(self.name) or provisioners._physical_name(stack, logical_id, max_len=64)
        return self.make(name, properties)

    def _update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
        """Replace the resource: nothing refers to an attribute that would change."""
        if new.get(self.name) == old.get(self.name):
            self.delete(physical_id, old)
            return self._create(physical_id, new, stack)
        made = self._create(physical_id, new, stack)
        provisioners._delete_predecessor(self.delete, physical_id, old)  # unless its policy retains it
        return made


def _query(name: str, properties: Properties) -> Made:
    query_id = ok(athena._create_named_query({**properties, "Name": name}))["NamedQueryId"]
    return query_id, {"NamedQueryId": query_id}


def _statement(name: str, properties: Properties) -> Made:
    ok(athena._create_prepared_statement(properties))
    return name, {}


def _delete_statement(name: str, properties: Properties) -> None:
    athena._delete_prepared_statement({"StatementName": name, "WorkGroup": properties["WorkGroup"]})


def _rule(name: str, properties: Properties) -> Made:
    ok(config._put_config_rule({"ConfigRule": {**properties, "ConfigRuleName": name}}))
    [rule] = ok(config._describe_config_rules({"ConfigRuleNames": [name]}))["ConfigRules"]
    return name, {"Arn": rule["ConfigRuleArn"], "ConfigRuleId": rule["ConfigRuleId"]}


def _delete_rule(name: str, _properties: Properties) -> None:
    config._delete_config_rule({"ConfigRuleName": name})


def _delete_query(query_id: str, _properties: Properties) -> None:
    athena._delete_named_query({"NamedQueryId": query_id})


KINDS = {
    "AWS::Athena::NamedQuery": Kind(_query, _delete_query, "Name"),
    "AWS::Athena::PreparedStatement": Kind(_statement, _delete_statement, "StatementName"),
    "AWS::Config::ConfigRule": Kind(_rule, _delete_rule, "ConfigRuleName"),
}
