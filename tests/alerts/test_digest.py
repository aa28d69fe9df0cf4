from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.alerts.alert import BucketFacts
from s3watch.alerts.digest import next_steps, sections, subject
from s3watch.alerts.email.message import digest
from s3watch.alerts.sns_message import LARGEST, digest_publication
from s3watch.ruleset import SEVERITIES, Step

from tests.support.sample_alerts import (
    DETECTIONS,
    STORIES,
    make_alert,
    make_detection,
    make_evidence,
    wild_alerts,
)


def by(principal, **changes):
    """Return an alert of a principal, whose id is its name."""
    return make_alert(make_evidence(actor=principal, principal=principal), id=principal, **changes)


def test_a_section_for_each_severity_keeps_the_order_of_its_alerts():
    alerts = [by("user/eve", level="critical"), by("user/bob", level="critical"), by("user/eve")]

    assert [[line.split()[-2] for line in part[1:] if "Ref" in line] for part in sections(alerts, 9, 78)] == [
        ["user/eve,", "user/bob,"],
        ["user/eve,"],
    ]


def test_what_is_less_severe_comes_later_whatever_the_order():
    parts = sections([by("user/bob", level="low"), by("user/eve", level="critical")], 9, 78)

    assert [part[0] for part in parts] == ["CRITICAL", "LOW"]


def test_an_alert_has_a_line_and_its_id():
    assert sections([STORIES["first"]], 9, 78) == [
        [
            "HIGH",
            "- 11-20 08:14 payroll: alice@example.com read payroll/2026/q3.csv (unexpected)",
            "  Ref alert 01KAG3Z5B0M4YQ8ZJ1T6W9XH2V, unexpected-read",
        ]
    ]


@pytest.mark.parametrize("story", ["worse", "several-at-once"])
def test_an_alert_of_many_accesses_is_put_as_a_roll_up_whatever_its_kind(story):
    ((_, line, _),) = sections([STORIES[story]], 9, 99)

    assert line.startswith("- 11-20 08:14 payroll: user/eve deleted ")
    assert ", copied out 1, wrote 1, read 1" in line


def test_the_rest_is_counted_by_principal():
    alerts = [by("user/bob"), *[by("user/eve")] * 900, *[by("user/bob")] * 2]

    assert sections(alerts, 1, 78)[-1] == ["and 900 more of user/eve", "and 2 more of user/bob"]


def test_of_many_principals_the_busiest_are_named_and_the_others_counted():
    alerts = [by(f"user/{number}") for number in range(30) for _ in range(30 - number)]

    assert sections(alerts, 0, 78)[-1][-2:] == [
        "and 11 more of user/19",
        "and 55 more of 10 other principals",
    ]


def test_a_principal_that_nobody_knows_is_counted_as_unknown():
    assert sections([by("")], 0, 78) == [["and 1 more of unknown"]]


def test_the_steps_are_those_of_the_worst_detections():
    detections = {f"rule-{n}": make_detection(f"rule-{n}", "", respond=(Step(f"Do {n}."),)) for n in range(7)}
    alerts = [by(str(n), rule=f"rule-{n}", level=SEVERITIES[min(n, 4)]) for n in range(7)]

    assert list(next_steps(alerts, detections)) == ["rule-4", "rule-5", "rule-6", "rule-3", "rule-2"]


def test_detections_with_the_same_steps_share_them():
    detections = {rule: make_detection(rule, "", respond=(Step("Do it."),)) for rule in ("a", "b")}

    assert next_steps([by("x", rule="a"), by("y", rule="b")], detections) == {"a, b": ("Do it.",)}


def test_a_detection_that_advises_callers_differently_is_named_with_each():
    rule = make_detection("a", "", respond=(Step("Stop it.", "credentials"), Step("Close it.", "anonymous")))
    nobody = make_evidence(actor="anonymous", principal="anonymous", principal_type="anonymous")
    alerts = [by("x", rule="a"), make_alert(nobody, rule="a")]

    assert next_steps(alerts, {"a": rule}) == {"a": ("Stop it.",), "a (anonymous)": ("Close it.",)}


def test_a_detection_is_named_with_what_is_kept_and_with_what_is_lost():
    rule = make_detection("a", "", respond=(Step("Do both.", kept="Unhide it.", lost="Use a backup."),))
    known = ("enabled", "never", "suspended")
    alerts = [
        make_alert(make_evidence(operation="delete", bucket_facts=BucketFacts(each)), rule="a")
        for each in known
    ]

    assert next_steps(alerts, {"a": rule}) == {
        "a (versions kept)": ("Unhide it.",),
        "a (no versions kept)": ("Use a backup.",),
        "a": ("Do both.",),
    }


def test_a_detection_that_advises_all_callers_alike_is_named_once():
    rule = make_detection("a", "", respond=(Step("Close it."),))
    nobody = make_evidence(actor="anonymous", principal="anonymous", principal_type="anonymous")

    assert next_steps([by("x", rule="a"), make_alert(nobody, rule="a")], {"a": rule}) == {"a": ("Close it.",)}


def test_a_large_mail_is_a_hundred_alerts_and_counts_the_rest():
    title, body = digest([make_alert(make_evidence(key="k" * 1024, principal="user/eve"))] * 5000, DETECTIONS)

    assert title == "[HIGH] 5,000 alerts in one message: 5,000 high"
    assert body.endswith("\n\nand 4,900 more of user/eve\n")
    assert "\n\nNext, unexpected-read:\n1. Ask the person" in body
    assert body.count("Ref alert") == 100


def test_the_subject_of_a_digest_with_every_level_fits():
    alerts = [make_alert(level=level) for level in SEVERITIES for _ in range(1000)]

    assert subject(alerts, 99) == (
        "[CRITICAL] 5,000 alerts in one message: 1,000 critical, 1,000 high, 1,000 medium, 1,000 low, 1,0..."
    )


@given(st.lists(wild_alerts(), min_size=1, max_size=5), st.integers(0, 5))
def test_every_alert_is_listed_or_counted_and_every_line_is_visible(alerts, listed):
    lines = [line for part in sections(alerts, listed, 78) for line in part]

    assert sum("Ref alert" in line[:30] for line in lines) == min(listed, len(alerts))
    assert sum(int(line.split()[1]) for line in lines if line.startswith("and ")) == max(
        len(alerts) - listed, 0
    )
    assert all(line.isprintable() for line in lines)


def test_new_grantees_and_destinations_are_below_the_line_of_their_alert():
    acts = (
        "copy-out CopyObject elsewhere",
        "opened PutBucketPolicy everyone",
        "replication PutBucketReplication",
    )
    (part,) = sections([make_alert(lasting=acts), make_alert(lasting=acts[:1])], 9, 78)

    assert [line.strip() for line in part if "payroll: " not in line and "Ref alert" not in line] == [
        "HIGH", "CopyObject to elsewhere", "PutBucketPolicy to everyone", "PutBucketReplication",
    ]  # fmt: skip


def test_of_many_alerts_each_names_a_few_grantees_and_the_digest_fits_into_a_message():
    acts = tuple(f"opened PutBucketPolicy {number:0160}" for number in range(20))
    digest = digest_publication([make_alert(id=f"A{n}", lasting=acts) for n in range(200)], DETECTIONS)

    assert (digest.message.count("and 18 others"), digest.size < LARGEST) == (200, True)
