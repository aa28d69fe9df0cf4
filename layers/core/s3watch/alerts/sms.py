"""Renders alerts as text messages (SMS)."""

from __future__ import annotations

from s3watch.alerts.alert import Alert
from s3watch.alerts.headline import headline, topic

LONGEST = 140  # characters; SNS sends up to 140 bytes as one message
# Not in the GSM alphabet, or there only as two characters: https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html
_GSM = str.maketrans("[]{}|\\^~`", "()()//'-'")


def line(alert: Alert) -> str:
    """Render an alert in at most 140 characters that every phone can show."""
    prefix = f"s3watch {alert.level.upper()} {topic(alert)}: "
    return fit(f"{prefix}{headline(alert, LONGEST - len(prefix))}")


def fit(text: str) -> str:
    """Cut an ASCII text to the length of one message, with characters of the GSM alphabet only."""
    return text.translate(_GSM)[:LONGEST]
