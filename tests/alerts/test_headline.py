from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from s3watch.alerts.headline import headline, title, topic

from tests.support.cloudtrail import OWNER
from tests.support.sample_alerts import OTHER, STORIES, make_alert, make_evidence, wild_alerts


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("first", "[HIGH] payroll: alice@example.com read payroll/2026/q3.csv (unexpected)"),
        (
            "claimed",
            ("[HIGH] payroll: role/Analyst read payroll/www[.]evil[.]example/q3.csv (unexpected)"),
        ),
        (
            "federation-token",
            "[HIGH] payroll: user/deploy read payroll/2026/q3.csv (unexpected, claims to be alice)",
        ),
        ("late", "[HIGH] payroll: alice@example.com read payroll/2026/q3.csv (unexpected, late)"),
        ("denied", "[MEDIUM] payroll: user/bob tried to read payroll/2026/board/bonus.xlsx (denied)"),
        (
            "copy",
            (
                "[HIGH] payroll: 444455556666:role/etl "
                "copied payroll/2026/q3.csv to collector-bucket (unexpected)"
            ),
        ),
        (
            "batch-delete",
            "[HIGH] payroll: role/cleanup deleted objects in hr-data (unexpected, keys unknown)",
        ),
        (
            "public-policy",
            "[CRITICAL] hr-data: role/Admin opened hr-data to everyone (to read, list and write)",
        ),
        ("trail-stopped", "[CRITICAL] CloudTrail: root stopped trail org-trail in 111122223333"),
        ("rollup", "[HIGH] payroll: alice@example.com read 57 objects 1,204 times (so far, unexpected)"),
        (
            "closed",
            "[HIGH] payroll: alice@example.com read more than 100 objects about 31,870 times (in total)",
        ),
        (
            "more-severe",
            (
                "[CRITICAL] payroll: anonymous "
                "read payroll/2026/q3.csv and 5 more (unexpected, before: read 1,204)"
            ),
        ),
        (
            "several-at-once",
            (
                "[HIGH] payroll: user/eve "
                "deleted payroll/2026/q3.csv and copied out 1, wrote 1, read 1 (unexpected)"
            ),
        ),
        (
            "worse",
            "[HIGH] payroll: user/eve wrote payroll/2026/q2.csv (before: deleted 1, copied out 1, read 1)",
        ),
        (
            "trail-stopped-after-narrowing",
            "[HIGH] CloudTrail: user/ops-temp stopped trail audit in 111122223333 (before: changed a trail)",
        ),
        (
            "rollup-of-several-acts",
            (
                "[HIGH] payroll: user/eve "
                "opened hr-data to account 444455556666, deleted 2, copied out 1, read 40"
            ),
        ),
        ("rollup-denied", "[MEDIUM] payroll: user/eve tried to delete 2, read 40 (denied, so far)"),
        (
            "closed-with-news",
            "[HIGH] payroll: 444455556666:role/etl copied out 3, read 31,867 (in total, unexpected)",
        ),
        ("overflow", "[HIGH] several labels: user/eve deleted 2, read 312 (so far, unexpected)"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_a_title_says_who_did_what_to_what(story, words):
    assert title(STORIES[story], 99) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grants_accounts": (OTHER,)}, "opened hr-data to account 444455556666"),
        ({"grants_accounts": (OTHER,), "other_grantees": 41}, "opened hr-data to 42 others"),
        ({"grants_public": True, "outcome": "denied"}, "tried to change permissions of hr-data"),
        ({"event_name": "DeleteBucketPublicAccessBlock"}, "removed Block Public Access from hr-data"),
        ({"event_name": "CreateJob", "bucket": ""}, "created a Batch Operations job in account 111122223333"),
        ({"event_name": "UpdateObjectEncryption", "key": "in/x"}, "changed encryption of in/x"),
        ({"operation": "other", "event_name": "CreateSession"}, "called CreateSession on hr-data"),
        ({"grants_accounts": (OTHER,), "prefix": "in/"}, "opened in/* to account 444455556666"),
        ({"operation": "write", "key": "in/x", "peer_uri": "s3://a/b"}, "wrote in/x"),
    ],
    ids=[
        "to an account",
        "to many",
        "denied",
        "Block Public Access",
        "a batch job",
        "encryption in place",
        "other operation",
        "a granted prefix",
        "destination of a copy",
    ],
)
def test_the_action_follows_the_access(changes, words):
    facts = {"operation": "permission", "key": "", "event_name": "PutBucketPolicy", "actor": "root"} | changes
    alert = make_alert(make_evidence(**facts), outcome="success")

    assert headline(alert, 90) == f"root {words} (unexpected)"


