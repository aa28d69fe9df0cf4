from __future__ import annotations

import pytest
from s3watch.alerts.rows.selectors import LIMITED, effects, remark, verbs

from tests.support.sample_alerts import make_evidence

OBJECTS = "not all calls are recorded on the objects of"
CHANGES = "changes of buckets and trails are not all recorded"


@pytest.mark.parametrize(
    ("buckets", "others", "changes", "lines", "short"),
    [
        (["hr-data"], 0, False, [f"{OBJECTS} hr-data"], "hr-data"),
        (["hr-data", "b"], 0, True, [f"{OBJECTS} hr-data, b", CHANGES], "2 buckets"),
        (list("abcdef"), 4, False, [f"{OBJECTS} a, b, c, d, e, and 5 others"], "10 buckets"),
        ([], 0, True, [CHANGES], "changes of buckets"),
    ],
    ids=["a bucket", "two, and changes", "more than fit", "changes alone"],
)
def test_what_a_trail_leaves_out_is_said_at_length_and_in_a_few_words(buckets, others, changes, lines, short):
    evidence = make_evidence(
        unrecorded_buckets=tuple(buckets), other_unrecorded=others, unrecorded_changes=changes
    )

    assert (effects(evidence), remark(evidence)) == (lines, f"not all recorded: {short}")
    assert verbs(evidence) == LIMITED


def test_nothing_is_said_where_nothing_is_left_out():
    evidence = make_evidence()

    assert (effects(evidence), remark(evidence), verbs(evidence)) == ([], "", None)


def test_what_was_only_tried_leaves_nothing_unrecorded():
    assert remark(make_evidence(unrecorded_buckets=("hr-data",), outcome="denied")) == ""


def test_a_name_is_cleaned():
    assert effects(make_evidence(unrecorded_buckets=("a\u202e\nb",))) == [f"{OBJECTS} a\\u202e\\nb"]
