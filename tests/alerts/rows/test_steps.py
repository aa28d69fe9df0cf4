"""Next steps: true of the alert that they are in, whoever the caller was and whatever the rule."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from msgspec.structs import replace
from s3watch.alerts.alert import BucketFacts, Correlated, Review
from s3watch.alerts.rows.state import fate
from s3watch.alerts.rows.steps import STEPS, steps
from s3watch.detection.matcher import Hit
from s3watch.enrichment.enricher import _may_lose_data
from s3watch.ledger.evidence import evidence_of
from s3watch.ruleset import Step
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rule_tests.runner import counted_by, match_case, read_tests
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import RULES
from tests.support.sample_alerts import (
    DETECTIONS,
    OTHER,
    STORIES,
    make_alert,
    make_detection,
    make_evidence,
    wild_alerts,
    wild_detections,
)

ANONYMOUS = {"actor": "anonymous", "principal": "anonymous", "principal_type": "anonymous"}
SERVICE = {"actor": "service/x", "principal": "service/x", "principal_type": "service"}
UNKNOWN = {"actor": "unknown", "principal": "unknown", "principal_type": "unknown"}
STOP, ASK, LOOK = Step("Stop them.", "credentials"), Step("Ask them.", "credentials"), Step("Look.")
# Words for what an anonymous caller does not have, and for somebody to ask who is not there
OF_CALLERS = re.compile(
    r"revoke|session|access key|disable|\bits key|stolen|ask (the caller|the person|who|the (link|URL)'s)",
    re.IGNORECASE,
)


def advised(*respond, outcome="success", **facts):
    """Return the steps for an access with these facts, by a detection with this advice."""
    alert = make_alert(make_evidence(**facts, outcome=outcome), rule="a", outcome=outcome)
    return steps(alert, {"a": make_detection("a", "", respond=respond)})


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "credentials"),
        ({"principal_type": "root"}, "root"),
        ({"caller_account": OTHER}, "other-account"),
        ({"caller_account": OTHER, "principal": f"{OTHER}:user/x", "bucket_account": ""}, "other-account"),
        (ANONYMOUS, "anonymous"),
        (SERVICE, "service"),
        ({"caller_account": "cloudfront", "principal": "cloudfront:user/CloudFront X"}, "service"),
        ({"presigned": True}, "link"),
        ({"presigned": True, "perhaps_console": True}, "credentials"),
        ({"presigned": True, "caller_account": OTHER}, "other-account"),
        ({"keys_unknown": True}, "keys-unknown"),
    ],
    ids=[
        "a role", "root", "another account", "another account in an access log", "nobody", "a service",
        "an origin access identity", "a link", "perhaps the console", "a link of another account",
        "a batch delete",
    ],
)  # fmt: skip
def test_a_step_is_shown_if_its_condition_is_true(facts, word):
    assert "Do it." in advised(Step("Do it.", word), **facts)


@pytest.mark.parametrize("word", ["root", "link", "other-account", "anonymous", "service", "keys-unknown"])
def test_a_step_is_left_out_if_its_condition_is_not_true(word):
    assert advised(Step("Do it.", word), LOOK) == ["Look."]


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        ({"presigned": True}, "Ask the link's signer who they gave it to."),
        ({"principal_type": "root"}, "Ask whoever holds the root credentials whether this was intended."),
        ({"caller_account": OTHER}, "Find out whose account it is, and ask the owner of the data about it."),
        (ANONYMOUS, "Turn on all four Block Public Access settings of the bucket."),
        (SERVICE, "Find out which of your resources had the service do this, and who set it up."),
        (UNKNOWN, "Find out from CloudTrail and the access logs who did this."),
    ],
    ids=["link", "root", "other account", "anonymous", "service", "unknown"],
)
def test_steps_for_the_kind_of_caller_take_the_place_of_those_about_credentials(facts, first):
    assert advised(STOP, LOOK, **facts) == [first, "Look."]


def test_each_step_about_credentials_makes_room_for_one():
    assert advised(LOOK, STOP, ASK, **ANONYMOUS) == [
        "Look.",
        "Turn on all four Block Public Access settings of the bucket.",
        "Find the policy statement or ACL grant that let anyone in, and remove it.",
    ]


def test_a_rule_with_steps_of_its_own_for_a_kind_of_caller_gets_no_others():
    assert advised(STOP, Step("Close it.", "anonymous"), **ANONYMOUS) == ["Close it."]


@pytest.mark.parametrize("facts", [ANONYMOUS, {"caller_account": OTHER}], ids=["anonymous", "other account"])
def test_nothing_has_to_be_closed_where_access_was_denied(facts):
    assert advised(STOP, LOOK, outcome="denied", **facts) == ["Look."]


def test_every_alert_has_a_step():
    assert advised(STOP, outcome="denied", **ANONYMOUS) == [
        "Check what else happened in the hour before and after."
    ]


def test_a_detection_without_steps_gets_general_ones():
    assert steps(STORIES["denied"], DETECTIONS) == [
        "Ask the person, or the role's owner, whether this was intended.",
        "If not: disable the access key, or revoke the role's sessions.",
        "Check what else was accessed in the hour before and after.",
    ]


def test_nobody_is_asked_about_what_a_scheduled_review_found():
    review = Review("found", "open to everyone", finder="s3watch")

    assert advised(LOOK, ASK, review=review) == [
        "Look.",
        "Find out from CloudTrail and the access logs who did this.",
    ]


def test_nobody_is_asked_about_what_the_call_cannot_have_opened():
    review = Review("changed", "(found open to everyone)", by_others=True)

    assert (
        advised(LOOK, ASK, review=review)[1] == "Find out from CloudTrail and the access logs who did this."
    )


def test_what_was_corrected_is_not_to_be_corrected_again():
    review = Review("opened", "to everyone", corrected=True)

    assert advised(Step("Turn on Block Public Access."), review=review) == [
        "List what anonymous callers and other accounts read while it was open.",
        "Find out what opened it, and change that too, or it will be opened again.",
        "If it is meant to be public: revert the correction, and add an exception for bucket-opened.",
    ]


RESTORE = Step("Remove the marker, or use a backup.", kept="Remove the marker.", lost="Use a backup.")


@pytest.mark.parametrize(
    ("versioning", "told"),
    [("enabled", RESTORE.kept), ("never", RESTORE.lost), ("suspended", RESTORE.do), ("", RESTORE.do)],
    ids=["kept", "lost", "perhaps", "unknown"],
)
def test_a_step_says_what_is_known_of_what_was_deleted_and_else_both(versioning, told):
    facts = {"event_name": "DeleteObject", "operation": "delete"}

    assert advised(RESTORE, LOOK, **facts, bucket_facts=BucketFacts(versioning)) == [told, "Look."]


@given(wild_alerts(), wild_detections())
def test_whatever_is_in_an_alert_it_has_one_to_three_steps(alert, detections):
    assert 1 <= len(steps(alert, detections)) <= STEPS


def hits_of_the_pack():
    """The hits of every case of every rule, by the name of the rule."""
    pack = compile_folder(RULES, date(2026, 11, 20), Diagnostics()).ruleset.detections
    for rule, cases in read_tests(RULES, pack, Diagnostics()):
        counted = list(counted_by(pack, rule))
        results = [result for case in cases for each in counted for result in match_case(each, case)]
        hits = [result for result in results if isinstance(result, Hit)]
        yield pytest.param(rule, [evidence_of(hit.access) for hit in hits], id=rule.rule)


PACK = list(hits_of_the_pack())


def steps_of(rule, evidence):
    alert = make_alert(evidence, rule=rule.rule, outcome=evidence.outcome, bucket=evidence.bucket)
    return " ".join(steps(alert, {rule.rule: rule}))


@pytest.mark.parametrize(("rule", "hits"), PACK)
def test_no_alert_about_an_anonymous_caller_speaks_of_keys_sessions_or_somebody_to_ask(rule, hits):
    unnamed = [replace(hit, **ANONYMOUS, caller_account="", presigned=False) for hit in hits]
    told = [steps_of(rule, hit) for hit in (*unnamed, *hits) if hit.principal_type == "anonymous"]

    assert told
    assert [text for text in told if OF_CALLERS.search(text)] == []


DELETIONS = [each for each in PACK if any(map(_may_lose_data, each.values[1]))]
CONTRADICTS = {  # words of advice that cannot be followed, if what was deleted or replaced is kept, or lost
    "enabled": ("kept", re.compile(r"backup", re.IGNORECASE)),
    "never": ("lost", re.compile(r"marker|(previous|earlier) version|noncurrent", re.IGNORECASE)),
}


@pytest.mark.parametrize("versioning", CONTRADICTS)
@pytest.mark.parametrize(("rule", "hits"), DELETIONS)
def test_no_step_contradicts_what_is_known_of_what_was_deleted(rule, hits, versioning):
    known, words = CONTRADICTS[versioning]
    counted = Correlated(rule.rule, "value_count", 25, 3600) if rule.correlation else None
    facts = {"bucket_facts": BucketFacts(versioning), "keys_unknown": False, "correlated": counted}
    lost = [replace(hit, **facts) for hit in hits if _may_lose_data(hit)]

    fates = {fate(make_alert(hit, bucket=hit.bucket)) for hit in lost}
    assert fates == ({""} if known == "kept" and counted and lost[0].operation == "delete" else {known})
    assert [steps_of(rule, hit) for hit in lost if known in fates and words.search(steps_of(rule, hit))] == []


@pytest.mark.parametrize(("rule", "hits"), PACK)
def test_only_alerts_about_unknown_keys_say_to_find_them(rule, hits):
    told = [steps_of(rule, replace(hit, keys_unknown=False)) for hit in hits]

    assert [text for text in told if "Find out which objects" in text] == []


@pytest.mark.parametrize(("rule", "hits"), PACK)
def test_no_alert_about_a_link_blames_its_signer_for_the_use(rule, hits):
    of_links = [replace(hit, presigned=True, perhaps_console=False) for hit in hits]
    told = [steps_of(rule, hit) for hit in of_links]

    assert [text for text in told if re.search("the caller's (session|key)|stolen", text)] == []
