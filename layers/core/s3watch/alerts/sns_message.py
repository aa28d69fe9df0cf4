"""Builds SNS messages for each topic, with attributes that subscribers can filter by.

The mail topic has a subject and a body each for e-mail and SMS, the chat topic the notification, and the
topic of machines (SQS, Lambda, HTTPS, Firehose) the OCSF finding, as plain messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from s3watch.alerts import chat, ocsf
from s3watch.alerts.alert import MOST_NAMES, Alert
from s3watch.alerts.email import message as email
from s3watch.alerts.headline import headline, topic
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.ruleset import SEVERITIES, Detection
from s3watch.text import elide, one_line

LARGEST = 262_144  # bytes of body and attributes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
# The lengths in characters to which texts are cut, tried in turn. The first cuts nothing real, because an S3
# key has at most 1,024 bytes; with the last, some 500 texts of any kind need half of the limit.
CUTS = (1100, 200, 40)
DETECTIONS = 20  # that a message describes
ATTRIBUTE = 200  # characters of an attribute
SMS = 140  # characters; SNS sends up to 140 bytes as one message
# Not in the GSM alphabet, or there only as two characters: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html
_GSM = str.maketrans("[]{}|\\^~`", "()()//'-'")
LIST_BYTES = 20_000  # of an attribute that is a list: some hundred names, and four leave room for the text

Attribute = dict[str, str]


@dataclass(frozen=True, slots=True)
class Publication:
    """One call of SNS's Publish; if `structured`, the message holds one text for each protocol."""

    subject: str
    message: str
    attributes: dict[str, Attribute]
    structured: bool = True

    @property
    def size(self) -> int:
        """The bytes of body and attributes, as SNS counts them."""
        texts = (text for name, attribute in self.attributes.items() for text in (name, *attribute.values()))
        return len(self.message.encode()) + sum(len(text.encode()) for text in texts)


