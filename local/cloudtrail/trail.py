"""Which records a trail logs: advanced and basic event selectors, evaluated as CloudTrail documents.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Selector = Mapping[str, Any]
Record = Mapping[str, Any]

SELECT: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}
DESELECT: Mapping[str, str] = {
    "NotEquals": "Equals",
    "NotStartsWith": "StartsWith",
    "NotEndsWith": "EndsWith",
}


def logs(selectors: Sequence[Selector], record: Record) -> bool:
    """Tell whether a trail with these selectors, advanced or basic, logs the record."""
    return any(
        _advanced(selector, record) if "FieldSelectors" in selector else _basic(selector, record)
        for selector in selectors
    )


def _advanced(selector: Selector, record: Record) -> bool:
    fields = selector["FieldSelectors"]
    kind = next((field["Equals"][0] for field in fields if field["Field"] == "resources.type"), None)
    return all(_field(field, values_of(record, field["Field"], kind)) for field in fields)


def _field(field: Selector, values: Sequence[str]) -> bool:
    """SELECT operators are OR-ed, DESELECT operators AND-ed, and the two groups AND-ed."""
    chosen = [SELECT[name](value, operand) for name, value, operand in _pairs(field, SELECT, values)]
    refused = [
        SELECT[DESELECT[name]](value, operand) for name, value, operand in _pairs(field, DESELECT, values)
    ]
    selects = any(field.get(name) for name in SELECT)
    return (any(chosen) or not selects) and not any(refused)


def _pairs(field: Selector, operators: Iterable[str], values: Sequence[str]) -> list[tuple[str, str, str]]:
    return [
        (name, value, operand) for name in operators for operand in field.get(name) or () for value in values
    ]


def values_of(record: Record, field: str, kind: str | None = None) -> list[str]:
    """Return the record's values for a selector field; `kind` is the resource type whose ARN is meant."""
    if field == "resources.type":
        return [resource["type"] for resource in record.get("resources", ())]
    if field == "resources.ARN":
        of_kind = [resource for resource in record.get("resources", ()) if resource["type"] == kind]
        return [resource.get("ARN") or resource["ARNPrefix"] for resource in of_kind]
    value = record["userIdentity"].get("arn") if field == "userIdentity.arn" else record.get(field)
    if isinstance(value, bool):
        return [str(value).lower()]
    return [] if value is None else [str(value)]


def _basic(selector: Selector, record: Record) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted != "All" and (wanted == "ReadOnly") is not record["readOnly"]:
        return False
    if record["managementEvent"]:
        excluded = selector.get("ExcludeManagementEventSources") or ()
        return selector.get("IncludeManagementEvents", True) and record["eventSource"] not in excluded
    return any(
        arn.startswith(tuple(chosen.get("Values", ())))
        for chosen in selector.get("DataResources") or ()
        for arn in values_of(record, "resources.ARN", chosen["Type"])
    )
