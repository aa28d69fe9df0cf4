"""Which data events of a bucket, and which changes, a trail records by its event selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

OBJECTS, DIRECTORY_OBJECTS = "AWS::S3::Object", "AWS::S3Express::Object"
BOTH = frozenset(("true", "false"))  # values of readOnly
READ_ONLY = {"ReadOnly": frozenset(("true",)), "WriteOnly": frozenset(("false",))}
IN_PART = {
    "Equals",
    "EndsWith",
    "NotEndsWith",
}  # operators on an ARN that leave out some objects of any bucket
CHANGED = {"s3.amazonaws.com", "cloudtrail.amazonaws.com"}  # sources of changes of buckets and trails


def records_all(selectors: Mapping[str, Any], kind: str, arn: str) -> bool:
    """Whether reads and writes of all objects are recorded.

    `selectors` is what GetEventSelectors returns, `kind` the resources' type, and `arn` what the ARNs of the
    bucket's objects begin with, a slash at its end.
    """
    recorded = set[str]()
    for basic in selectors.get("EventSelectors") or ():
        if any(_names(one, kind, arn) for one in basic.get("DataResources", ())):
            recorded |= READ_ONLY.get(basic.get("ReadWriteType", "All"), BOTH)
    for advanced in selectors.get("AdvancedEventSelectors") or ():
        recorded |= _recorded(advanced["FieldSelectors"], kind, arn)
    return recorded == BOTH


def _names(resource: Mapping[str, Any], kind: str, arn: str) -> bool:
    """Whether a basic selector names the whole bucket; `arn:aws:s3` is all of them."""
    return resource.get("Type") == kind and any(map(arn.startswith, resource.get("Values", ())))


def _recorded(fields: Iterable[Mapping[str, Any]], kind: str, arn: str) -> frozenset[str]:
    """Return the values of readOnly that an advanced selector takes of a whole bucket's calls."""
    recorded = BOTH
    for field in fields:
        match field["Field"]:
            case "eventCategory":
                whole = field.get("Equals") == ["Data"]
            case "resources.type":
                whole = kind in field.get("Equals", ())
            case "resources.ARN":
                whole = _covers(field, arn)
            case "readOnly":
                recorded = recorded.intersection(field.get("Equals", ()))
                continue
            case _:  # only calls by some name, of some principal and so on
                whole = False
        if not whole:
            return frozenset()
    return recorded


def _covers(field: Mapping[str, Any], arn: str) -> bool:
    """Whether a field selector of ARNs takes all objects of a bucket."""
    without = field.get("NotStartsWith", ())
    return (
        IN_PART.isdisjoint(field)
        and any(map(arn.startswith, field.get("StartsWith", ("",))))
        and not any(arn.startswith(one) or one.startswith(arn) for one in without)
    )


def records_some(selectors: Mapping[str, Any], kind: str, arn: str) -> bool:
    """Whether any calls on objects of a bucket are recorded, as where a trail is narrowed to prefixes."""
    basic = (one for each in selectors.get("EventSelectors") or () for one in each.get("DataResources", ()))
    names = [value for one in basic if one.get("Type") == kind for value in one.get("Values", ())]
    for advanced in selectors.get("AdvancedEventSelectors") or ():
        fields = {field["Field"]: field for field in advanced["FieldSelectors"]}
        if kind in fields.get("resources.type", {}).get("Equals", ()):
            names += fields.get("resources.ARN", {}).get("StartsWith", [""])
    return any(arn.startswith(name) or name.startswith(arn) for name in names)


def records_changes(selectors: Mapping[str, Any]) -> bool:
    """Whether all write management events of S3 and CloudTrail are recorded, such as changed policies."""
    basic = selectors.get("EventSelectors") or ()
    return any(
        one.get("IncludeManagementEvents", True) and one.get("ReadWriteType", "All") in ("All", "WriteOnly")
        for one in basic
    ) or any(_takes_changes(one["FieldSelectors"]) for one in selectors.get("AdvancedEventSelectors") or ())


def _takes_changes(fields: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an advanced selector takes them; it may leave out other services, as people do with KMS."""
    is_management = False
    for field in fields:
        match field:
            case {"Field": "eventCategory", "Equals": ["Management"]}:
                is_management = True
            case {"Field": "readOnly", "Equals": values} if "false" in values:
                pass
            case {"Field": "eventSource", "NotEquals": without, **more} if not more:
                if not CHANGED.isdisjoint(without):
                    return False
            case _:
                return False
    return is_management
