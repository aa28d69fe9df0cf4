import json

import pytest

from local.messaging.sns_limits import refusal

NO_SUBJECT = ("InvalidParameter", "Invalid parameter: Subject")


@pytest.mark.parametrize(
    ("subject", "refused"),
    [
        pytest.param("", None, id="none given"),
        pytest.param("x" * 99, None, id="99 characters"),
        pytest.param("x" * 100, NO_SUBJECT, id="100 characters"),
        pytest.param("Überfall", None, id="UTF-8"),
        pytest.param("two\nlines", NO_SUBJECT, id="a line break"),
        pytest.param("a\ttab", NO_SUBJECT, id="a control character"),
    ],
)
def test_subjects_are_held_to_snss_rules(subject, refused):
    assert refusal(subject, "text", "", {}) == refused


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        pytest.param(json.dumps({"default": "a", "sms": "b"}), None, id="with a default"),
        pytest.param(json.dumps({"sms": "b"}), "No default entry in JSON message body", id="without one"),
        pytest.param(
            json.dumps({"default": {}}), "No default entry in JSON message body", id="a default of no text"
        ),
        pytest.param("plain", "JSON message body failed to parse", id="no JSON"),
    ],
)
def test_structured_messages_need_a_default(message, refused):
    said = refused and ("InvalidParameter", f"Invalid parameter: Message Structure - {refused}")

    assert refusal("", message, "json", {}) == said


def test_an_empty_message_is_refused():
    assert refusal("", "", "", {}) == ("InvalidParameter", "Invalid parameter: Empty message")


def test_an_attribute_without_a_value_is_refused():
    attributes = {"severity": {"DataType": "String", "StringValue": "high"}, "label": {"DataType": "String"}}

    code, message = refusal("", "text", "", attributes)

    assert code == "ParameterValueInvalid"
    assert message.startswith("The message attribute 'label' must contain non-empty message attribute value")
