from __future__ import annotations

import pytest
from s3watch.detection.answerable import asks_for_ranges, find_answerable, is_supported
from s3watch.ruleset import AwsRanges, Condition, Detection, Ruleset

FEEDS = ("cloudtrail", "access-log", "s3-event")
UNEXPECTED = Condition("bool", field="s3.expected", values=("false",))


@pytest.mark.parametrize(
    ("condition", "feeds"),
    [
        (Condition("eq", field="s3.key", values=("a",)), FEEDS),
        (Condition("eq", field="eventName", values=("getobject",)), FEEDS),
        (UNEXPECTED, FEEDS[:2]),
        (Condition("not", of=(Condition("eq", field="s3.principal", values=("role/a",)),)), FEEDS[:2]),
        (Condition("not", of=(Condition("exists", field="s3.mfa"),)), FEEDS[:1]),
        (Condition("eq", field="s3.bucket_account", values=("1",)), (FEEDS[0], FEEDS[2])),
        (Condition("not", of=(Condition("exists", field="userIdentity.arn"),)), FEEDS[:1]),
        (Condition("keyword", values=("payroll",)), FEEDS[:1]),
        (Condition("or", of=(UNEXPECTED, Condition("exists", field="s3.vpce"))), FEEDS[:1]),
    ],
    ids=["a fact of all", "a member of all", "a fact of requests", "not the principal", "no MFA",
         "an account", "another member", "a word anywhere", "one fact of two"],
)  # fmt: skip
def test_a_rule_is_tested_only_on_feeds_that_carry_its_fields(condition: Condition, feeds: tuple[str, ...]):
    rule = Detection("rule", "A rule", "medium", condition)

    assert tuple(feed for feed in FEEDS if is_supported(rule, feed)) == feeds


def test_a_rule_that_asks_where_aws_is_needs_the_ranges_of_aws():
    outside = Detection("outside", "", "low", Condition("bool", field="s3.outside_aws", values=("true",)))
    plain = Detection("plain", "", "low", UNEXPECTED)
    known = AwsRanges("2026-11-20-08-00-00", ((0xC0000200, 0xC00002FF),))  # 192.0.2.0/24
    both = (outside, plain)

    assert [asks_for_ranges(each) for each in both] == [True, False]
    assert find_answerable(Ruleset(detections=both)) == [plain]
    assert find_answerable(Ruleset(detections=both, aws_ranges=known)) == [outside, plain]
