"""Renders alerts for Slack and Teams, as custom notifications of Amazon Q Developer in chat applications.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
Where the stack has buttons for verdicts (stacks/chat-verdicts.yaml), these find in the metadata of a message
to which stack it belongs and the token of its alert.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from s3watch.alerts import chat_token
from s3watch.alerts.alert import Alert
from s3watch.alerts.digest import judging_one, next_steps, sections, subject
from s3watch.alerts.headline import title
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.alerts.rows.alert import Row, details, reference, rows
from s3watch.alerts.rows.steps import STEPS, steps
from s3watch.alerts.rows.verdict import step as judging
from s3watch.ruleset import Detection
from s3watch.text import clean, shorten, span

TITLE, DESCRIPTION, STEP, KEYWORD = 250, 8000, 350, 75  # limits in characters, from the page above

LISTED = 40  # alerts in a digest, so that the number of the others fits as well
LINE = 78  # characters of an alert in a digest

# Characters that start markup in Slack or Teams. Neither has an escape character that the other would hide.
_MARKUP = str.maketrans("<>[]`*~|", "()()'+-/")
_MENTION = re.compile("@(?=here|channel|everyone|team)", re.IGNORECASE)


def notification(
    alert: Alert, detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> dict[str, Any]:
    """Render an alert as a custom notification; the messages of a group share a thread."""
    shown = [*rows(alert, detections, reader), *details(alert, reader), reference(alert)]
    advised = [*steps(alert, detections), judging(alert, reader.stack)]
    keywords = (alert.level, alert.kind, alert.label, alert.rule, alert.bucket)
    written = _frame(
        f"{alert.id}-{alert.sequence}",
        alert.id,
        title(alert, TITLE),
        description=_bounded([line for row in shown for line in _row(row)]),
        nextSteps=[shorten(plain(step), STEP) for step in advised if step],
        keywords=[shorten(plain(clean(word)), KEYWORD) for word in keywords if word],
    )
    if reader.chat_key and judging(alert):
        written["metadata"] |= _buttons(alert, reader)
    return written


def _buttons(alert: Alert, reader: Reader) -> dict[str, Any]:
    token = chat_token.write(chat_token.Shown(alert.id, alert.sequence), reader.chat_key)
    return {"additionalContext": {"stack": reader.stack, "alert": token}, "enableCustomActions": True}


def digest(
    alerts: Sequence[Alert], detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> dict[str, Any]:
    """Render one notification that lists one or more alerts, worst first, with ids and the next steps."""
    name = f"digest-{alerts[0].id}-{alerts[0].sequence}"
    first, last = min(alert.first for alert in alerts), max(alert.last for alert in alerts)
    listed = [line for lines in sections(alerts, LISTED, LINE) for line in lines]
    advised = [f"{rule}: {steps[0]}" for rule, steps in next_steps(alerts, detections).items() if steps]
    return _frame(
        name,
        name,
        subject(alerts, TITLE),
        description=_bounded([code(line) for line in (span(first, last, reader.zone), *listed)]),
        nextSteps=[shorten(plain(step), STEP) for step in (*advised[:STEPS], judging_one(reader))],
    )


def _frame(uid: str, thread: str, headline: str, **content: Any) -> dict[str, Any]:
    shown = shorten(plain(headline), TITLE)
    return {
        "version": "1.0",
        "source": "custom",
        "id": clean(uid),
        "content": {"textType": "client-markdown", "title": shown, **content},
        "metadata": {"threadId": clean(thread), "summary": shown},
    }


def _row(row: Row) -> list[str]:
    """Render a row with its label in bold and its lines as code, in which nothing is markup."""
    return [f"*{row.label}* {code(row.lines[0])}", *(code(line) for line in row.lines[1:])]


def code(text: str) -> str:
    """Render cleaned text as code."""
    return f"`{text.translate(_MARKUP)}`"


def plain(text: str) -> str:
    """Render cleaned text as plain text: markup and mentions are replaced by similar characters."""
    return _MENTION.sub("(at)", text.translate(_MARKUP))


def _bounded(lines: Sequence[str]) -> str:
    """Join whole lines up to the length limit of a description."""
    shown: list[str] = []
    room = DESCRIPTION - len("...")
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*shown, "..."])
        shown.append(line)
    return "\n".join(shown)
