from __future__ import annotations

import pytest
from s3watch.errors import RulesUnusableError
from s3watch.ruleset import FORMAT, AwsRanges, Deployed, Label, Ruleset, Staged, dump, load

from tests.support.sensitive import PAYROLL, RULESET

DEEP = b'{"detections": [{"rule": "a", "title": "t", "level": "low", "condition": %b' % (
    b'{"op": "not", "of": [' * 5000
)


@pytest.mark.parametrize(
    "ruleset",
    [
        RULESET,
        Ruleset(labels=(PAYROLL, Label("bait", "critical", is_decoy=True))),
        Ruleset(deployments=(Deployed("eu-west-1", ("hr-data",)),), regions=(("hr-data", "eu-west-1"),)),
        Ruleset(staged=(Staged("unexpected-access", "2026-11-20", "hr@example.com", "2026-12-31"),)),
        Ruleset(aws_ranges=AwsRanges("2026-11-20-08-00-00", ((1, 2),), ((0, 2**128 - 1),))),
    ],
    ids=["what is expected", "a decoy", "Regions", "a trial", "AWS's ranges"],
)
def test_a_rule_set_survives_writing_and_reading(ruleset: Ruleset):
    assert load(dump(ruleset)) == ruleset


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "cannot be read"),
        (b'{"detections": 1}', "cannot be read"),
        (b'{"buckets": ["\xff"]}', "cannot be read"),
        (DEEP, "cannot be read"),
        (f'{{"format": {FORMAT + 1}}}'.encode(), "has format"),
        (b'{"format": 2, "detections": [{"respond": ["Ask them."]}]}', "has format 2"),
    ],
    ids=["cut off", "another shape", "not UTF-8", "nested too deep", "another format", "of an earlier shape"],
)
def test_unusable_rules_are_refused_with_a_way_to_fix_them(content: bytes, reason: str):
    with pytest.raises(RulesUnusableError, match=f"{reason}.*(build it again|deploy both again)"):
        load(content)
