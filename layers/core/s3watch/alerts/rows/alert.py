"""Renders an alert as rows of facts: who, what, when, where, how, why. E-mail and chat show the same rows.

Unknown facts are shown as such where people look for them, and left out elsewhere. All text is cleaned here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from s3watch.alerts import account_names, callers
from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.alerts.rows import access, earlier, finding, numbers, review, session, snooze, state, verdict
from s3watch.ruleset import Detection
from s3watch.text import (
    clean,
    clean_address,
    clean_name,
    duration,
    short_timestamp,
    span,
    timestamp,
    to_utc,
    truncate_list,
)
from s3watch.times import WEEKS, WINDOW, window_start

LISTED = 4  # keys, addresses or accounts: the next steps stay on the first screen of a phone
RULES = 10  # detections listed
LASTING = 20  # to whom access was given and where copies went: as many as an alert keeps when it is cut

_DOING = {  # by operation, what those who are named as expected may do
    "read": "read", "list": "list", "inspect": "inspect", "write": "write", "delete": "delete",
    "permission": "change permissions", "protection": "change protection", "configuration": "change settings",
}  # fmt: skip


class Row(NamedTuple):
    """One row of an alert: its label (`Who`) and its lines, several if it is a list."""

    label: str
    lines: tuple[str, ...]


def rows(alert: Alert, detections: Mapping[str, Detection], reader: Reader = UTC_READER) -> list[Row]:
    """Return an alert's rows, any verdict, who and what first; rows without facts are left out."""
    candidates = [
        ("Verdict", verdict.lines(alert.verdict, reader.zone)),  # whether somebody deals with it already
        ("Snoozed", snooze.lines(alert.snooze, reader.zone)),
        *_facts(alert, reader.zone),
        ("Why", [] if alert.evidence.finding else _why(alert, detections)),
        ("Expected", _expected(alert.evidence)),
        ("Owner", [", ".join(map(clean_address, alert.owner.split(", ")))]),
        ("Shared", _overflow(alert)),
    ]
    return _filled(candidates)


def _filled(candidates: Iterable[tuple[str, list[str]]]) -> list[Row]:
    filled = (Row(label, tuple(filter(None, lines))) for label, lines in candidates)
    return [row for row in filled if row.lines]


def _facts(alert: Alert, zone: tzinfo) -> list[tuple[str, list[str]]]:
    evidence = alert.evidence
    if evidence.finding:
        is_first = alert.kind == "first"  # of later messages, the row `Now` says what is new
        return [*finding.rows(alert, evidence.finding, zone), ("New", ["yes"] if is_first else [])]
    if evidence.review and evidence.review.finder:
        finder, *found = review.rows_without_call(alert, evidence.review, zone)
        return [finder, ("Holds", _holds(evidence)), *found, ("New", _news(alert))]
    seen = _many(alert, zone) if alert.is_summary else _one(alert, zone)
    return [*seen, *(review.rows(evidence, evidence.review) if evidence.review else [])]


def details(alert: Alert, reader: Reader = UTC_READER) -> list[Row]:
    """Return what follows the rows: the worst access in full, the caller's ARN and key, and tags."""
    evidence = alert.evidence
    if evidence.finding or (evidence.review and evidence.review.finder):
        return []
    is_one = not (alert.is_overflow and alert.is_summary)
    named = [
        ("Worst", _worst(alert, reader.zone) if alert.is_summary else []),
        ("ARN", [access.arn(evidence)] if is_one else []),
        ("Access key", [access.access_key(evidence)] if is_one else []),
        *(state.details(alert) if is_one else []),
    ]
    return _filled(named)


def reference(alert: Alert) -> Row:
    """Return the row with the ids of the alert, the request and the event, to quote and to search for."""
    name, evidence = f"alert {clean(alert.id, 60)}", alert.evidence
    if evidence.finding:
        return Row("Ref", (f"{name}, finding {clean(evidence.finding.id, 200)}",))
    if alert.is_summary:
        return Row("Ref", (name,))
    return Row("Ref", (", ".join(filter(None, [name, *_ids(evidence)])),))


def _ids(evidence: Evidence) -> list[str]:
    return [access.request(evidence), f"event {clean(evidence.event_id, 60)}" if evidence.event_id else ""]


