from __future__ import annotations

import msgspec

from tests.support.command_line import CASES
from tests.support.rule_folders import write_folder


def test_test_shows_every_case_and_fails_with_the_first(project, s3watch):
    passed = s3watch("test")
    write_folder(project / "rules", tests__reads=CASES.replace("GetObject", "HeadObject"))
    failed = s3watch("test", "--rule", "reads", "--format", "json")

    assert (passed[0], passed[2]) == (0, "2 passed, 0 failed, of 1 detection\n")
    assert (failed[0], failed[2]) == (1, "1 passed, 1 failed, of 1 detection\n")
    assert msgspec.json.decode(failed[1])[0] == {
        "result": "failed",
        "rule": "reads",
        "case": "a",
        "expect": "hit",
        "got": "miss",
        "where": "rules/tests/reads.yml:2",
        "why": "",
    }


def test_a_rule_that_is_not_there_is_reported_with_the_nearest(project, s3watch):
    assert s3watch("test", "--rule", "raeds") == (1, "", "unknown detection raeds; write `reads`\n")