def test_a_trail_is_named_with_the_account_in_its_arn():
    resource = f"arn:aws:cloudtrail:eu-west-1:{OTHER}:trail/main"
    alert = structs.replace(
        STORIES["trail-stopped"],
        evidence=structs.replace(STORIES["trail-stopped"].evidence, resource=resource),
    )

    assert headline(alert, 90) == f"root stopped trail main in {OTHER}"


@pytest.mark.parametrize(
    ("event", "resource", "words"),
    [
        ("RegisterOrganizationDelegatedAdmin", OTHER, f"delegated CloudTrail to account {OTHER}"),
        ("DeregisterOrganizationDelegatedAdmin", OTHER, f"withdrew CloudTrail from account {OTHER}"),
        ("DisableAWSServiceAccess", "aws.example", "ended trusted access of aws[.]example"),
        ("PutInsightSelectors", "org-trail", "changed Insights selectors of trail org-trail"),
        ("DeleteEventDataStore", "audit-store", "deleted event data store audit-store"),
        ("DisableKey", "0d1e2f3a", "disabled key 0d1e2f3a"),
        ("CreateFileSystem", "arn:aws:s3:::hr-data", "made a file system on arn:aws:s3:::hr-data"),
        ("PutFileSystemPolicy", "fs-0a1b2c3d", "replaced policy of file system fs-0a1b2c3d"),
        ("CreateBackupAccessPoint", "arn:aws:backup:point", "opened backup arn:aws:backup:point"),
    ],
    ids=[
        "given", "taken", "no longer trusted", "insights", "data store", "key", "file system", "its policy",
        "backup",
    ],
)  # fmt: skip
def test_what_a_call_without_a_bucket_did_is_named(event, resource, words):
    evidence = structs.replace(STORIES["trail-stopped"].evidence, event_name=event, resource=resource)

    assert headline(structs.replace(STORIES["trail-stopped"], evidence=evidence), 110) == (
        f"root {words} in {OWNER}"
    )


RESOLVED = "q3.csv (expected) - resolved"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": RESOLVED}, f'alice@example.com read "{RESOLVED}" (unexpected)'),
        ({"key": 'q3" (expected)'}, "alice@example.com read \"q3' (expected)\" (unexpected)"),
        ({"key": "q3.csv\u00a0"}, 'alice@example.com read "q3.csv " (unexpected)'),
        ({"key": "", "prefix": "a b/"}, 'alice@example.com read "a b/*" (unexpected)'),
        ({"principal": "role/x (test)", "actor_verified": False}, '"role/x (test)" read'),
        ({"grants_accounts": ("nobody (test)",)}, 'opened payroll/2026/q3.csv to principal "nobody (test)"'),
        ({"event_name": "Get (test)", "operation": "other"}, 'called "Get (test)" on payroll/2026/q3.csv'),
        ({"key": "a/b-c_d+e=f,g;h@[i]!'~.csv"}, "read a/b-c_d+e=f,g;h@[i]!'~.csv (unexpected)"),
    ],
    ids=["remark", "quotation mark", "blank", "prefix", "principal", "grantee", "event", "ordinary"],
)  # fmt: skip
def test_what_callers_chose_does_not_pass_for_our_words(changes: dict[str, str], words: str):
    assert words in headline(make_alert(make_evidence(**changes)), 200)


def test_a_subject_without_room_says_what_a_link_was_used_for_before_it_says_from_where():
    evidence = make_evidence(presigned=True, actor_verified=False, principal=f"{OTHER}:role/web-backend")
    alert = make_alert(evidence, label="personnel-files")

    told = (
        "[HIGH] personnel-files: link signed by 444455556666:role/web-backend used to read payroll/2026/q..."
    )
    assert title(alert, 99) == told


