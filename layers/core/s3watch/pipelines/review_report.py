"""Describes a review of a bucket in words, for alerts: the change, the state before, the state now."""

from __future__ import annotations

from s3watch.alerts.alert import Review
from s3watch.pipelines.review_triggers import Trigger
from s3watch.posture import bucket_state as parts
from s3watch.posture import review_rules
from s3watch.posture.review import Difference, describe_after, describe_before
from s3watch.ruleset import Detection
from s3watch.text import quoted, quoted_name

# For headlines: action and remark if a call triggered the review; how AWS Config or the schedule found it.
_DONE = {
    review_rules.OPENED.rule: ("opened", "to everyone"),
    review_rules.SHARED.rule: ("opened", "to others"),
    review_rules.CLOSED.rule: ("removed external access to", ""),
    review_rules.UNREADABLE.rule: ("hid the settings of", ""),
    review_rules.WEAKENED.rule: ("weakened the policy of", ""),
    review_rules.INCOMPLETE.rule: ("changed", "(only partly readable)"),
}
_FOUND = {
    review_rules.OPENED.rule: "open to everyone",
    review_rules.SHARED.rule: "open to others",
    review_rules.CLOSED.rule: "with less external access",
    review_rules.UNREADABLE.rule: "unreadable",
    review_rules.WEAKENED.rule: "with a weaker policy",
    review_rules.INCOMPLETE.rule: "only partly readable",
    review_rules.NOT_COMPLIANT.rule: "not compliant",
}
# The setting by which a call can let somebody in. Every other call may do so by any setting: a policy
# without its Deny, or a Block Public Access that is off, lets other grants take effect.
_OPENS = {
    "PutBucketAcl": parts.ACL,
    "PutBucketOwnershipControls": parts.ACL,
    "DeleteBucketOwnershipControls": parts.ACL,
    "PutBucketReplication": parts.REPLICATION,
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
    found = ("found", _FOUND[rule.rule])
    by_others = _is_by_others(difference, trigger)
    action, remark = found if trigger.finder else _done(rule, difference, by_others=by_others)
    return Review(
        action,
        remark,
        before=describe_before(difference),
        after=describe_after(difference),
        correction=correction,
        corrected=corrected,
        finder=trigger.finder,
        reason=_reason(trigger),
        by_others=by_others,
    )


def _done(rule: Detection, difference: Difference, *, by_others: bool) -> tuple[str, str]:
    """Say what a call did to a bucket: only that it changed it, if something else opened the bucket."""
    action, remark = _DONE[rule.rule]
    if by_others:
        return "changed", f"(found {_FOUND[rule.rule]})"
    known = {grant.grantee for grant in difference.before.sample} if difference.before else set()
    is_further = {grant.grantee for grant in difference.gained} <= known
    return action, f"further {remark}" if difference.gained and is_further else remark


def _is_by_others(difference: Difference, trigger: Trigger) -> bool:
    """Return whether somebody is let in by a setting that the call cannot have changed."""
    opens = _OPENS.get(trigger.access.record.event_name) if trigger.access else None
    return bool(opens) and any(not grant.granted_by.startswith(opens or "") for grant in difference.gained)


def _reason(trigger: Trigger) -> str:
    if not trigger.rule:
        return ""
    says = f"; the rule says: {quoted(trigger.reason)}" if trigger.reason else ""  # as its author had it say
    return f"{quoted_name(trigger.rule)} is NON_COMPLIANT{says}"
