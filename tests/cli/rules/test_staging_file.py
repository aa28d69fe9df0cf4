"""What is wrong in staging.yaml is in tests/golden/compile/staging."""

from __future__ import annotations

from datetime import date

import pytest
from s3watch.ruleset import Staged
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.staging_file import read_staging

from tests.support.rule_folders import read

ENTRY = "- rule: first\n  since: 2026-11-01\n  owner: me@example.com\n"


def staging(text: str, diagnostics: Diagnostics | None = None, today: date = date(2026, 11, 20)):
    return read_staging(read(text), ["first"], today, diagnostics or Diagnostics())


def test_a_trial_has_a_rule_a_beginning_an_owner_and_perhaps_an_end():
    assert staging(ENTRY) == (Staged("first", "2026-11-01", "me@example.com"),)
    assert staging(ENTRY + "  until: 2026-12-01\n")[0].until == "2026-12-01"


@pytest.mark.parametrize(
    ("today", "warnings"), [(date(2026, 11, 30), 0), (date(2026, 12, 1), 1), (date(2028, 1, 1), 1)], ids=str
)
def test_a_trial_that_has_ended_is_a_warning(today, warnings):
    diagnostics = Diagnostics()
    staging(ENTRY + "  until: 2026-12-01\n", diagnostics, today)

    assert (len(diagnostics.warnings), diagnostics.mistakes) == (warnings, [])


@pytest.mark.parametrize("text", ["", "# none\n"], ids=["empty", "a comment"])
def test_no_trials_are_none(text):
    assert staging(text) == ()