@pytest.mark.parametrize(
    ("outcome", "subject"),
    [
        ("denied", "used to try to read payroll/2026/q3.csv (denied)"),
        ("missing", "used to try to read payroll/2026/q3.csv (not found)"),
        ("success", "used from 203.0.113.7 to read payroll/2026/q3.csv"),
    ],
    ids=str,
)
def test_a_subject_says_that_the_use_of_a_link_was_in_vain_before_it_says_from_where(outcome, subject):
    evidence = make_evidence(actor="role/analyst", actor_verified=False, presigned=True, outcome=outcome)
    alert = make_alert(structs.replace(evidence, principal="role/analyst"), outcome=outcome)

    assert title(alert, 99) == f"[HIGH] payroll: link signed by role/analyst {subject}"


@given(wild_alerts(), st.integers(60, 200))
def test_a_key_that_is_cut_keeps_its_quotation_marks(alert, width):
    alert = structs.replace(alert, evidence=structs.replace(alert.evidence, key=RESOLVED * 20))
    written = headline(alert, width)

    assert RESOLVED[:10] not in written or f'"{RESOLVED[:10]}' in written


def test_a_long_key_is_cut_in_the_middle():
    alert = make_alert(make_evidence(key="payroll/" + "archive/" * 20 + "q3.csv"))

    assert headline(alert, 70) == "alice@example.com read payroll/archive/.../archive/q3.csv (unexpected)"


def test_a_group_without_objects_shows_only_the_count():
    alert = make_alert(kind="rollup", count=3, distinct_keys=0)

    assert headline(alert, 90) == "alice@example.com read payroll/2026/q3.csv 3 times (so far, unexpected)"


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (95, "opened hr-data to everyone, deleted 2, changed permissions 4 times, read 40 (so far)"),
        (75, "opened access, deleted 2, changed permissions 4 times, read 40"),
        (60, "opened hr-data to everyone, deleted 2 and more"),
    ],
    ids=["all", "without the target", "without some acts"],
)
def test_a_roll_up_names_the_target_of_its_worst_act_where_there_is_room(width, words):
    evidence = make_evidence(grants_public=True, key="", actor="user/eve", act="opened", expected=None)
    acts = (("opened", 1), ("delete", 2), ("permission", 4), ("read", 40))

    assert headline(make_alert(evidence, kind="rollup", acts=acts), width) == f"user/eve {words}"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"count": 40, "distinct_keys": 40}, "tried to read 40 objects"),
        ({"count": 40, "distinct_keys": 12}, "tried to read 12 objects 40 times"),
        ({"count": 40, "distinct_keys": 1}, "tried to read payroll/2026/q3.csv 40 times"),
        ({"count": 1}, "tried to read payroll/2026/q3.csv"),
    ],
    ids=["each once", "several times", "one object", "one access"],
)
def test_a_group_with_one_act_says_how_many_objects_and_times(facts, words):
    alert = make_alert(make_evidence(actor="user/bob", outcome="denied"), kind="closed", **facts)

    assert headline(alert, 90) == f"user/bob {words} (denied, in total)"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("first", "deleted 999 objects in hr-data (unexpected)"),
        ("rollup", "deleted 999 objects (so far, unexpected)"),
    ],
    ids=str,
)
def test_a_batch_delete_counts_the_objects_whose_keys_are_not_kept(kind, words):
    evidence = make_evidence(event_name="DeleteObjects", operation="delete", act="delete", actor="root")
    alert = make_alert(evidence, kind=kind, count=999, distinct_keys=58)

    assert headline(alert, 90) == f"root {words}"


def test_more_of_the_same_act_needs_no_verb():
    alert = make_alert(make_evidence(actor="root", expected=None), acts=(("read", 3), ("list", 1)), count=4)

    assert headline(alert, 90) == "root read payroll/2026/q3.csv and 2 more, listed 1"


