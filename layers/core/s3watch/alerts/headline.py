"""Writes an alert in one line, who did what to what, for subjects, text messages, digests and OCSF.

One access is written in full (`read payroll/2026/q3.csv`), many by act with numbers, the gravest act first
(`deleted 2, copied out 1, read 40`). What does not fit is cut: first long keys, then remarks, then acts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from s3watch.alerts import callers
from s3watch.alerts.act_counts import Acts, counted, more, on_objects, without
from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.rows import access, numbers, selectors
from s3watch.alerts.rows import finding as finding_rows
from s3watch.alerts.rows import review as review_rows
from s3watch.alerts.verbs import name_parts, name_service, verbs
from s3watch.facts.acts import name_destination
from s3watch.posture.grants import describe_grantee
from s3watch.text import (
    ELLIPSIS,
    MAX_SHOWN,
    clean,
    clean_address,
    count,
    elide,
    quoted_name,
    shorten,
    to_ascii,
)

NAME = callers.NAME  # characters of a label, too
ADDRESS = 39  # characters: the longest IPv6 address
KEY = 24  # characters of a key that are kept however long the rest is
_TRAIL = re.compile(r"arn:[\w-]+:cloudtrail:[\w-]+:(\d{12}):trail/(.+)", re.ASCII | re.DOTALL)
_COMMA, _AND, _BEFORE, _MORE = ", ", " and ", "before: ", " and more"
_OUTCOMES = {"denied": "denied", "missing": "not found", "failed": "failed"}


class _Sentence(NamedTuple):
    """The parts of a headline after the actor; only the target and the lists can be cut."""

    action: str
    target: str
    after: str
    joint: str = ""  # between these and the other acts
    others: Sequence[str] = ()
    before: Sequence[str] = ()  # acts that earlier messages have reported


def title(alert: Alert, width: int) -> str:
    """Write `[HIGH] payroll: alice@example.com read ...` in ASCII of at most `width` characters."""
    prefix = f"[{alert.level.upper()}] {topic(alert)}: "
    return prefix + headline(alert, width - len(prefix))


def topic(alert: Alert) -> str:
    """Name what an alert is about: the label, else the bucket, else s3watch, CloudTrail or an account."""
    if alert.is_overflow:
        return _topic_of_many(alert)
    of_account = alert.evidence.finding or alert.evidence.event_source.startswith(("s3", "backup."))
    other = finding_rows.topic(alert) if of_account else name_service(alert.evidence.own_part)
    return _shown(alert.label or quoted_name(alert.bucket) or other)


def _topic_of_many(alert: Alert) -> str:
    if len(alert.labels) == 1:
        return _shown(alert.labels[0])
    return "several labels" if alert.labels else "several buckets"


def headline(alert: Alert, width: int, *, as_group: bool = False) -> str:
    """Write who did what to what in at most `width` ASCII characters.

    `as_group` counts the accesses of every alert that has several, instead of showing one of them in full.
    """
    if finding := alert.evidence.finding:
        return finding_rows.headline(alert, finding, width)
    acts = [(act, number) for act, number in alert.acts if number > 0]
    acts = acts or [(alert.evidence.act, alert.count)]
    if alert.is_summary or (as_group and alert.count > 1):
        return _best(alert, _many(alert, acts), width, so_far=True)
    return _best(alert, _one_and_others(alert, acts), width)


def deed(alert: Alert, detail: str = "") -> str:
    """Write who did what to what as the beginning of a sentence, not cut; `detail` follows the object."""
    acts = [(act, number) for act, number in alert.acts if number > 0]
    acts = acts or [(alert.evidence.act, alert.count)]
    first, *_ = _many(alert, acts) if alert.is_summary else _one_and_others(alert, acts)
    joined = f"{first.joint}{_COMMA.join(first.others)}" if first.others else ""
    target = f" {_shown(first.target, MAX_SHOWN)}{detail}" if first.target else ""
    return f"{_caller(alert)} {'was ' * alert.uses_link}{first.action}{target}{first.after}{joined}"


def _best(alert: Alert, sentences: Sequence[_Sentence], width: int, *, so_far: bool = False) -> str:
    """Write the first sentence that is whole; if none is, the one that comes to its target soonest."""
    remarks, vital = _remarks(alert, so_far=so_far), _vital_remarks(alert)
    written = [(_write(alert, sentence, remarks, width), sentence) for sentence in sentences]

    def lacks(text: str, sentence: _Sentence) -> tuple[int, ...]:
        told = all(remark in text for remark in vital)
        cut = len(sentence.action) if text.endswith(ELLIPSIS) else 0
        return cut, not told, ", ".join(sentence.others) not in text

    return min(written, key=lambda each: lacks(*each))[0]


def _write(alert: Alert, sentence: _Sentence, remarks: Sequence[str], width: int) -> str:
    start = f"{_caller(alert)} {sentence.action}{' ' * bool(sentence.target)}"
    target = _shown(sentence.target, MAX_SHOWN)
    least = min(len(target), KEY)
    room = width - len(start) - least - len(sentence.after)
    vital = _fitting(_vital_remarks(alert), [], room)
    others = _listed(sentence.joint, sentence.others, room - len(_bracketed(vital)))
    room -= len(others)
    before = _listed(_BEFORE, sentence.before, room - len(_bracketed([*vital, ""])))
    last = [before] if before else []
    shown = _bracketed([*vital, *_fitting(remarks, [*vital, *last], room), *last])
    target = elide(target, max(room - len(shown) + least, KEY))
    return shorten(f"{start}{target}{sentence.after}{others}{shown}", width)


def _listed(joint: str, texts: Sequence[str], room: int) -> str:
    """Join as many texts as fit, and say if there are more; empty if there is no room even for that."""
    for number in range(len(texts), 0, -1):
        listed = f"{joint}{', '.join(texts[:number])}{_MORE if number < len(texts) else ''}"
        if len(listed) <= room:
            return listed
    return _MORE if texts and joint in (_COMMA, _AND) and len(_MORE) <= room else ""


def _fitting(remarks: Sequence[str], beside: Sequence[str], room: int) -> list[str]:
    """Return the first remarks that fit beside others into one pair of brackets."""
    kept: list[str] = []
    for remark in remarks:
        if len(_bracketed([*beside, *kept, remark])) > room:
            break
        kept.append(remark)
    return kept


def _many(alert: Alert, acts: Acts) -> list[_Sentence]:
    """Return the sentences about a group, the preferred one first."""
    (act, number), *rest = acts
    first, *others = counted(acts, alert.outcome)
    is_shown = number == 1 and alert.evidence.act == act  # the only access with the gravest act
    if not rest and not is_shown:
        return [_repeated(alert, act, number)]
    in_full = [_Sentence(*_one(alert.evidence), _COMMA, others)] if is_shown else []
    return [*in_full, _Sentence(f"{_tried(alert)}{first}", "", "", _COMMA, others)]


def _repeated(alert: Alert, act: str, number: int) -> _Sentence:
    """Return the sentence about accesses with one act: `read 57 objects 1,204 times`."""
    times = [f"{'' if alert.exact else 'about '}{count(number, 'time')}"]
    if alert.distinct_keys < 2:
        return _Sentence(*_one(alert.evidence), " ", times)
    action = f"{_tried(alert)}{on_objects(act, alert.outcome)}"
    if _is_batch_delete(alert):
        return _Sentence(f"{action} {'' if alert.exact else 'about '}{count(number, 'object')}", "", "")
    if alert.exact and alert.keys_exact and alert.distinct_keys == number:
        times = []
    objects = f"{'' if alert.keys_exact else 'more than '}{count(alert.distinct_keys, 'object')}"
    return _Sentence(f"{action} {objects}", "", "", " ", times)


def _is_batch_delete(alert: Alert) -> bool:
    """Return whether each access is an object of its own, although not all keys are kept."""
    return alert.evidence.event_name == "DeleteObjects" and alert.distinct_keys > 1


def _one_and_others(alert: Alert, acts: Acts) -> list[_Sentence]:
    """Return the sentences about one access, with what else is new, and what was reported before."""
    evidence = alert.evidence
    action, target, after = _used(evidence) if alert.uses_link else _one(evidence)
    if _is_batch_delete(alert) and len(acts) == 1 and alert.kind != "worse":
        return [_Sentence(action, count(acts[0][1], "object"), f" in {_shown(alert.bucket)}")]
    this = [(evidence.act, 1)]
    new = (alert.news.acts if alert.news else this) if alert.kind == "worse" else acts
    before = counted(without(acts, new), alert.outcome)
    same = sum(number for act, number in without(new, this) if act == evidence.act)
    others = counted([(act, number) for act, number in new if act != evidence.act], alert.outcome)
    others = [more(evidence.act, same), *others] if same else others
    in_full = _Sentence(action, target, after, _AND, others, before)
    if alert.uses_link:
        return [in_full, in_full._replace(action=f"used to {_use(evidence)}")]
    return [in_full, in_full._replace(after="")] if action == "copied" else [in_full]


def _tried(alert: Alert) -> str:
    return "" if alert.outcome == "success" else "tried to "


def _shown(text: str, most: int = NAME) -> str:
    return clean(to_ascii(text), most)


def _caller(alert: Alert) -> str:
    if alert.is_overflow:
        return callers.in_subject(replace(alert.evidence, actor_verified=False))
    return f"{'link signed by ' * alert.uses_link}{callers.in_subject(alert.evidence)}"


def _one(evidence: Evidence) -> tuple[str, str, str]:
    """Return the action, its target and the text after it, of one access."""
    if evidence.review:
        return review_rows.headline(evidence, evidence.review)
    (done, tried), target = _verbs(evidence), _target(evidence)
    if evidence.outcome != "success":
        return f"tried to {tried}", target, _account_of_trail(evidence)
    if evidence.grants_public:
        return "opened", target, " to everyone"
    if evidence.grants_accounts:
        return "opened", target, f" to {_grantees(evidence.grants_accounts, evidence.other_grantees)}"
    if evidence.operation == "read" and evidence.peer_uri:
        to = quoted_name(name_destination(evidence.peer_uri, evidence.bucket))
        return "copied", target, f" to {_shown(to)}"
    return done, target, _account_of_trail(evidence)


def _used(evidence: Evidence) -> tuple[str, str, str]:
    """Return the same of the use of a link: `used from 192.0.2.44 to read`."""
    address = clean_address(to_ascii(evidence.ip), ADDRESS)
    return f"used from {address} to {_use(evidence)}", _target(evidence), ""


def _use(evidence: Evidence) -> str:
    _, tried = _verbs(evidence)
    return tried if evidence.outcome == "success" else f"try to {tried}"


def _grantees(names: Sequence[str], others: int) -> str:
    number = len(names) + others
    return _shown(describe_grantee(names[0])) if number == 1 else count(number, "other")


def _verbs(evidence: Evidence) -> tuple[str, str]:
    name = _shown(quoted_name(evidence.event_name)) or "an unnamed operation"
    known = selectors.verbs(evidence) or verbs(evidence.event_name, evidence.operation, evidence.changes)
    return known or (f"called {name} on", f"call {name} on")


def _target(evidence: Evidence) -> str:
    if evidence.keys_unknown:
        return f"objects in {quoted_name(evidence.bucket)}"
    trail = _TRAIL.fullmatch(evidence.resource)
    granted = f"{evidence.prefix}*" if evidence.prefix else ""
    named = quoted_name(trail[2]) if trail else name_parts(evidence.resource, evidence.own_part)
    return quoted_name(evidence.key or granted or evidence.bucket) or named or callers.account(evidence)


def _account_of_trail(evidence: Evidence) -> str:
    """Name the account of a trail, since trails and users have the same names in many accounts."""
    if evidence.bucket or evidence.key or not evidence.resource:
        return ""
    trail = _TRAIL.fullmatch(evidence.resource)
    account = _shown(quoted_name(trail[1] if trail else evidence.caller_account))
    return f" in {account}" if account else ""


def _vital_remarks(alert: Alert) -> list[str]:
    review, left_out = alert.evidence.review, selectors.remark(alert.evidence)
    corrected = "corrected" if review and review.corrected else ""
    return [*filter(None, [_shown(alert.decoy), _OUTCOMES.get(alert.outcome, ""), corrected, left_out])]


def _remarks(alert: Alert, *, so_far: bool) -> list[str]:
    """Return what else matters at first glance, the most important first."""
    evidence = alert.evidence
    remarks = (
        "in total" if alert.kind == "closed" else "so far" if so_far else "",
        numbers.counted_alone(alert),
        "unexpected" if evidence.expected is False and alert.outcome == "success" and not alert.decoy else "",
        _allowed(evidence),
        "keys unknown" if evidence.keys_unknown and not so_far else "",
        _claim(alert),
        "late" if alert.late and alert.kind == "first" else "",
        "numbers are estimates" if so_far and not alert.exact and len(alert.acts) > 1 else "",
    )
    return [remark for remark in remarks if remark]


def _allowed(evidence: Evidence) -> str:
    """Say what whoever got access may do, in a few words."""
    may = access.verbs_allowed(evidence) if evidence.outcome == "success" and not evidence.review else ""
    return f"to {_shown(may)}" if may else ""


def _claim(alert: Alert) -> str:
    name = "" if alert.is_overflow else callers.claimed(alert.evidence)
    return f"claims to be {_shown(quoted_name(name))}" if name else ""


def _bracketed(remarks: Sequence[str]) -> str:
    return f" ({', '.join(remarks)})" if remarks else ""
