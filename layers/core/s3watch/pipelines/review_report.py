"""Describes a review of a bucket in words, for alerts: the change, the state before, the state now."""

from __future__ import annotations

from s3watch.alerts.alert import Review
from s3watch.pipelines.review_triggers import Trigger
from s3watch.posture import review_rules
from s3watch.posture.review import Difference, describe_after, describe_before
from s3watch.ruleset import Detection
from s3watch.text import quoted, quoted_name

# For headlines: action and remark if a call triggered the review; how AWS Config or the schedule found it.
_DONE = {
    review_rules.OPENED.rule: ("opened", "to everyone"),
    review_rules.SHARED.rule: ("opened", "to others"),
    review_rules.CLOSED.rule: ("closed", "to others"),
    review_rules.UNREADABLE.rule: ("hid the settings of", ""),
    review_rules.WEAKENED.rule: ("weakened the policy of", ""),
    review_rules.INCOMPLETE.rule: ("changed", "(not completely readable)"),
}
_FOUND = {
    review_rules.OPENED.rule: "open to everyone",
    review_rules.SHARED.rule: "open to others",
    review_rules.CLOSED.rule: "open to fewer",
    review_rules.UNREADABLE.rule: "unreadable",
    review_rules.WEAKENED.rule: "denying less than before",
    review_rules.INCOMPLETE.rule: "not completely readable",
    review_rules.NOT_COMPLIANT.rule: "not compliant",
}


def write(
    rule: Detection,
    difference: Difference,
    trigger: Trigger,
    correction: tuple[str, ...],
    *,
    corrected: bool,
) -> Review:
    """Describe a review for an alert; a finder is said to have found the state, not to have caused it."""
    action, remark = ("found", _FOUND[rule.rule]) if trigger.finder else _DONE[rule.rule]
    return Review(
        action,
        remark,
        before=describe_before(difference),
        after=describe_after(difference),
        correction=correction,
        corrected=corrected,
        finder=trigger.finder,
        reason=_reason(trigger),
    )


def _reason(trigger: Trigger) -> str:
    if not trigger.rule:
        return ""
    says = f"; the rule says: {quoted(trigger.reason)}" if trigger.reason else ""  # as its author had it say
    return f"{quoted_name(trigger.rule)} is NON_COMPLIANT{says}"
