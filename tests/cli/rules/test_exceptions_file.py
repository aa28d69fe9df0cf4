from __future__ import annotations

from datetime import date

import pytest
from s3watch.ruleset import RuleException
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.exceptions_file import read_exceptions

from tests.support.rule_folders import read

ENTRY = "- rule: first\n  owner: me@example.com\n  reason: agreed\n  until: 2027-01-31\n"


def exceptions(more, diagnostics=None, **options):
    return read_exceptions(
        read(ENTRY + more),
        ["first"],
        options.pop("today", date(2026, 11, 20)),
        diagnostics or Diagnostics(),
        **options,
    )


def test_an_exception_names_actors_and_objects_in_their_normal_forms():
    found = exceptions(
        "  actors: [arn:aws:iam::111122223333:role/a/audit, role/b, alice@example.com]\n"
        "  objects: [s3://hr-data, s3://hr-data/x/**, arn:aws:cloudtrail:eu-west-1:111122223333:trail/main]\n"
    )

    assert found == (
        RuleException(
            rule="first",
            owner="me@example.com",
            reason="agreed",
            until="2027-01-31",
            actors=("111122223333:role/audit", "role/b", "alice@example.com"),
            objects=(
                "s3://hr-data",
                "s3://hr-data/x/*",
                "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("today", "warnings"), [(date(2027, 1, 30), 0), (date(2027, 1, 31), 1), (date(2028, 1, 1), 1)], ids=str
)
def test_an_exception_that_has_ended_is_a_warning(today, warnings):
    diagnostics = Diagnostics()

    exceptions("  actor: role/x\n", diagnostics, today=today)

    assert (len(diagnostics.warnings), diagnostics.mistakes) == (warnings, [])


def test_an_exception_may_name_the_bucket_of_a_trail_whose_changes_are_alerted():
    diagnostics = Diagnostics()

    (found,) = exceptions("  object: s3://aws-cloudtrail-logs-111122223333-ab12cd34\n", diagnostics)

    assert (found.objects, diagnostics.mistakes) == (("s3://aws-cloudtrail-logs-111122223333-ab12cd34",), [])


def test_no_exceptions_are_none():
    assert read_exceptions(read("# none\n"), [], date(2026, 11, 20), Diagnostics()) == ()
