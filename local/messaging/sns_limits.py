"""SNS's limits on messages, which ministack does not enforce.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

Refusal = tuple[str, str]  # error code, message


def refusal(subject: str, message: str, structure: str, attributes: Mapping[str, Any]) -> Refusal | None:
    """Return why SNS would refuse this message, or None."""
    if not subject_allowed(subject):
        return "InvalidParameter", "Invalid parameter: Subject"
    if not message:
        return "InvalidParameter", "Invalid parameter: Empty message"
    if structure == "json" and (wrong := _structure(message)):
        return "InvalidParameter", f"Invalid parameter: Message Structure - {wrong}"
    for name, attribute in attributes.items():
        if not (attribute.get("StringValue") or attribute.get("BinaryValue")):
            kind = attribute.get("DataType")
            said = f"must contain non-empty message attribute value for message attribute type '{kind}'."
            return "ParameterValueInvalid", f"The message attribute '{name}' {said}"
    return None


def subject_allowed(subject: str) -> bool:
    """Tell whether SNS takes a subject: under 100 characters, none of them control characters."""
    return len(subject) < 100 and not any(unicodedata.category(character) == "Cc" for character in subject)


def _structure(message: str) -> str | None:
    try:
        entries = json.loads(message)
    except ValueError:
        return "JSON message body failed to parse"
    if not isinstance(entries, dict) or not isinstance(entries.get("default"), str):
        return "No default entry in JSON message body"
    return None