def test_a_copy_names_its_destination_where_there_is_room():
    evidence = make_evidence(actor="root", expected=None, act="copy-out", peer_uri="s3://collector-bucket/q3")
    alert = make_alert(evidence, acts=(("copy-out", 1), ("read", 1)), count=2)

    assert [headline(alert, width) for width in (65, 50)] == [
        "root copied payroll/2026/q3.csv to collector-bucket and read 1",
        "root copied payroll/2026/q3.csv and read 1",
    ]


def test_what_was_reported_before_is_cut_before_the_new_act():
    alert = STORIES["worse"]

    assert headline(alert, 65) == "user/eve wrote payroll/2026/q2.csv (before: deleted 1 and more)"


@pytest.mark.parametrize(
    ("source", "words"),
    [("s3.amazonaws.com", "account 111122223333"), ("cloudtrail.amazonaws.com", "CloudTrail")],
    ids=["S3", "CloudTrail"],
)
def test_a_call_without_a_bucket_is_about_the_account_or_the_trail(source, words):
    evidence = make_evidence(bucket="", key="", event_source=source)

    assert topic(make_alert(evidence, label="", labels=(), bucket="")) == words


@pytest.mark.parametrize(
    ("labels", "words"),
    [((), "several buckets"), (("payroll",), "payroll"), (("payroll", "medical"), "several labels")],
    ids=["none", "one", "several"],
)
def test_an_overflow_is_about_all_that_its_principal_touched(labels, words):
    assert topic(make_alert(label="", bucket="", labels=labels, is_overflow=True)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": "bait"}, "[CRITICAL] bait: role/Analyst read payroll/2026/q3.csv (decoy)"),
        (
            {"label": "bait", "outcome": "denied"},
            "[CRITICAL] bait: role/Analyst tried to read payroll/2026/q3.csv (decoy, denied)",
        ),
        (
            {"label": "", "labels": ("bait", "payroll"), "is_overflow": True},
            "[CRITICAL] several labels: role/Analyst read payroll/2026/q3.csv (decoy bait)",
        ),
    ],
    ids=["its label", "denied", "an overflow"],
)
def test_a_title_says_which_decoy_was_touched(changes, words):
    facts = {"decoy": "bait", "outcome": changes.get("outcome", "success"), "principal": "role/Analyst"}

    assert title(make_alert(make_evidence(**facts), level="critical", **changes), 99) == words


@given(wild_alerts(), st.integers(80, 99))
def test_every_possible_title_is_a_subject_that_sns_accepts(alert, width):
    subject = title(alert, width)

    assert len(subject) <= width
    assert subject.isascii()
    assert subject.isprintable()
    assert subject.startswith("[")


def test_what_a_policy_allows_is_told_without_the_objects_that_its_author_names():
    facts = {
        "grants_accounts": (OTHER,),
        "grants_allowed": ("read and delete", "write (x, denied)"),
        "key": "",
    }
    alert = make_alert(make_evidence(**facts, event_name="PutBucketPolicy", expected=None))

    assert (
        headline(alert, 99)
        == "alice@example.com opened hr-data to account 444455556666 (to read, delete and write)"
    )


@pytest.mark.parametrize(
    ("source", "about"),
    [
        ("s3files.amazonaws.com", f"account {OWNER}"),
        ("backup.amazonaws.com", f"account {OWNER}"),
        ("kms.amazonaws.com", "CloudTrail"),
    ],
    ids=str,
)
def test_calls_to_other_services_that_open_data_are_about_their_account(source, about):
    evidence = structs.replace(STORIES["trail-stopped"].evidence, event_source=source)

    assert topic(structs.replace(STORIES["trail-stopped"], evidence=evidence)) == about


def test_what_a_vpc_endpoint_denied_may_be_anything_in_s3():
    facts = {"bucket": "", "key": "", "event_name": "PutObject", "operation": "write", "outcome": "denied"}
    evidence = make_evidence(**facts, error_code="VpceAccessDenied", principal=OTHER, actor=OTHER)

    assert headline(make_alert(evidence, outcome="denied", label=""), 90) == (
        f"{OTHER} tried to write something in S3 (denied)"
    )
