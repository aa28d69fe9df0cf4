from __future__ import annotations

import pytest
from s3watch.posture import bucket_state as parts
from s3watch.posture.marks import MARK, SETTING, Hidden, digest_of, mark_setting, split


def mark(granted_by: str) -> bytes:
    return mark_setting(granted_by) + digest_of(["a grant"], MARK - SETTING)


def test_the_service_through_which_it_grants_is_no_other_setting():
    assert mark_setting("bucket policy, through cloudfront.amazonaws.com") == mark_setting("bucket policy")
    assert mark_setting("access point web") != mark_setting("access point batch")


@pytest.mark.parametrize(
    ("unread", "hidden"),
    [
        (parts.POLICY, {"bucket policy"}),
        (parts.ACCESS_POINTS, {"access point web", "access point batch"}),
        ("access point web", {"access point web"}),
        (parts.ACCESS_GRANTS_POLICY, {"access grant to payroll/*"}),
        (parts.ACL, set()),
    ],
    ids=["a policy", "all access points", "one access point", "the policy of access grants", "an empty ACL"],
)
def test_a_part_that_was_not_read_hides_what_it_grants_and_nothing_else(unread: str, hidden: set[str]):
    settings = ("bucket policy", "access point web", "access point batch", "access grant to payroll/*")

    assert {each for each in settings if mark(each) in Hidden({unread})} == hidden


def test_marks_that_are_joined_are_the_same_when_they_are_split():
    marks = {mark(name) for name in ("bucket policy", "access point web", "ACL")}

    assert split(b"".join(sorted(marks)), MARK) == marks
