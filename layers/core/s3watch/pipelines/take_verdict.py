"""Takes a verdict that somebody gave by a button in the chat, on the message that the button is below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from s3watch.alerts import chat_token
from s3watch.alerts.alert import CLOSING, Judgement, Verdict
from s3watch.errors import RefusedError
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import give_verdict

JUDGEMENTS: Mapping[str, Judgement] = {judgement: judgement for judgement in get_args(Judgement)}
NOTE = "in the chat"  # who it was, the chat shows: the call does not say


def take_verdict(store: Store, key: bytes, by: str, event: Mapping[str, Any], now: float) -> str:
    """Store the verdict of an event `{"alert": TOKEN, "verdict": NAME}`; returns what to say about it.

    `by` is the ARN of the role that may call. Raises RefusedError if the event is none of ours, or if another
    message was written since: that nobody judged. UnavailableError.
    """
    judgement = JUDGEMENTS.get(str(event.get("verdict")))
    if not judgement:
        raise RefusedError(f"a verdict is one of {', '.join(JUDGEMENTS)}")
    shown = chat_token.read(event.get("alert"), key)
    seen = store.group(shown.alert)
    if seen is None:
        raise RefusedError(f"{shown.alert}: the alert is not there any more")
    if seen.sequence != shown.sequence:
        raise RefusedError(f"{shown.alert}: a later message tells more; judge that one")
    give_verdict(store, seen, Verdict(judgement, by, now, NOTE), now)
    closed = "only worse news and its end are told" if judgement in CLOSING else "it stays open"
    return f"{shown.alert} is {judgement}: {closed}"
