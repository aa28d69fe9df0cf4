from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from msgspec import structs
from s3watch.alerts.alert import Assumed, Assumer, Review
from s3watch.alerts.email.commands import commands, session_goes_on, stop_person
from s3watch.findings.finding import Finding
from s3watch.links import find_links

from tests.support.sample_alerts import OTHER, OWNER, STORIES, TEXTS, make_alert, make_evidence

BLOCK = (
    "aws s3api put-public-access-block --bucket hr-data --public-access-block-configuration "
    "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
)
TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"
NO_OBJECT = {"bucket": "", "key": ""}
RULE_OFF = {"event_name": "DisableRule", "own_part": "rule", "resource": "s3watch-S3Rule-1A2B"} | NO_OBJECT
ENABLE = "aws cloudwatch enable-alarm-actions --region eu-west-1 --alarm-names"
ALARMS_OFF = NO_OBJECT | {
    "event_name": "DisableAlarmActions",
    "own_part": "alarm",
    "resource": "s3watch-Errors-1A2B,s3watch-Delayed-1A2B,s3watch-Dead-1A2B",
}
EVE = {"actor": "user/eve", "principal": "user/eve", "access_key": "AKIAIOSFODNN7EXAMPLE"}
DISABLE = "aws iam update-access-key --user-name eve --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive"


@pytest.mark.parametrize(
    ("facts", "written"),
    [
        ({}, []),
        ({"principal": "anonymous"}, [BLOCK]),
        ({"event_name": "PutBucketPolicy", "key": "", "grants_public": True, **EVE}, [BLOCK, DISABLE]),
        ({"event_name": "DeleteBucketPublicAccessBlock", "key": ""}, [BLOCK]),
        (EVE, [DISABLE]),
        (EVE | {"caller_account": OTHER}, []),
        (EVE | {"access_key": "ASIAIOSFODNN7EXAMPLE"}, []),
        (EVE | {"outcome": "denied"}, []),
        (
            {
                "event_name": "StopLogging",
                "bucket": "",
                "key": "",
                "resource": TRAIL,
            },
            [f"aws cloudtrail start-logging --region eu-west-1 --name {TRAIL}"],
        ),
        (RULE_OFF, ["aws events enable-rule --region eu-west-1 --name s3watch-S3Rule-1A2B"]),
        (ALARMS_OFF, [f"{ENABLE} s3watch-Errors-1A2B s3watch-Delayed-1A2B s3watch-Dead-1A2B"]),
        (ALARMS_OFF | {"resource": "s3watch-Errors-1A2B,s3watch-D; rm"}, []),
        (RULE_OFF | {"own_part": ""}, []),
        (RULE_OFF | {"resource": "s3watch-S3Rule-1A2B; rm"}, []),
    ],
    ids=[
        "a person's session",
        "anonymous",
        "opened to everyone",
        "Block Public Access deleted",
        "a user's key",
        "of another account",
        "a user's session",
        "denied",
        "trail stopped",
        "a rule of ours disabled",
        "alarms of ours silenced",
        "a name among them that no alarm of ours has",
        "a rule of others disabled",
        "a name that no rule has",
    ],
)
def test_a_command_stops_what_happened(facts, written):
    assert commands(make_alert(make_evidence(**facts), account="111122223333")) == written


@pytest.mark.parametrize("facts", [EVE, {}], ids=["a user", "a person"])
def test_nobody_is_stopped_for_what_others_opened(facts):
    alert = make_alert(
        make_evidence(**facts, review=Review("changed", by_others=True)), account="111122223333"
    )

    assert (commands(alert), stop_person(alert)) == ([], "")


def test_the_key_of_whoever_assumed_a_role_is_disabled():
    jump = Assumer("AssumeRole", principal="role/jump", access_key="ASIAEXAMPLE", caller_account=OWNER)
    eve = Assumer("AssumeRole", principal_type="user", caller_account=OWNER, **EVE)
    stranger = structs.replace(eve, caller_account=OTHER)

    for by, written in (((jump, eve), [DISABLE]), ((stranger,), [])):
        evidence = make_evidence(principal="role/Analyst", assumed=Assumed(by))
        assert commands(make_alert(evidence)) == written


