"""Takes a verdict that somebody gave by a button in the chat, on the message that the button is below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from msgspec.structs import replace

from s3watch.alerts import chat_token
from s3watch.alerts.alert import CLOSING, Judgement, Verdict
from s3watch.alerts.rows.verdict import lines
from s3watch.errors import RefusedError
from s3watch.ledger.groups import Group
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import decide, judge

JUDGEMENTS: Mapping[str, Judgement] = {judgement: judgement for judgement in get_args(Judgement)}
NOTE = "by the token of a button in the chat"  # who used it, the call does not say


def take_verdict(store: Store, key: bytes, by: str, event: Mapping[str, Any], now: float) -> str:
    """Store the verdict of an event `{"alert": TOKEN, "verdict": NAME}`; returns what to say about it.

    `by` is the ARN of the channel's role: who called is not known. Raises RefusedError if the event is none
    of ours, if people got another message since, which nobody judged, or if somebody has judged it and
    nothing worse came after; UnavailableError.
    """
    judgement = JUDGEMENTS.get(str(event.get("verdict")))
    if not judgement:
        raise RefusedError(f"a verdict is one of {', '.join(JUDGEMENTS)}")
    shown = chat_token.read(event.get("alert"), key)
    seen = store.group(shown.alert)
    if seen is None:
        raise RefusedError(f"{shown.alert}: the alert is not there any more")
    if seen.heard != shown.sequence:
        raise RefusedError(
            f"{seen.id}: a later message tells more; judge that one, or by s3watch verdict {seen.id}"
        )
    verdict = Verdict(judgement, by, now, NOTE)
    judged = decide(store, seen, lambda group: judge(_unjudged(group), verdict, now), now)
    return f"{judged.id} is {judgement}: {_outlook(judged, judgement)}"


def _unjudged(group: Group) -> Group:
    """Raise RefusedError if somebody has judged the group: a token may change nobody's verdict."""
    if group.verdict and not group.verdict.overtaken:
        given = lines(replace(group.verdict, note=""))[0]
        raise RefusedError(f"{group.id}: already judged {given}: s3watch verdict {group.id} changes it")
    return group


def _outlook(group: Group, judgement: Judgement) -> str:
    if group.closed:
        return "it had ended already"
    return "only worse news and its end are told" if judgement in CLOSING else "it stays open"