def publication(
    alert: Alert, detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> Publication:
    """Render an alert for the mail topic; of what is too long for SNS, entries to paste are left out first.

    If that is not enough, texts are cut, and searches left out.
    """
    named = _named(alert, detections)

    def write(most: int, *, entries: bool = False) -> Publication:
        shown = cut(alert, most)
        subject, body = email.render(
            shown, cut_all(named, most), reader, searchable=most == CUTS[0], entries=entries
        )
        return _mail(subject, body, text_message(shown), _attributes(shown))

    whole = write(CUTS[0], entries=True)
    return whole if whole.size <= LARGEST else _first_fitting(write)


def machine_publication(alert: Alert, detections: Mapping[str, Detection]) -> Publication:
    """Render an alert for the topic of machines: the OCSF finding itself; texts too long for SNS are cut."""
    named = _named(alert, detections)

    def write(most: int) -> Publication:
        shown = cut(alert, most)
        return _plain(ocsf.finding(shown, cut_all(named, most)), _attributes(shown))

    return _first_fitting(write)


def chat_publication(
    alert: Alert, detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> Publication:
    """Render an alert for the chat topic."""
    alert = cut(alert, CUTS[1])
    return _plain(chat.notification(alert, detections, reader), _attributes(alert))


def digest_publication(
    alerts: Sequence[Alert], detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> Publication:
    """Render one message for the mail topic that lists alerts which were not sent one by one."""
    alerts = [cut(alert, CUTS[1]) for alert in alerts]
    subject, body = email.digest(alerts, detections, reader)
    return _mail(subject, body, fit_text_message(subject), _shared_attributes(alerts))


def chat_digest_publication(
    alerts: Sequence[Alert], detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> Publication:
    """Render one message for the chat topic that lists alerts which were not sent one by one."""
    alerts = [cut(alert, CUTS[1]) for alert in alerts]
    return _plain(chat.digest(alerts, detections, reader), _shared_attributes(alerts))


def _named(alert: Alert, detections: Mapping[str, Detection]) -> dict[str, Detection]:
    return {rule: detections[rule] for rule in (alert.rule, *alert.rules) if rule in detections}


def _mail(subject: str, body: str, line: str, attributes: dict[str, Attribute]) -> Publication:
    return Publication(subject, _json({"default": body, "email": body, "sms": line}), attributes)


def _plain(document: dict[str, Any], attributes: dict[str, Attribute]) -> Publication:
    return Publication("", _json(document), attributes, structured=False)


def _first_fitting(write: Callable[[int], Publication]) -> Publication:
    """Render with each length of texts in turn until the message fits into SNS's limit."""
    written = write(CUTS[0])
    for most in CUTS[1:]:
        if written.size <= LARGEST:
            break
        written = write(most)
    return written


def _attributes(alert: Alert) -> dict[str, Attribute]:
    """Return the attributes that subscribers filter by; SNS does not accept empty strings."""
    values = {
        "severity": alert.level,
        "rule": alert.rule,
        "bucket": alert.bucket,
        "label": alert.label,
        "account": alert.account,
        "kind": alert.kind,
    }
    texts = {name: one_line(value, ATTRIBUTE) for name, value in values.items() if value}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    if alert.is_overflow:  # it has no label of its own, but whoever filters by one has to get it
        attributes |= _lists({"label": alert.labels, "bucket": (alert.evidence.bucket,)})
    return _severity(alert) | attributes


def _shared_attributes(alerts: Sequence[Alert]) -> dict[str, Attribute]:
    """Return the attributes of a digest, as lists, so that a filter on any of its alerts matches."""
    worst = max(alerts, key=lambda alert: SEVERITIES.index(alert.level))
    lists = {
        name: [getattr(alert, name) for alert in alerts] for name in ("rule", "bucket", "label", "account")
    }
    lists["label"] += [label for alert in alerts if alert.is_overflow for label in alert.labels]
    return {
        **_severity(worst),
        "severity": {"DataType": "String", "StringValue": worst.level},
        "kind": {"DataType": "String", "StringValue": "digest"},
        **_lists(lists),
    }


def _lists(texts: Mapping[str, Iterable[str]]) -> dict[str, Attribute]:
    """Return attributes that are lists, so that a filter on any member matches; empty ones are left out."""
    return {
        name: {"DataType": "String.Array", "StringValue": _json(members)}
        for name, some in texts.items()
        if (members := _distinct(some))
    }


def _severity(alert: Alert) -> dict[str, Attribute]:
    return {"severity_id": {"DataType": "Number", "StringValue": str(ocsf.severity_id(alert.level))}}


def _distinct(texts: Iterable[str]) -> list[str]:
    """Return the different texts that are not empty, as many as fit into LIST_BYTES."""
    kept, used = [], 0
    for text in dict.fromkeys(one_line(text, ATTRIBUTE) for text in texts if text):
        used += len(_json(text).encode()) + 1
        if used > LIST_BYTES:
            break
        kept.append(text)
    return kept


def cut[T: Struct](value: T, most: int) -> T:
    """Cut texts in a struct to `most` characters, lists to MOST_NAMES members; escape lone surrogates."""
    members = {name: _cut(getattr(value, name), most) for name in value.__struct_fields__}
    return type(value)(**members)


def cut_all(detections: Mapping[str, Detection], most: int) -> dict[str, Detection]:
    """Cut the first 20 detections that an alert names."""
    kept = list(detections.items())[:DETECTIONS]
    return {elide(rule, most): cut(detection, most) for rule, detection in kept}


def _cut(value: Any, most: int) -> Any:
    match value:
        case str():
            return elide(value.encode(errors="backslashreplace").decode(), most)
        case tuple():
            return tuple(_cut(member, most) for member in value[:MOST_NAMES])
        case Struct():
            return cut(value, most)
        case _:
            return value


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def text_message(alert: Alert) -> str:
    """Render an alert in at most 140 characters that every phone can show."""
    prefix = f"s3watch {alert.level.upper()} {topic(alert)}: "
    return fit_text_message(f"{prefix}{headline(alert, SMS - len(prefix))}")


def fit_text_message(text: str) -> str:
    """Cut an ASCII text to the length of one text message, with characters of the GSM alphabet only."""
    return text.translate(_GSM)[:SMS]