@pytest.mark.parametrize("kind", ["rollup", "closed"])
def test_for_what_several_sessions_did_nobody_who_began_one_of_them_is_stopped(kind):
    eve = Assumer("AssumeRole", principal_type="user", caller_account=OWNER, **EVE)
    evidence = make_evidence(principal="role/Analyst", assumed=Assumed((eve,)))

    for is_overflow in (False, True):
        alert = make_alert(evidence, kind=kind, is_overflow=is_overflow)
        assert (commands(alert), session_goes_on(alert)) == ([], "")


def test_the_key_of_a_user_is_disabled_whoever_owns_the_bucket_that_the_role_has_used():
    eve = Assumer("AssumeRole", principal_type="user", caller_account=OTHER, **EVE)
    evidence = make_evidence(principal="role/Analyst", caller_account=OTHER, assumed=Assumed((eve,)))

    assert commands(make_alert(evidence, account=OWNER)) == [DISABLE]


def test_beside_the_key_of_whoever_assumed_a_role_is_said_that_its_session_goes_on():
    eve = Assumer("AssumeRole", principal_type="user", caller_account=OWNER, **EVE)
    alert = make_alert(make_evidence(principal="role/Analyst", assumed=Assumed((eve,))))

    assert session_goes_on(alert) == (
        "Without its user's key the role's session still goes on, until it ends or is revoked in IAM."
    )
    assert session_goes_on(make_alert(make_evidence(**EVE))) == ""


def test_a_person_in_identity_center_is_stopped_there():
    assert stop_person(STORIES["first"]) == (
        "To stop alice@example.com: disable the user and end its sessions in IAM Identity Center, "
        "and deny its running role sessions by a service control policy on identitystore:userId."
    )


@pytest.mark.parametrize("story", ["denied", "copy", "claimed", "anonymous"])
def test_nobody_else_is_stopped_there(story):
    assert stop_person(STORIES[story]) == ""


def test_what_s3watch_has_corrected_needs_no_command():
    review = Review("opened", corrected=True)
    alert = make_alert(structs.replace(STORIES["public-policy"].evidence, review=review))

    assert (commands(alert), commands(STORIES["public-policy"])) == ([], [BLOCK])


@pytest.mark.parametrize(("state", "written"), [("active", [DISABLE]), ("archived", [])], ids=str)
def test_the_key_of_a_user_in_a_finding_is_disabled_until_it_is_closed(state, written):
    found = Finding(
        service="GuardDuty", kind="threat", id="f", type="t", severity="high", thread="f", revision="1",
        updated=0.0, state=state, account="111122223333", caller_account="111122223333", actor="user/eve",
        access_key="AKIAIOSFODNN7EXAMPLE",
    )  # fmt: skip

    assert commands(make_alert(make_evidence(finding=found), account="111122223333")) == written


@given(TEXTS, TEXTS, TEXTS)
def test_no_name_ends_a_command_and_begins_another(bucket, user, key):
    evidence = make_evidence(
        bucket=bucket, principal=f"user/{user}", access_key=key, grants_public=True, resource=user,
        event_name="StopLogging",
    )  # fmt: skip

    for command in commands(make_alert(evidence, account="111122223333")):
        assert len(shlex.split(command, comments=True)) == len(command.split(" "))
        assert not set(command) & set('\n;|&$`<>(){}"\\*?')


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"principal": "user/www.evil.com", "access_key": EVE["access_key"]}, "www.evil.com"),
        ({"grants_public": True, "bucket": "login.evil.com"}, "login.evil.com"),
        ({"event_name": "StopLogging", "resource": f"{TRAIL}.evil.com", "bucket": ""}, f"{TRAIL}.evil.com"),
    ],
    ids=["user", "bucket", "trail"],
)
def test_a_name_in_a_command_is_no_link_and_the_same_in_a_shell(facts, name):
    (command,) = commands(make_alert(make_evidence(**facts), account="111122223333"))

    assert not find_links(command)
    assert name in shlex.split(command)