def _one(alert: Alert, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Return the rows about one access: the first of a group, or one that could not wait for a roll-up."""
    evidence, several = alert.evidence, alert.distinct_keys > 1
    return [
        *_caller(evidence, signed=alert.uses_link),
        ("What", [access.what(evidence)]),
        *_target(evidence, is_one=not several),
        ("Objects", _objects(alert) if several else []),
        ("Holds", _holds(evidence)),
        ("Opens", [] if evidence.review else access.opens(evidence)),
        ("Sets", access.sets(evidence)),
        ("Error", [access.error(evidence)]),
        ("When", [_when(alert, zone)]),
        ("From", [access.origin(evidence)]),
        ("How", [access.how(evidence, zone)]),
        ("How much", [numbers.how_much(alert)]),
        *state.rows(alert),
        ("New", _news(alert)),
        ("Each", _lasting(alert)),
        ("Labels", _labels(alert)),
    ]


def _caller(evidence: Evidence, *, signed: bool = False) -> list[tuple[str, list[str]]]:
    return [
        *([("Who", ["unknown: whoever has the link"])] if signed else []),
        ("Signed by" if signed else "Who", [access.who(evidence)]),
        *session.rows(evidence),
    ]


def _target(evidence: Evidence, *, is_one: bool = True) -> list[tuple[str, list[str]]]:
    label, name = access.target(evidence)
    other, uri = access.peer(evidence)
    unknown = "the record of this batch delete does not name them" if evidence.keys_unknown else ""
    return [
        (label, [name] if is_one else []),
        ("Version", [clean(evidence.version, 60)]),
        (other, [uri]),
        ("Keys", [unknown]),
    ]


def _many(alert: Alert, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Return the rows about a group since it was opened."""
    ends = short_timestamp(alert.window_end, zone)
    return [
        ("Who", [_who_in_all(alert) if alert.is_overflow else access.who(session.left_out(alert.evidence))]),
        ("What", [numbers.acts(alert.acts, alert)]),
        ("Labels", _labels(alert)),
        ("Objects", _objects(alert)),
        ("When", [f"{span(alert.first, alert.last, zone)}{access.region(alert.evidence)}"]),
        ("From", numbers.addresses(alert, LISTED)),
        ("How much", [numbers.totals(alert)]),
        *state.rows(alert),
        ("New", _news(alert)),
        ("Each", _lasting(alert)),
        ("Closed", [f"accesses after {ends} open a new alert"] if alert.kind == "closed" else []),
    ]


def _holds(evidence: Evidence) -> list[str]:
    """Return the labels in the bucket that an alert is about."""
    return [", ".join(truncate_list(_named(evidence.holds), len(evidence.holds), LISTED))]


def _worst(alert: Alert, zone: tzinfo) -> list[str]:
    """Return the worst access in full, the newest of several, since the rows above are about all."""
    evidence = alert.evidence
    others = evidence.actor and evidence.actor != alert.actor
    succeeded = evidence.outcome == "success"
    opened = [f"opened {to}" for to in access.grantees(evidence)] if succeeded else []
    found = [f"{label.lower()}: {line}" for label, lines in _target(evidence) for line in lines if line]
    return [
        access.what(evidence),
        *found,
        *([] if evidence.review else opened or access.opens(evidence)),
        *access.sets(evidence),
        f"by {', '.join(filter(None, callers.lines(evidence)))}" if others else "",
        *session.lines(evidence),
        f"{timestamp(evidence.time, zone)}, from {access.origin(evidence)}",
        access.how(evidence, zone),
        ", ".join(filter(None, _ids(evidence))),
    ]


def _overflow(alert: Alert) -> list[str]:
    if not alert.is_overflow:
        return []
    shares = "further accesses are combined here, whatever their name, label or bucket"
    return [f"too many alerts about {_principal(alert)} within an hour: {shares}"]


def _news(alert: Alert) -> list[str]:
    """Return what no earlier message of the group has said."""
    news = alert.news
    about = clean_name(alert.label or alert.bucket, 60) or callers.account(alert.evidence)
    compared = earlier.line(alert.evidence, about)
    if not news:
        known = "yes" if alert.evidence.earlier.first_seen else _first(alert)
        return ["; ".join(filter(None, [known, compared]))] if alert.kind == "first" else []
    rules = truncate_list([clean(rule, 80) for rule in news.rules], len(news.rules), LISTED)
    labels = truncate_list([clean(label, 80) for label in news.labels], len(news.labels), LISTED)
    told = [
        "still open" if alert.is_state and alert.kind == "rollup" else "",
        f"since the last message {numbers.acts(news.acts, alert)}" if news.acts else "",
        numbers.further(news),
        f"{'label' if len(labels) == 1 else 'labels'} {', '.join(labels)}" if labels else "",
        f"{'detection' if len(rules) == 1 else 'detections'} {', '.join(rules)}" if rules else "",
    ]
    return ["; ".join(filter(None, [*told, compared if alert.kind == "worse" else ""]))]


def _first(alert: Alert) -> str:
    """Say of what a message is the first: of what its caller did here, with this outcome, in this window."""
    evidence = alert.evidence
    start = to_utc(window_start(evidence.time, WEEKS if alert.is_state else WINDOW))
    since = f"{start:%Y-%m-%d}" if alert.is_state else f"{start:%H:%M} UTC"
    named = clean_name(alert.label or alert.bucket or evidence.resource, 60)
    about = named or callers.account(evidence)
    if evidence.review and evidence.review.finder:
        return f"yes, not reported about {about} since {since}"
    kind = "successful" if alert.outcome == "success" else "denied" if alert.outcome == "denied" else "failed"
    return f"yes, no other {kind} call by {callers.shown(evidence)} on {about} was reported since {since}"


def _lasting(alert: Alert) -> list[str]:
    """Return the calls that outlast the request, if there are several: only one of them is shown in full."""
    calls = access.lasting(alert.lasting)
    return truncate_list(calls, len(calls), LASTING) if len(calls) > 1 else []


def _labels(alert: Alert) -> list[str]:
    is_one = len(alert.labels) == 1 and not alert.is_overflow
    return [] if is_one else truncate_list(_named(alert.labels), len(alert.labels), LISTED)


def _objects(alert: Alert) -> list[str]:
    is_long = alert.is_state or state.restore(alert)  # what it says besides takes two lines of a phone
    listed = LISTED - 2 if is_long else LISTED
    return truncate_list(_named(alert.keys), alert.distinct_keys, listed, exact=alert.keys_exact)


def _who_in_all(alert: Alert) -> str:
    account = account_names.numbered(alert.evidence.caller_account, alert.evidence)
    return f"{_principal(alert)}{f', account {account}' if account else ''}"


def _principal(alert: Alert) -> str:
    return clean(alert.evidence.issuer or alert.principal or alert.actor or "unknown")


def _when(alert: Alert, zone: tzinfo) -> str:
    late = f", detected {duration(alert.late)} late" if alert.late else ""
    return f"{timestamp(alert.evidence.time, zone)}{access.region(alert.evidence)}{late}"


def _named(texts: Sequence[str]) -> list[str]:
    return [clean_name(text) for text in texts]


def _why(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    names = list(dict.fromkeys((alert.rule, *alert.rules)))
    found = alert.evidence.correlated
    shown = [
        _reason(name, detections.get(name))
        + (f": {numbers.counted_by(found)}" if found and found.rule == name else "")
        for name in names[:RULES]
    ]
    return truncate_list(shown, len(names), RULES)


def _reason(name: str, detection: Detection | None) -> str:
    return f"{clean(detection.title)} ({clean(name, 80)})" if detection else clean(name, 80)


def _expected(evidence: Evidence) -> list[str]:
    if evidence.decoy:
        return [f"nobody: {clean_name(evidence.decoy)} is a decoy"]
    if evidence.expected is not False:
        return []
    names = [clean(name, 80) for name in evidence.expected_principals]
    total = len(names) + evidence.other_expected
    *others, last = truncate_list(names, total, LISTED) or ["nobody"]
    joined = f"{', '.join(others)} {'' if last.startswith('and ') else 'and '}{last}" if others else last
    to = f"to {_DOING[evidence.operation]}: " if evidence.operation in _DOING else ""
    return [f"{to}{'only ' if total else ''}{joined}"]
